/** What travels between the batch source and its decode workers: plain data. */
import type {Augmentation} from '../augment/augment.js';
import type {CacheEvent, CacheRequest} from './cache/request.js';
import type {Clip, Crop} from '../clip.js';
import type {PlannedSample} from '../sampling/plan.js';
import type {FrameRequest} from './frames.js';

export interface SampleTask extends FrameRequest {
  crop: Crop;
  augmentation: Augmentation;
  /** Where the clip is kept, or may be. */
  cache?: CacheRequest;
}

export interface DecodeTask {
  samples: SampleTask[];
  /** Number of the reading ahead that this task belongs to; it is dropped once `current` holds another. */
  generation: number;
  /** One shared 32-bit number. */
  current: Int32Array;
  /** One shared 32-bit number of this task: that of the sample under way, from 1. */
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

/** A folder may hold thousands of names: only the three that are needed go to the worker. */
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
