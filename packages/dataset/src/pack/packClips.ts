import {availableParallelism} from 'node:os';
import {isAbsolute, join, relative, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {hasSplit, passedOverText, scan, type Clip, type PackCodec, type Split} from '@rife-train/data';
import {PACK_ENDING, TILE, workerFile} from '@rife-train/data/parts';
import {messageOf, packTarget, restoreError, workerFailed, type RifeError} from '@rife-train/errors';
import {Piscina} from 'piscina';
import type {PackResult} from './packWorker.js';
import type {PackedClip, PackTask} from './packClip.js';

/** Folder of the sources, or `dist`. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Options of {@link packClips}. */
export interface PackOptions {
  /** Folder with `train` and `val`, or with clips. */
  root: string;
  /**
   * Folder for the packed clips, outside of `root`; with the same structure as the clips:
   * `train/<scene>/<clip>.rifeclip`.
   */
  out: string;
  /** @default 'deflate' */
  codec?: PackCodec;
  /** Side of a tile in pixels. @default 128 */
  tile?: number;
  /** @default 'all': those that exist */
  split?: Split | 'all';
  /** Also pack clips that are already packed. @default false */
  force?: boolean;
  /** Read packed clips to their end, and pack damaged ones again. @default false */
  verify?: boolean;
  /** Threads; 0: one a core. @default 0 */
  jobs?: number;
  /** Called once, after the scan. */
  onStart?: (clips: number, jobs: number) => void;
  /** Called after each clip. */
  onClip?: (event: PackEvent) => void;
}

/** A clip that is done. */
export interface PackEvent {
  split: Split;
  id: string;
  /** Number of finished clips, including this one. */
  done: number;
  of: number;
  /** The outcome, or why it could not be packed. */
  result: PackedClip | RifeError;
}

/** What a run did. */
export interface PackSummary {
  clips: number;
  /** Packed in this run. */
  packed: number;
  /** Already packed from the same files with the same options. */
  kept: number;
  /** Of `packed`, those that replaced a damaged file. */
  replaced: number;
  /** Clips that can't be used, with the reason; the others are packed. */
  failed: {id: string; error: RifeError}[];
  /** What the scans skipped, a sentence per split. */
  passedOver: string[];
  /** Totals of all packed clips. */
  frames: number;
  bytesIn: number;
  bytesOut: number;
}

/** Faults of the machine, which stop the run: the next clip would fail as well. */
const FATAL = new Set(['RIFE_ERR_DATA_PACK_WRITE', 'RIFE_ERR_DATA_FFMPEG']);

type Job = {split: Split; task: PackTask};

/** @throws RIFE_ERR_DATA_PACK_TARGET */
function checkTarget(root: string, out: string): void {
  const way = relative(root, out);
  if (way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)))
    throw packTarget(root, out);
}

/**
 * The splits to pack. If neither exists, the training split, so that the scan reports what is
 * missing.
 */
async function splitsOf(root: string, split: Split | 'all'): Promise<Split[]> {
  if (split !== 'all') return [split];
  const found: Split[] = [];
  for (const each of ['train', 'val'] as const) if (await hasSplit(root, each)) found.push(each);
  return found.length > 0 ? found : ['train'];
}

class PackRun {
  readonly summary: PackSummary = {
    clips: 0,
    packed: 0,
    kept: 0,
    replaced: 0,
    failed: [],
    passedOver: [],
    frames: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
  private done = 0;

  constructor(
    readonly options: PackOptions,
    readonly root: string,
    readonly out: string,
  ) {}

  async jobs(): Promise<Job[]> {
    const {codec = 'deflate', tile = TILE, split = 'all', force = false, verify = false} = this.options;
    const jobs: Job[] = [];
    for (const each of await splitsOf(this.root, split)) {
      const {clips, passedOver} = await scan(this.root, each, 'auto', (id, error) =>
        this.summary.failed.push({id, error}),
      );
      const left = passedOverText(passedOver);
      if (left) this.summary.passedOver.push(`${each}: ${left}`);
      const targetOf = (clip: Clip) => join(this.out, each, ...clip.id.split('/')) + PACK_ENDING;
      for (const clip of clips)
        jobs.push({split: each, task: {clip, target: targetOf(clip), codec, tile, force, verify}});
    }
    this.summary.clips = jobs.length + this.summary.failed.length;
    return jobs;
  }

  /** Counts a result. @throws faults that stop the run */
  add({split, task}: Job, of: number, result: PackResult): void {
    const {id, frames} = task.clip;
    const {summary} = this;
    const report = (outcome: PackedClip | RifeError) =>
      this.options.onClip?.({split, id, done: ++this.done, of, result: outcome});
    if (result.status === 'failed') {
      if (!result.code) throw workerFailed(result.message);
      const error = restoreError(result.code, result.message);
      if (FATAL.has(result.code)) throw error;
      summary.failed.push({id, error});
      return report(error);
    }
    summary[result.status]++;
    if (result.damage) summary.replaced++;
    summary.frames += frames;
    summary.bytesIn += result.bytesIn;
    summary.bytesOut += result.bytesOut;
    report(result);
  }
}

/** Runs jobs in threads, one at a time in each thread; the first error stops all. */
async function runJobs(run: PackRun, jobs: Job[], threads: number): Promise<void> {
  const pool = new Piscina<PackTask, PackResult>({
    filename: workerFile('pack/packWorker.js', ROOT),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  let next = 0;
  const lane = async () => {
    while (next < jobs.length) {
      const job = jobs[next++]!;
      const result = await pool.run(job.task).catch((error: unknown) => {
        throw workerFailed(messageOf(error), error);
      });
      run.add(job, jobs.length, result);
    }
  };
  try {
    await Promise.all(
      Array.from({length: threads}, () =>
        lane().catch((error: unknown) => {
          next = jobs.length; // the other lanes end after the clip that they have under way
          throw error;
        }),
      ),
    );
  } finally {
    await pool.close();
  }
}

/**
 * Packs the clips below `root`: one file per clip, from which a crop of a frame can be read without
 * the rest. Clips that are already packed from the same files with the same options are kept.
 * Unusable clips are listed in the summary; all others are packed.
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _EMPTY, _FILE, _FFMPEG, _PACK_TARGET, _PACK_WRITE, _WORKER,
 * _WORKER_FILE
 */
export async function packClips(options: PackOptions): Promise<PackSummary> {
  const [root, out] = [resolve(options.root), resolve(options.out)];
  checkTarget(root, out);
  const run = new PackRun(options, root, out);
  const jobs = await run.jobs();
  const threads = Math.max(1, Math.min(options.jobs || availableParallelism(), jobs.length));
  options.onStart?.(jobs.length, threads);
  if (jobs.length > 0) await runJobs(run, jobs, threads);
  return run.summary;
}
