/** The side of a replica: loads the configuration again, since functions can't be sent, and trains its part. */
import type {ReplicaContext} from '@rife-train/parallel';
import {loadConfig} from '../config/loadConfig.js';
import {withFlags, type TrainFlags} from './flags.js';
import type {Start} from './outFolder.js';
import type {ReplicaMessage} from './runReplicas.js';
import {runTrainer, type RunOutcome} from './runTrainer.js';

/** What a replica is told. */
export interface ReplicaPayload {
  flags: TrainFlags;
  start: Start;
  cwd: string;
  command: string;
}

/** Entry point of a replica; see packages/parallel. */
export default async function replica(context: ReplicaContext): Promise<RunOutcome> {
  const {flags, start, cwd, command} = context.payload as ReplicaPayload;
  const say = (message: ReplicaMessage) => context.post(message);
  const {config, path: source} = await loadConfig(cwd, flags.config);
  return runTrainer({
    config: {...withFlags(config, flags, cwd), ...(context.device !== '' && {device: context.device})},
    start,
    extend: flags.extend !== undefined,
    facts: {source, command, cwd},
    reporter: {
      message: text => say({message: text}),
      progress: view => context.rank === 0 && say({progress: view}),
    },
    cwd,
    signal: context.signal,
    began: () => context.rank === 0 && say({began: true}),
    replicas: context.group,
  });
}
