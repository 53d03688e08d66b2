/** The side of the command: starts the replicas of a run, and shows what they say. */
import {existsSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {resolveConfig} from '@rife-train/core';
import {launchReplicas} from '@rife-train/parallel';
import type {ProgressView} from '../progress/meter.js';
import type {ReplicaPayload} from './replica.js';
import type {RunOutcome} from './runTrainer.js';
import type {TrainRequest} from './train.js';

/** What replicas say meanwhile. */
export type ReplicaMessage = {message: string} | {progress: ProgressView} | {began: true};

export interface ReplicasRequest extends TrainRequest {
  command: string;
  signal: AbortSignal;
  began(): void;
}

/** Seconds that replicas have to end when one has failed. */
const SAVING_S = 60;

/** The compiled replica: beside this module, or in `dist` where this runs from its source. */
function replicaFile(folder = dirname(fileURLToPath(import.meta.url))): string {
  const file = join(folder, 'replica.js');
  if (existsSync(file) || basename(join(folder, '..')) !== 'src') return file;
  return join(folder, '../../dist/train/replica.js');
}

/**
 * Trains on several devices, and returns what replica 0 says of it.
 * @throws the first failure of a replica, with its number
 */
export async function runReplicas(request: ReplicasRequest): Promise<RunOutcome> {
  const {config, start, flags, reporter, cwd, signal, began, command} = request;
  const {devices, launcher, replicaTimeout} = resolveConfig(config);
  const payload: ReplicaPayload = {flags: {...flags, out: config.out}, start, cwd, command};
  const shown = new Set<string>();
  const show = (said: ReplicaMessage) => {
    if ('progress' in said) return reporter.progress(said.progress);
    if ('began' in said) return began();
    // What is wrong with a clip, every replica finds.
    const isRepeated = said.message.startsWith('warning: ') && shown.has(said.message);
    shown.add(said.message);
    if (!isRepeated) reporter.message(said.message);
  };
  reporter.message(`${devices} replicas, a ${launcher === 'inline' ? 'trainer' : launcher} each`);
  const [first] = await launchReplicas({
    ...{count: devices, launcher, entry: replicaFile(), payload, timeout: replicaTimeout, signal},
    // Replicas that are left save, also where one is lost.
    grace: SAVING_S,
    onMessage: (_rank, said) => show(said as ReplicaMessage),
  });
  return first as RunOutcome;
}
