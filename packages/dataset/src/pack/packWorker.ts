/** Entry point of a packing thread; see `pack/packClips.ts`. */
import {isRifeError, messageOf} from '@rife-train/errors';
import sharp from 'sharp';
import {packClip, type PackedClip, type PackTask} from './packClip.js';

// Parallelism comes from the threads.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Outcome for a clip, or its error as plain data: class and code of an error are lost between
 * threads.
 */
export type PackResult = PackedClip | {status: 'failed'; code: string | undefined; message: string};

export default async (task: PackTask): Promise<PackResult> => {
  try {
    return await packClip(task);
  } catch (error) {
    return {
      status: 'failed',
      code: isRifeError(error) ? error.code : undefined,
      message: messageOf(error),
    };
  }
};
