import {isRifeError, messageOf} from '@rife-train/errors';
import {writeSample} from './augment.js';
import type {DecodeResult, DecodeTask, SampleFailure, SampleTask} from './decodeTask.js';
import type {FrameStore} from './frames.js';

const failureOf = (sample: number, error: unknown): SampleFailure => ({
  sample,
  code: isRifeError(error) ? error.code : undefined,
  message: messageOf(error),
});

async function decodeSample(store: FrameStore, task: SampleTask, target: Uint8Array): Promise<void> {
  const {frames, width, crop} = await store.region(task);
  writeSample(frames, width, crop, task.augmentation, target);
}

/**
 * Decodes one batch into uint8 [B,H,W,9]. Goes on after a sample that fails, so that all failures are known at once;
 * ends early when the task is no longer wanted.
 */
export async function decodeBatch(store: FrameStore, task: DecodeTask): Promise<DecodeResult> {
  const {height, width} = task.samples[0]!.crop;
  const sampleBytes = height * width * 9;
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
