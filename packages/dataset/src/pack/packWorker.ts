/** Entry point of a packing thread; see `pack/packClips.ts`. */
import {isRifeError, messageOf} from '@rife-train/errors';
import sharp from 'sharp';
import {packClip, type PackedClip, type PackTask} from './packClip.js';

// The threads are the parallelism.
sharp.concurrency(1);
sharp.cache(false);

/** What became of a clip, or why nothing did: class and code of an error do not survive the way out of a thread. */
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
