import type {Batch, BatchRequest, BatchSource, SamplingPolicy} from '@rife-train/core';
import {fixtureFrame} from '../fixtureInputs.js';
import {seededRandom} from '../finiteDifferences.js';

/** Made frames, by scene, size and time; they are asked for again and again. */
const made = new Map<string, Uint8Array>();

function frame(scene: number, height: number, width: number, time: number): Uint8Array {
  const key = [scene, height, width, time].join();
  let found = made.get(key);
  if (!found) made.set(key, (found = fixtureFrame(scene, height, width, time)));
  return found;
}

/** A gap of the policy; its weights count, its rehearsal is left to real sources. */
function drawGap({minGap, maxGap, gapWeights}: SamplingPolicy, random: () => number): number {
  const weights = gapWeights ?? Array.from({length: maxGap - minGap + 1}, () => 1);
  let left = random() * weights.reduce((a, b) => a + b, 0);
  const place = weights.findIndex(weight => (left -= weight) < 0);
  return minGap + (place < 0 ? weights.length - 1 : place);
}

/** Options of {@link TinyBatches}. */
export interface TinyBatchesOptions {
  /** Batches from this number on are those that lie `by` further on, as behind a rollback. */
  shift?: {from: number; by: number};
}

const SCENES = 6;
/** Frames that a scene of `fixtureFrame` lasts, for gaps. */
const LENGTH = 16;

/**
 * Moving discs as a source of batches. As a real one it reads ahead, from the first `next()` on, and batch n depends on seed, n and
 * policy alone.
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

  /** Number of this replica's batch among those of all; of one replica, the batch's own. */
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
