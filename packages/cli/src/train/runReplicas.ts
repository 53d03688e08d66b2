/**
 * The command's side of a run on several devices: starts the replicas, and shows what they report.
 */
import {fileURLToPath} from 'node:url';
import {resolveConfig} from '@rife-train/core';
import {workerFile} from '@rife-train/data/parts';
import {setGpuVariables} from '@rife-train/engine/runtime';
import {launchReplicas} from '@rife-train/parallel';
import type {LocatedConfig} from '../config/loadConfig.js';
import type {Reporter} from '../progress/reporter.js';
import type {TrainFlags} from './flags.js';
import type {Start} from './outFolder.js';
import type {ReplicaMessage, ReplicaPayload} from './replica.js';
import {valuesOf} from './sameConfig.js';
import type {RunOutcome} from './summary.js';

/** Folder of the sources, or `dist`. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface ReplicasRequest {
  config: LocatedConfig;
  start: Start;
  flags: TrainFlags;
  reporter: Reporter;
  cwd: string;
  command: string;
  signal: AbortSignal;
  began(): void;
}

/** Seconds that the other replicas have to save and exit when one has failed. */
const SAVING_S = 60;

/**
 * Trains on several devices. Returns the results of replica 0.
 * @throws the first failure of a replica, with its number
 */
export async function runReplicas(request: ReplicasRequest): Promise<RunOutcome> {
  const {config, start, flags, reporter, cwd, signal, began, command} = request;
  const {devices, launcher, replicaTimeout, gpu} = resolveConfig(config);
  // For threads, which can't set any themselves.
  setGpuVariables(gpu);
  // What a configuration may well draw or number itself: the replicas get those of the command.
  const same = {out: config.out, ...(config.seed !== undefined && {seed: config.seed})};
  const payload: ReplicaPayload = {
    flags: {...flags, ...same},
    start,
    cwd,
    command,
    values: valuesOf({...config, ...same}),
  };
  const shown = new Set<string>();
  const show = (report: ReplicaMessage) => {
    if ('progress' in report) return reporter.progress(report.progress);
    if ('began' in report) return began();
    // Every replica finds the same problems of a clip.
    const isRepeated = report.message.startsWith('warning: ') && shown.has(report.message);
    shown.add(report.message);
    if (!isRepeated) reporter.message(report.message);
  };
  reporter.message(`${devices} replicas, a ${launcher === 'inline' ? 'trainer' : launcher} each`);
  const [first] = await launchReplicas({
    ...{count: devices, launcher, payload, timeout: replicaTimeout, signal},
    entry: workerFile('train/replica.js', ROOT),
    // The remaining replicas save, also where one is lost.
    grace: SAVING_S,
    onMessage: (_rank, message) => show(message as ReplicaMessage),
  });
  return first as RunOutcome;
}
