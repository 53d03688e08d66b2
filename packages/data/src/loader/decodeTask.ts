/** Messages between the batch source and its decode workers: plain data. */
import type {Augmentation} from '../augment/augment.js';
import type {CacheEvent, CacheRequest} from './cache/request.js';
import type {Clip, Crop} from '../clip.js';
import type {PlannedSample} from '../sampling/plan.js';
import type {FrameRequest} from './frames.js';

export interface SampleTask extends FrameRequest {
  crop: Crop;
  augmentation: Augmentation;
  /** Where the clip is or may be cached. */
  cache?: CacheRequest;
}

export interface DecodeTask {
  samples: SampleTask[];
  /** Whether mirrored copies of all samples follow them in the batch. */
  mirror: boolean;
  /**
   * Generation of prefetching that this task belongs to; the task is dropped when `current`
   * differs.
   */
  generation: number;
  /** One shared 32-bit number. */
  current: Int32Array;
  /** Shared 32-bit number: the sample in progress, from 1. */
  progress: Int32Array;
}

/** A sample that could not be made. */
export interface SampleFailure {
  sample: number;
  code: string | undefined;
  message: string;
}

export type DecodeResult = (
  {status: 'done'; images: Uint8Array} | {status: 'failed'; failures: SampleFailure[]} | {status: 'dropped'}
) & {cache?: CacheEvent[]};

/** Only the three needed file names are sent to the worker: a folder may hold thousands. */
function slimClip(clip: Clip, numbers: readonly number[]): Clip {
  if (clip.kind !== 'folder') return clip;
  const files: string[] = [];
  for (const number of numbers) files[number] = clip.files[number]!;
  return {...clip, files};
}

export const toSampleTask = (
  {clip, numbers, crop, augmentation}: PlannedSample,
  cache?: CacheRequest,
): SampleTask => ({
  clip: slimClip(clip, numbers),
  numbers,
  crop,
  augmentation,
  ...(cache && {cache}),
});
