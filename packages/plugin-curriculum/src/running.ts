/** Running mean and number of samples of each gap; JSON. */
export type Means = Record<string, readonly [mean: number, count: number]>;

/** What a step says about one sample. */
export interface GapSample {
  /** Half the distance of the inputs, in frames, rounded up. */
  gap: number;
  /** Loss before the weight of its gap. */
  loss: number;
  /** dB; absent if the model does not report its error. */
  psnr?: number | undefined;
}

/**
 * Adds a value to the mean of its gap: the plain mean of the first `memory` values, then an
 * exponential one with the same memory. A value that is not finite is left out.
 */
export function addTo(means: Means, gap: number, value: number, memory: number): void {
  if (!Number.isFinite(value)) return;
  const [mean, before] = means[gap] ?? [0, 0];
  const count = before + 1;
  means[gap] = [mean + (value - mean) / Math.min(count, memory), count];
}
