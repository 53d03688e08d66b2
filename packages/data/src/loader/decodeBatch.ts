import {isRifeError, messageOf} from '@rife-train/errors';
import {writeSample} from '../augment/augment.js';
import {mirrorRows} from '../augment/mirror.js';
import type {DecodeResult, DecodeTask, SampleFailure, SampleTask} from './decodeTask.js';
import type {Region} from './frames.js';

/** Where the frames of a sample come from. */
export interface FrameSource {
  region(task: SampleTask): Promise<Region>;
}

const failureOf = (sample: number, error: unknown): SampleFailure => ({
  sample,
  code: isRifeError(error) ? error.code : undefined,
  message: messageOf(error),
});

/** Sides of what is written. */
const sidesOf = ({crop: {height, width}, augmentation: {shrink = 1}}: SampleTask) =>
  [height / shrink, width / shrink] as const;

async function decodeSample(store: FrameSource, task: SampleTask, target: Uint8Array): Promise<void> {
  const {frames, width, crop} = await store.region(task);
  writeSample(frames, width, crop, task.augmentation, target);
}

/**
 * Decodes one batch into uint8 [B,H,W,9]; with `mirror`, the second half repeats the first.
 * Continues after a failed sample, so that all failures are reported together; stops early when the
 * task is no longer needed.
 */
export async function decodeBatch(store: FrameSource, task: DecodeTask): Promise<DecodeResult> {
  const [height, width] = sidesOf(task.samples[0]!);
  const sampleBytes = height * width * 9;
  const decodedBytes = task.samples.length * sampleBytes;
  const images = new Uint8Array(task.mirror ? 2 * decodedBytes : decodedBytes);
  const failures: SampleFailure[] = [];
  for (const [index, sample] of task.samples.entries()) {
    if (Atomics.load(task.current, 0) !== task.generation) return {status: 'dropped'};
    Atomics.store(task.progress, 0, index + 1);
    const target = images.subarray(index * sampleBytes, (index + 1) * sampleBytes);
    await decodeSample(store, sample, target).catch((error: unknown) =>
      failures.push(failureOf(index, error)),
    );
  }
  if (failures.length > 0) return {status: 'failed', failures};
  if (task.mirror) mirrorRows(images.subarray(0, decodedBytes), width, images.subarray(decodedBytes));
  return {status: 'done', images};
}
