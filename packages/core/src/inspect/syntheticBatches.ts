/**
 * Batches of smooth made-up frames: what a step costs does not depend on what is in the picture.
 */
import type {Batch, BatchSource, PolicyAt} from '../contract/index.js';
import type {BatchShape} from '../traced/gradients.js';

const CHANNELS = 9;

/** Waves that drift from img0 over gt to img1, in bytes. */
function frames({batch, height, width}: BatchShape, index: number): Uint8Array {
  const images = new Uint8Array(batch * height * width * CHANNELS);
  let at = 0;
  for (let row = 0; row < batch * height; row++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < CHANNELS; c++)
        images[at++] = 128 + 100 * Math.sin((x + row) / 9 + 0.2 * Math.floor(c / 3) + (c % 3) + index);
  return images;
}

/** An endless source; the gap is the largest that the policy allows. */
export class SyntheticBatches implements BatchSource {
  readonly crop: readonly [number, number];
  readonly batchSize: number;
  private index = 0;

  constructor(
    private readonly shape: BatchShape,
    private readonly policyAt: PolicyAt,
  ) {
    this.crop = [shape.height, shape.width];
    this.batchSize = shape.batch;
  }

  async next(): Promise<Batch> {
    const index = this.index++;
    const policy = this.policyAt(index);
    return {
      images: frames(this.shape, index),
      gap: new Float32Array(this.batchSize).fill(policy.maxGap),
      timestep: new Float32Array(this.batchSize).fill(0.5),
      names: Array.from({length: this.batchSize}, (_, i) => `synthetic ${index}/${i}`),
      index,
      policy,
    };
  }

  async seek(index: number): Promise<void> {
    this.index = index;
  }

  async close(): Promise<void> {}
}
