/** Units of the network's flow: pixels of a reference crop, or pixels times a running scale. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Flow in units of an image of `reference` pixels a side, as pixels: x times width / reference, y
 * times height / reference. At the reference size it is the flow itself.
 * @param flow [B,H,W,4]
 */
export function scaleToImage(flow: tf.Tensor4D, reference: number): tf.Tensor4D {
  const [, height, width] = flow.shape;
  if (height === reference && width === reference) return flow;
  const [x, y] = [width / reference, height / reference];
  return tf.mul(flow, tf.tensor1d([x, y, x, y]));
}

/** Size of each block's flow, averaged over steps; JSON. */
export type RunningSizes = Record<string, {size: number; steps: number}>;

/**
 * Running mean of each block's flow size, and the factor that follows from it. Host side: a step's
 * factor depends on the previous steps, so it is known when the step begins, and in prediction too.
 */
export class RunningScale {
  private sizes: RunningSizes = {};

  /**
   * @param limit pixels up to which the factor is 1
   * @param over approximate memory of the mean in steps; the first ones count alike
   */
  constructor(
    private readonly limit: number,
    private readonly over: number,
  ) {}

  /** min(1, limit / size); 1 for a block that was not seen yet. */
  factor(block: string): number {
    const known = this.sizes[block];
    return known ? Math.min(1, this.limit / known.size) : 1;
  }

  /** Records a step's sizes; one that is not finite is left out. */
  observe(sizes: Readonly<Record<string, number>>): void {
    for (const [block, size] of Object.entries(sizes)) {
      if (!Number.isFinite(size)) continue;
      const known = this.sizes[block] ?? {size: 0, steps: 0};
      const steps = Math.min(this.over, known.steps + 1);
      this.sizes[block] = {size: known.size + (size - known.size) / steps, steps};
    }
  }

  save(): RunningSizes {
    return structuredClone(this.sizes);
  }

  load(state: RunningSizes | undefined): void {
    this.sizes = structuredClone(state ?? {});
  }
}
