/** Scores the pairs of a set: in this process, or shared out to one process a device. */
import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';
import {workerFile} from '@rife-train/data/parts';
import {evaluate, type EvaluateCost, type EvaluateParts, type FrameResult} from '@rife-train/evaluate';
import {launchReplicas} from '@rife-train/parallel';
import type {EvalFlags} from './flags.js';
import type {OpenedNetworks} from './networks.js';
import type {Plan} from './plan.js';

/** Folder of the sources, or `dist`. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Who hears of pairs while they are scored. */
export interface Watching extends Pick<EvaluateParts, 'onPair' | 'onFrame' | 'waitFor' | 'signal'> {
  /** Receives what an engine says about itself, line by line. */
  onEngine(line: string): void;
}

/** The pairs of one process among several. */
export interface Share {
  rank: number;
  count: number;
}

/** Threads of one process: one a core; two at least, so that reading does not wait for scoring. */
const threadsFor = ({workers}: EvalFlags, count: number) =>
  Math.max(workers === undefined ? 2 : 1, Math.floor((workers ?? availableParallelism()) / count));

/** Scores a share of the pairs in this process. */
export function scoreShare(
  {set, protocol, metrics}: Plan,
  flags: EvalFlags,
  {network, against, lpips}: OpenedNetworks,
  done: ReadonlySet<string>,
  {rank, count}: Share,
  watching: Omit<Watching, 'onEngine'>,
): Promise<void> {
  return evaluate({
    ...{set: {...set, pairs: set.pairs.filter((_, i) => i % count === rank)}, protocol, metrics},
    ...{network: network.maker, against: against?.maker, lpips: lpips?.distance},
    ...{done, threads: threadsFor(flags, count), ...watching},
  });
}

/** The task of a process. */
export interface SharePayload {
  set: string;
  flags: EvalFlags;
  cwd: string;
  done: readonly string[];
}

/** A message of a process to the command. */
export type ShareMessage = {frames: FrameResult[]; cost: EvaluateCost} | {made: true} | {engine: string};

/** Scores in several processes, one a device. @throws the first failure of one of them */
export async function scoreOnDevices(
  payload: SharePayload,
  count: number,
  {onPair, onFrame, onEngine, signal}: Watching,
): Promise<void> {
  const show = (message: ShareMessage) => {
    if ('frames' in message) onPair(message.frames, message.cost);
    else if ('made' in message) onFrame?.();
    else onEngine(message.engine);
  };
  await launchReplicas({
    ...{count, launcher: 'process', payload, timeout: 0, signal},
    entry: workerFile('eval/replica.js', ROOT),
    // A pair is finished first.
    grace: 600,
    onMessage: (_rank, message) => show(message as ShareMessage),
  });
}
