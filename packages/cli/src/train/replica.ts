/**
 * A replica's process or thread: loads the configuration again, since functions can't be sent, and
 * trains its part.
 */
import type {ReplicaContext} from '@rife-train/parallel';
import {loadConfig} from '../config/loadConfig.js';
import type {ProgressView} from '../progress/meter.js';
import {withFlags, type TrainFlags} from './flags.js';
import type {Start} from './outFolder.js';
import {checkSameConfig, type ConfigValues} from './sameConfig.js';
import {runSession} from './session.js';
import type {RunOutcome} from './summary.js';

/** The task of a replica. */
export interface ReplicaPayload {
  flags: TrainFlags;
  start: Start;
  cwd: string;
  command: string;
  /** Those of the command, which must be the replica's too. */
  values: ConfigValues;
}

/** A message of a replica to the command. */
export type ReplicaMessage = {message: string} | {progress: ProgressView} | {began: true};

/** Entry point of a replica; see packages/parallel. */
export default async function replica(context: ReplicaContext): Promise<RunOutcome> {
  const {flags, start, cwd, command, values} = context.payload as ReplicaPayload;
  const report = (message: ReplicaMessage) => context.post(message);
  const {config: loaded, path: source} = await loadConfig(cwd, flags.config);
  const config = withFlags(loaded, flags, cwd);
  checkSameConfig(source, values, config);
  return runSession({
    config: {...config, ...(context.device !== '' && {device: context.device})},
    start,
    extend: flags.extend !== undefined,
    facts: {source, command, cwd},
    reporter: {
      message: text => report({message: text}),
      progress: view => context.rank === 0 && report({progress: view}),
    },
    cwd,
    signal: context.signal,
    began: () => context.rank === 0 && report({began: true}),
    replicas: context.group,
  });
}
