import type {Batch, BatchSource, SamplingPolicy} from '@rife-train/core';
import {
  dataOption,
  isRifeError,
  messageOf,
  restoreError,
  sourceClosed,
  workerFailed,
} from '@rife-train/errors';
import {drawnPerBatch} from '@rife-train/core/config';
import {BadClips, CLIP_FAULTS, usableClips} from './badClips.js';
import {ClipCache} from './cache/clipCache.js';
import {gapOf, type Clip} from '../clip.js';
import {toSampleTask, type DecodeResult, type SampleFailure} from './decodeTask.js';
import {describe} from './describe.js';
import {resolveOptions, type BatchSourceOptions, type ResolvedOptions} from './options.js';
import {
  gapShares,
  planSample,
  sampleName,
  timestepOf,
  type PlanContext,
  type PlannedSample,
} from '../sampling/plan.js';
import {DecodePool} from './pool.js';
import type {Scan} from '../clips/scan.js';
import {tripletsOfGaps} from '../sampling/triplets.js';

/** Attempts to decode a batch before a thread that dies on it stops the run. */
const ATTEMPTS = 3;

/** Samples of an epoch, if there are epochs. */
function epochOf({epoch, gaps, timestep}: ResolvedOptions, clips: readonly Clip[]): {epoch?: number} {
  if (epoch === 'none') return {};
  return {epoch: epoch === 'full' ? tripletsOfGaps(clips, gaps, timestep) : epoch};
}

/** Samples of a batch in progress, with the clips that failed for each. */
interface Draft {
  index: number;
  policy: SamplingPolicy;
  samples: PlannedSample[];
  excluded: Set<string>[];
}

class ClipBatchSource implements BatchSource {
  readonly batchSize: number;
  readonly crop: readonly [number, number];
  readonly description: string;
  private readonly plan: PlanContext;
  private readonly pool: DecodePool;
  /** Batches in progress; the first is number `#head`. A dropped batch resolves to undefined. */
  private queue: Promise<Batch | undefined>[] = [];
  private head = 0;
  private closed = false;

  constructor(
    readonly options: ResolvedOptions,
    {clips, layout, passedOver}: Scan,
    readonly bad: BadClips,
    readonly cache: ClipCache | undefined,
  ) {
    this.batchSize = options.batch;
    this.crop = options.crop;
    this.plan = {
      root: options.root,
      clips,
      seed: options.seed,
      crop: options.crop,
      augment: options.augment,
      timestep: options.timestep,
      batchSize: drawnPerBatch(options),
      shard: options.shard,
      origin: options.origin,
      ...epochOf(options, clips),
    };
    const found = describe(options, layout, this.plan, passedOver);
    this.description = found + (cache?.description ?? '');
    this.pool = new DecodePool(options.workers);
  }

  get clips(): string[] {
    return this.plan.clips.map(
      ({id, frames, width, height}) => `${id}: ${frames} frames of ${width} x ${height}`,
    );
  }

  async next(): Promise<Batch> {
    if (this.closed) throw sourceClosed();
    this.fill();
    const pending = this.queue.shift()!;
    const index = this.head++;
    this.fill();
    const {generation} = this.pool;
    const batch = await pending.catch((error: unknown) => {
      if (generation !== this.pool.generation) return undefined;
      // The next call tries the same batch again: none is skipped in silence.
      this.restart(index);
      throw error;
    });
    const wanted = generation === this.pool.generation;
    return batch && wanted ? batch : this.next(); // a seek or close came in between
  }

  async seek(index: number): Promise<void> {
    if (this.closed) throw sourceClosed();
    if (!Number.isSafeInteger(index) || index < 0) throw dataOption('seek', index, 'a batch number from 0');
    this.restart(index);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queue = [];
    await this.pool.close();
  }

  private restart(index: number): void {
    this.pool.drop();
    this.queue = [];
    this.head = index;
  }

  /** Keeps `prefetch` batches in progress, which bounds memory. */
  private fill(): void {
    while (this.queue.length < this.options.prefetch) {
      const batch = this.make(this.head + this.queue.length);
      batch.catch(() => {}); // reported when its turn comes
      this.queue.push(batch);
    }
  }

  private async make(index: number): Promise<Batch | undefined> {
    const draft = this.draw(index);
    const {generation} = this.pool;
    for (;;) {
      const result = await this.decode(draft, generation);
      if (result.status === 'dropped') return undefined;
      if (result.status === 'done') return this.assemble(draft, result.images);
      for (const failure of result.failures) this.redraw(draft, failure);
    }
  }

  /**
   * The pool replaces a thread that dies. The same batch is tried again, since it may not have been
   * the cause.
   */
  private async decode({samples, index}: Draft, generation: number): Promise<DecodeResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        const tasks = samples.map(sample => toSampleTask(sample, this.cache?.requestFor(sample.clip)));
        const result = await this.pool.decode(tasks, generation, this.options.mirror);
        this.cache?.take(result.cache);
        return result;
      } catch (error) {
        // Not retried: a disk that hangs would hang again, for as long.
        const isStuck = isRifeError(error) && error.code === 'RIFE_ERR_DATA_STUCK';
        if (isStuck || attempt === ATTEMPTS) throw error;
        this.options.warn(`${messageOf(error)} Batch ${index} is decoded again.`);
      }
    }
  }

  private draw(index: number): Draft {
    const policy = this.options.policyAt(index);
    const samples = Array.from({length: this.plan.batchSize}, (_, j) =>
      planSample(this.plan, policy, index, j),
    );
    return {index, policy, samples, excluded: samples.map(() => new Set<string>())};
  }

  /**
   * Another triplet in place of one that can't be decoded. Only failures of this sample count, not
   * those of earlier batches: a resumed run, which did not see them, must draw the same.
   */
  private redraw(draft: Draft, {sample, code, message}: SampleFailure): void {
    if (!code) throw workerFailed(message);
    const error = restoreError(code, message);
    if (!CLIP_FAULTS.has(code)) throw error;
    const {id} = draft.samples[sample]!.clip;
    this.bad.add(id, error);
    const excluded = draft.excluded[sample]!.add(id);
    draft.samples[sample] = planSample(this.plan, draft.policy, draft.index, sample, {
      excluded,
      reason: message,
    });
  }

  private assemble({index, policy, samples, excluded}: Draft, images: Uint8Array): Batch {
    const fed = this.options.mirror ? [...samples, ...samples] : samples;
    const names = samples.map(sampleName);
    const copies = this.options.mirror ? names.map(name => `${name} mirrored`) : [];
    return {
      // A new view: the thread's may belong to another realm (in jest), where `instanceof` fails.
      images: new Uint8Array(images.buffer, images.byteOffset, images.length),
      gap: Float32Array.from(fed, ({numbers}) => gapOf(numbers)),
      timestep: Float32Array.from(fed, timestepOf),
      names: [...names, ...copies],
      replaced: excluded.filter(({size}) => size > 0).length,
      index,
      policy: {...policy, gapShares: gapShares(this.plan, policy, index)},
    };
  }
}

/**
 * Opens the clips below `root` as a source of batches: scans them, checks that they serve the
 * configuration, and starts the decode threads. Reading ahead starts with the first `next()`. Batch
 * n depends only on the options, n and the policy, not on the number of threads.
 * @throws RIFE_ERR_DATA_OPTION, _CROP, _CROP_SIZE, _ROOT, _SPLIT, _SPLIT_UNCLEAR, _LAYOUT, _EMPTY,
 * _CLIP_SHORT, _GAP, _FRAME_SIZE, _FRAME, _FRAME_ORDER, _VIDEO, _PACK, _FILE, _FFMPEG, _CACHE,
 * _NONE_LEFT, _BAD_SHARE, _WORKER_FILE; `next()` also _POLICY, _WORKER, _STUCK, _CLOSED
 */
export async function openBatchSource(given: BatchSourceOptions): Promise<BatchSource> {
  const options = resolveOptions(given);
  const bad = new BadClips(options);
  const found = await usableClips(options, bad);
  return new ClipBatchSource(options, found, bad, await ClipCache.open(options, found.clips));
}
