import {clipShort, cropTooLarge, tripletNumbers, tripletOutside} from '@rife-train/errors';
import {NO_AUGMENTATION, writeSample} from '../augment/augment.js';
import {framesFor, gapOf, positionIn, type Clip, type Crop, type FrameNumbers} from '../clip.js';
import {FrameStore} from './frames.js';

/** A triplet outside of a batch, for previews and validation. */
export interface Triplet {
  /** [height,width,9] uint8: img0, img1, gt; BGR. A batch of one. */
  images: Uint8Array;
  height: number;
  width: number;
  /** Half the distance of the inputs, in frames. */
  gap: number;
  /** Position of gt in (0,1). */
  timestep: number;
  /** `001/cam01 28-32-36` */
  name: string;
}

export interface ReadTripletOptions {
  /** Frames between gt and each input. @default 1 */
  gap?: number;
  /** Frame number of the ground truth. @default the clip's middle */
  gt?: number;
  /** Frame numbers of img0, gt and img1, ascending, in place of `gap` and `gt`: any timestep. */
  numbers?: readonly [img0: number, gt: number, img1: number];
  /** Height and width of the centred crop. @default the largest multiples of 32 that fit */
  crop?: readonly [height: number, width: number];
}

const largest = (side: number) => Math.max(32, side - (side % 32));

function symmetricNumbers(clip: Clip, gt: number, gap: number): FrameNumbers {
  if (clip.frames < framesFor(gap)) throw clipShort(clip.id, clip.path, clip.frames, gap);
  if (gt - gap < 0 || gt + gap >= clip.frames) throw tripletOutside(clip.id, clip.frames, gt, gap);
  return [gt - gap, gt, gt + gap];
}

function checkNumbers(clip: Clip, numbers: readonly number[]): FrameNumbers {
  const [img0, gt, img1] = numbers as FrameNumbers;
  const isSound = numbers.length === 3 && numbers.every(Number.isSafeInteger);
  if (!isSound || !(0 <= img0 && img0 < gt && gt < img1 && img1 < clip.frames))
    throw tripletNumbers(clip.id, clip.frames, numbers);
  return [img0, gt, img1];
}

async function readCrop(clip: Clip, numbers: FrameNumbers, crop: Crop): Promise<Uint8Array> {
  const store = new FrameStore({clipBytes: 0});
  try {
    const region = await store.region({clip, numbers, crop});
    const images = new Uint8Array(crop.height * crop.width * 9);
    writeSample(region.frames, region.width, region.crop, NO_AUGMENTATION, images);
    return images;
  } finally {
    store.close();
  }
}

/**
 * Reads one triplet in this thread, without augmentation and with a centred crop.
 * @throws RIFE_ERR_DATA_CLIP_SHORT, RIFE_ERR_DATA_TRIPLET, RIFE_ERR_DATA_CROP_SIZE, and what is
 * wrong with the files
 */
export async function readTriplet(clip: Clip, options: ReadTripletOptions = {}): Promise<Triplet> {
  const {
    gap = 1,
    gt = clip.frames >> 1,
    crop: [height, width] = [largest(clip.height), largest(clip.width)],
  } = options;
  const numbers = options.numbers ? checkNumbers(clip, options.numbers) : symmetricNumbers(clip, gt, gap);
  if (height > clip.height || width > clip.width)
    throw cropTooLarge(clip.id, clip.height, clip.width, [height, width]);
  const crop = {top: (clip.height - height) >> 1, left: (clip.width - width) >> 1, height, width};
  return {
    images: await readCrop(clip, numbers, crop),
    height,
    width,
    gap: gapOf(numbers),
    timestep: positionIn(numbers),
    name: `${clip.id} ${numbers.join('-')}`,
  };
}
