/**
 * The contract between the trainer and a source of batches. packages/data implements it for clips
 * on disk.
 */

/** Which triplets are drawn; taps of the `sampling` hook return a new one. */
export interface SamplingPolicy {
  /**
   * Smallest and largest gap, inclusive, in whole frames: half the distance of the inputs, rounded
   * up.
   */
  minGap: number;
  maxGap: number;
  /** Relative weight of each gap (`gapWeights[i]` for `minGap + i`); all equal when absent. */
  gapWeights?: readonly number[];
  /**
   * What is equally likely where weights are equal. `gaps`: each gap, and within it each triplet
   * (with `data.epoch: 'none'` each clip that is long enough). `triplets`: each triplet of all
   * gaps, so that a gap is drawn as often as it has triplets. @default 'gaps'
   */
  balance?: 'gaps' | 'triplets';
  /**
   * At least this share of the samples, in (0,1], comes from these gaps (inclusive, within
   * minGap..maxGap, their weights may be 0). What the rest leaves short is filled up evenly in the
   * sense of `balance`. @default nothing is assured
   */
  rehearsal?: {share: number; gaps: readonly [min: number, max: number]};
  /**
   * Set by the source on the policy of a batch: the probability of each gap (`gapShares[i]` for
   * `minGap + i`) that follows from the rest and from its clips.
   */
  gapShares?: readonly number[];
}

/** What a batch is made of, ready to be fed. */
export interface Batch {
  /** [B,H,W,9] uint8, row-major: img0, img1, gt; BGR. */
  images: Uint8Array;
  /**
   * [B] half the distance of the inputs, in frames; may end in .5 where `data.timestep` is `any`.
   */
  gap: Float32Array;
  /** [B] position of gt in (0,1). */
  timestep: Float32Array;
  /** One human-readable name per sample (`001/cam01 12-16-20`), for logs and failure reports. */
  names: string[];
  /** Samples that were drawn in the place of others, whose clips can't be read. @default 0 */
  replaced?: number;
  /** Optimizer step (and micro-step) that the batch was drawn for. */
  index: number;
  /** The policy that it was drawn under, with `gapShares` if the source reports them. */
  policy: SamplingPolicy;
}

/**
 * Batches in order; the n-th depends on the seed, n and the policy alone, so that a resumed run
 * sees the same ones.
 */
export interface BatchSource {
  /** Triplets per batch, height and width of the crop. */
  readonly batchSize: number;
  /** What it draws from, for the log. @default nothing is said */
  readonly description?: string;
  readonly crop: readonly [height: number, width: number];
  /**
   * The clips that samples are drawn from, in order, each as `<id>: <frames and size>`. A resumed
   * run says what differs. @default not known
   */
  readonly clips?: readonly string[];
  /** The next batch; waits while it is being decoded. */
  next(): Promise<Batch>;
  /** Continue with batch number `index`; drops what was read ahead. Also used by rollback. */
  seek(index: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Asked for the policy of batch number `index` before it is drawn; must not depend on anything but
 * `index`. A source asks in order, from the first `next()` on, and at most for the `data.prefetch`
 * batches after the last one that it returned: what a plugin decides during the run takes effect
 * after those.
 */
export type PolicyAt = (index: number) => SamplingPolicy;
