import type {Batch, BatchRequest, BatchSource, SamplingPolicy} from '@rife-train/core';
import {fixtureFrame} from '../fixtureInputs.js';
import {seededRandom} from '../finiteDifferences.js';

/** Generated frames, by scene, size and time; they are requested repeatedly. */
const made = new Map<string, Uint8Array>();

function frame(scene: number, height: number, width: number, time: number): Uint8Array {
  const key = [scene, height, width, time].join();
  let found = made.get(key);
  if (!found) made.set(key, (found = fixtureFrame(scene, height, width, time)));
  return found;
}

/** Draws a gap from the policy by its weights; rehearsal is only implemented by real sources. */
function drawGap({minGap, maxGap, gapWeights}: SamplingPolicy, random: () => number): number {
  const weights = gapWeights ?? Array.from({length: maxGap - minGap + 1}, () => 1);
  let left = random() * weights.reduce((a, b) => a + b, 0);
  const place = weights.findIndex(weight => (left -= weight) < 0);
  return minGap + (place < 0 ? weights.length - 1 : place);
}

/** Options of {@link TinyBatches}. */
export interface TinyBatchesOptions {
  /** From this number on, batches are those `by` further on, as after a rollback. */
  shift?: {from: number; by: number};
}

const SCENES = 6;
/** Number of frames of a `fixtureFrame` scene, for gaps. */
const LENGTH = 16;

/**
 * Moving discs as a batch source. Like a real one it reads ahead, starting with the first `next()`,
 * and batch n depends only on seed, n and policy.
 */
export class TinyBatches implements BatchSource {
  readonly batchSize: number;
  readonly crop: readonly [number, number];
  private index: number;
  private ahead: Batch[] = [];

  constructor(
    private readonly request: BatchRequest,
    private readonly options: TinyBatchesOptions = {},
  ) {
    const {batch, crop} = request.data;
    this.batchSize = batch;
    this.crop = typeof crop === 'number' ? [crop, crop] : crop;
    this.index = request.startIndex;
  }

  async next(): Promise<Batch> {
    this.fill();
    const batch = this.ahead.shift()!;
    this.index += 1;
    this.fill();
    return batch;
  }

  async seek(index: number): Promise<void> {
    this.index = index;
    this.ahead = [];
  }

  async close(): Promise<void> {
    this.ahead = [];
  }

  private fill(): void {
    while (this.ahead.length < this.request.data.prefetch)
      this.ahead.push(this.make(this.index + this.ahead.length));
  }

  /**
   * Number of this replica's batch among those of all replicas; with one replica, the batch's own
   * number.
   */
  private streamOf(index: number): number {
    const {shard, origin} = this.request;
    const before = Math.ceil(origin.sample / this.batchSize);
    return before + (index - origin.batch) * shard.count + shard.rank;
  }

  private make(number: number): Batch {
    const {shift} = this.options;
    const index = shift && number >= shift.from ? number + shift.by : number;
    const policy = this.request.policyAt(index);
    const random = seededRandom(this.request.seed * 7919 + this.streamOf(index));
    const [height, width] = this.crop;
    const samples = Array.from({length: this.batchSize}, () => {
      const scene = Math.floor(random() * SCENES);
      return {scene, gap: drawGap(policy, random)};
    });
    const images = new Uint8Array(this.batchSize * height * width * 9);
    samples.forEach(({scene, gap}, b) => {
      const times = [0.5 - gap / LENGTH, 0.5 + gap / LENGTH, 0.5];
      const frames = times.map(time => frame(scene, height, width, time));
      interleave(frames, images, b * height * width * 9);
    });
    return {
      images,
      gap: Float32Array.from(samples, ({gap}) => gap),
      timestep: new Float32Array(this.batchSize).fill(0.5),
      names: samples.map(({scene, gap}) => `scene ${scene}, gap ${gap}`),
      index,
      policy,
    };
  }
}

/** Frames [3,H,W] into [H,W,9]. */
function interleave(frames: readonly Uint8Array[], images: Uint8Array, offset: number): void {
  const area = frames[0]!.length / 3;
  frames.forEach((pixels, f) => {
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < area; i++) images[offset + i * 9 + f * 3 + c] = pixels[c * area + i]!;
  });
}
