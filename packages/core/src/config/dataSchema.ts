/** The section `data`: what the trainer, plugins and a source of batches agree on. */
import * as z from 'zod';
import {option, whole} from './option.js';

/** Of a side of the crop, in pixels: more than any frame has. */
export const MOST_SIDE = 16_384;
const side = whole(1).lte(MOST_SIDE);
const gap = whole(1).lte(4096);
const spread = z.number().gte(0).lt(1).optional();

/**
 * 1, 1/2, 1/3 ... 1/16; a third has no exact number. Smaller ones would need frames of more than
 * 1,024 for a crop of 64.
 */
const isScale = (scale: number) =>
  scale <= 1 && scale >= 1 / 16 && Math.abs(1 / scale - Math.round(1 / scale)) < 1e-6;

export const augmentShape = {
  /**
   * Scales of the frames, each equally likely where the crop still fits: 1/2 averages 2 x 2
   * pixels, and halves the motion. @default [1]
   */
  rescale: option(z.array(z.number().refine(isScale)).min(1).max(64).optional(), {
    words:
      'Scales of the frames, each equally likely where the crop still fits: 1/2 averages 2 x 2 pixels, and halves the motion.',
    expected: 'a list of 1, 1/2, 1/3 ... down to 1/16',
    example: '[1, 1 / 2, 1 / 4]',
    defaultWords: '[1]',
  }),
  /**
   * Factors are drawn from 1 - x to 1 + x: of the brightness, of the contrast around middle grey,
   * of the saturation. @default none
   */
  colour: option(z.strictObject({brightness: spread, contrast: spread, saturation: spread}).optional(), {
    words:
      'Factors are drawn from 1 - x to 1 + x: of the brightness, of the contrast around middle grey, of the saturation.',
    expected: '{brightness, contrast, saturation}, each from 0 to below 1',
    example: '{brightness: 0.1, contrast: 0.1}',
    defaultWords: 'none',
  }),
};

export const cacheShape = {
  /** Folder of the copies; made where it is missing. Data sets and runs may share one. */
  dir: option(z.string().min(1), {
    words: 'Folder of the copies; made where it is missing. Data sets and runs may share one.',
    expected: 'the path of a folder',
    example: "'/fast/clips'",
    isPath: true,
  }),
  /**
   * Both are lossless. `raw` needs no decoding, `deflate` about a third of the space, and three
   * times as long to fill. @default 'raw'
   */
  codec: option(z.enum(['raw', 'deflate']).optional(), {
    words:
      'Both are lossless. `raw` needs no decoding, `deflate` about a third of the space, and three times as long to fill.',
    example: "'deflate'",
    defaultWords: "'raw'",
  }),
  /**
   * What the folder may grow to. Clips that no longer fit are read from their source. Units are
   * powers of 1000, or of 1024 with an i: GiB. @default no limit
   */
  maxSize: option(
    z
      .union([
        z.number().positive().lte(Number.MAX_SAFE_INTEGER),
        z
          .string()
          .trim()
          .regex(/^(?=.*[1-9])\d+(\.\d+)? ?[KMGT]?i?B$/i),
      ])
      .optional(),
    {
      words:
        'What the folder may grow to. Clips that no longer fit are read from their source. Units are powers of 1000, or of 1024 with an i: GiB.',
      expected: 'a number of bytes above 0, or such as "200GB" or "1.5TiB"',
      example: "'200GB'",
      unit: 'bytes',
      defaultWords: 'no limit',
    },
  ),
};

export const dataShape = {
  /**
   * Folder with the clips. It holds `train/<scene>/<clip>` (a folder of images, or a video) and,
   * if there is one, `val/`.
   */
  root: option(z.string().min(1), {
    words:
      'Folder with the clips. It holds `train/<scene>/<clip>` (a folder of images, or a video) and, if there is one, `val/`.',
    expected: 'the path of a folder with train/<scene>/<clip>',
    example: "'./clips'",
    flag: '--data <folder>',
    isPath: true,
  }),
  /**
   * Layout of the folder. `auto`: what it looks like. `clips`: train/ and val/, or the folder
   * itself, with clips in any depth. `x-train`: train/ or encoded_train/. `x-test`: Type1/ to
   * Type3/, to validate on. `vimeo-triplet`, `vimeo-septuplet`: sequences/ and the list of
   * Vimeo90K, the last 5 % of which is to validate on. @default 'auto'
   */
  layout: option(
    z.enum(['auto', 'clips', 'x-train', 'x-test', 'vimeo-triplet', 'vimeo-septuplet']).default('auto'),
    {
      words:
        'Layout of the folder. `auto`: what it looks like. `clips`: train/ and val/, or the folder itself, with clips in any depth. `x-train`: train/ or encoded_train/. `x-test`: Type1/ to Type3/, to validate on. `vimeo-triplet`, `vimeo-septuplet`: sequences/ and the list of Vimeo90K, the last 5 % of which is to validate on.',
    },
  ),
  /**
   * Side of the square crop, or [height, width]. Multiples of 32, at least 64. @default 224 pixels
   */
  crop: option(z.union([side, z.tuple([side, side])]).default(224), {
    words: 'Side of the square crop, or [height, width]. Multiples of 32, at least 64.',
    expected: 'a multiple of 32 of at least 64, or [height, width] of such',
    unit: 'pixels',
  }),
  /** Triplets of a micro-batch. @default 4 triplets */
  batch: option(whole(1).lte(4096).default(4), {
    words: 'Triplets of a micro-batch.',
    expected: 'a whole number of at least 1',
    unit: 'triplets',
  }),
  /**
   * Smallest and largest gap: half the distance of the inputs, rounded up. @default [1, 1] frames
   */
  gaps: option(
    z
      .tuple([gap, gap])
      .refine(([min, max]) => min <= max)
      .default([1, 1]),
    {
      words: 'Smallest and largest gap: half the distance of the inputs, rounded up.',
      expected: '[smallest, largest] gap in frames, whole numbers of at least 1 in ascending order',
      example: '[1, 8]',
      unit: 'frames',
    },
  ),
  /**
   * Where gt lies between its inputs. `middle`: gap frames from either. `any`: the inputs are 2
   * gap or 2 gap - 1 frames apart (at least 2), gt is any frame between them; for networks that
   * take the timestep, such as IFNet_m. @default 'middle'
   */
  timestep: option(z.enum(['middle', 'any']).default('middle'), {
    words:
      'Where gt lies between its inputs. `middle`: gap frames from either. `any`: the inputs are 2 gap or 2 gap - 1 frames apart (at least 2), gt is any frame between them; for networks that take the timestep, such as IFNet_m.',
  }),
  // 2^40 samples are more than any epoch has; up to there all numbers are exact.
  /**
   * Samples of an epoch, in which no triplet of a gap comes twice before all have come. `full`: as
   * many as there are triplets of `gaps`. `none`: each is drawn by itself. @default 'full'
   */
  epoch: option(z.union([whole(1).lte(2 ** 40), z.enum(['full', 'none'])]).default('full'), {
    words:
      'Samples of an epoch, in which no triplet of a gap comes twice before all have come. `full`: as many as there are triplets of `gaps`. `none`: each is drawn by itself.',
    expected: 'a whole number of samples of at least 1, "full" or "none"',
    unit: 'samples',
  }),
  /** Decode workers; 0 decides by the number of cores. @default 0 threads */
  workers: option(whole(0).lte(256).default(0), {
    words: 'Decode workers; 0 decides by the number of cores.',
    expected: 'a whole number of at least 0 (0: decided by the number of cores)',
    example: '2',
    unit: 'threads',
  }),
  /** Batches decoded ahead of the step. @default 4 batches */
  prefetch: option(whole(1).lte(1024).default(4), {
    words: 'Batches decoded ahead of the step.',
    unit: 'batches',
  }),
  /**
   * A clip that cannot be read, or is too short for the smallest gap: an error, or left out with a
   * warning. @default 'error'
   */
  onBadClip: option(z.enum(['error', 'skip']).default('error'), {
    words:
      'A clip that cannot be read, or is too short for the smallest gap: an error, or left out with a warning.',
  }),
  /**
   * Share of the clips that may be left out, at least one clip; beyond it the run stops. @default
   * 0.1
   */
  maxBadShare: option(z.number().gte(0).lte(1).default(0.1), {
    words: 'Share of the clips that may be left out, at least one clip; beyond it the run stops.',
  }),
  /**
   * Random flips, rotation, channel reversal and time reversal as in RIFE; an object asks for
   * more. @default true
   */
  augment: option(z.union([z.boolean(), z.strictObject(augmentShape)]).default(true), {
    words: 'Random flips, rotation, channel reversal and time reversal as in RIFE; an object asks for more.',
    expected: 'true, false, or {rescale: [1, 1/2, ...], colour: {brightness, contrast, saturation}}',
    example: '{rescale: [1, 1 / 2, 1 / 4]}',
  }),
  /**
   * Whether the second half of each micro-batch repeats the first half with left and right
   * exchanged, as in the author's training of RIFE 4.25. Only the first half is decoded. @default
   * false
   */
  mirror: option(z.boolean().default(false), {
    words:
      "Whether the second half of each micro-batch repeats the first half with left and right exchanged, as in the author's training of RIFE 4.25. Only the first half is decoded.",
    example: 'true',
  }),
  /**
   * A folder, or an object: clips are decoded whole once, when they are first met, and read from
   * there afterwards. Batches are the same. @default false
   */
  cache: option(z.union([z.literal(false), z.string().min(1), z.strictObject(cacheShape)]).default(false), {
    words:
      'A folder, or an object: clips are decoded whole once, when they are first met, and read from there afterwards. Batches are the same.',
    expected: 'false, the path of a folder, or {dir, codec: "raw" or "deflate", maxSize: 200e9 or "200GB"}',
    example: "{dir: '/fast/clips', maxSize: '200GB'}",
    isPath: true,
  }),
};

/** What half of a batch needs. */
type Halves = Pick<z.infer<z.ZodObject<typeof dataShape>>, 'batch' | 'mirror'>;

/** Refuses a batch without halves. For every schema of the section. */
export function checkHalves({batch, mirror}: Halves, context: z.RefinementCtx): void {
  if (mirror && batch % 2 !== 0)
    context.addIssue({code: 'custom', path: ['batch'], message: 'an even number where data.mirror is true'});
}

/** Triplets of a micro-batch that are drawn and decoded; the others are mirrored copies. */
export const drawnPerBatch = ({batch, mirror}: Halves): number => (mirror ? batch / 2 : batch);

export const dataSchema = option(z.strictObject(dataShape).superRefine(checkHalves), {
  words: 'Clips, triplets and batches.',
  expected: 'an object with options',
  example: "{root: './clips'}",
  isSection: true,
});
