import {isRifeError, messageOf} from '@rife-train/errors';
import {writeSample} from '../augment/augment.js';
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

/** Pixels that are written, of nine channels. */
const bytesOf = ({crop: {height, width}, augmentation: {shrink = 1}}: SampleTask) =>
  (height / shrink) * (width / shrink) * 9;

async function decodeSample(store: FrameSource, task: SampleTask, target: Uint8Array): Promise<void> {
  const {frames, width, crop} = await store.region(task);
  writeSample(frames, width, crop, task.augmentation, target);
}

/**
 * Decodes one batch into uint8 [B,H,W,9]. Continues after a failed sample, so that all failures are
 * reported together; stops early when the task is no longer needed.
 */
export async function decodeBatch(store: FrameSource, task: DecodeTask): Promise<DecodeResult> {
  const sampleBytes = bytesOf(task.samples[0]!);
  const images = new Uint8Array(task.samples.length * sampleBytes);
  const failures: SampleFailure[] = [];
  for (const [index, sample] of task.samples.entries()) {
    if (Atomics.load(task.current, 0) !== task.generation) return {status: 'dropped'};
    Atomics.store(task.progress, 0, index + 1);
    const target = images.subarray(index * sampleBytes, (index + 1) * sampleBytes);
    await decodeSample(store, sample, target).catch((error: unknown) =>
      failures.push(failureOf(index, error)),
    );
  }
  return failures.length > 0 ? {status: 'failed', failures} : {status: 'done', images};
}
