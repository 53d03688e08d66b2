/** Options of IFNet and IFNet_m: what they mean, and which are refused. */
import type {ModelOptions} from '@rife-train/core';
import {MOST_RATE, option} from '@rife-train/core/config';
import {modelScalesError} from '@rife-train/errors';
import * as z from 'zod';

/**
 * What the loss term `distill` computes, and what the teacher sees. Every default is RIFE's, except
 * the root.
 */
export interface DistillTermOptions {
  /**
   * A student is pulled to the teacher's flow where its frame's error (mean |difference| to gt over
   * the channels, images in 0..1) exceeds the teacher's by more than this; 0 or more. @default 0.01
   */
  margin?: number;
  /**
   * Gradient of the root where both flows are equal. `safe`: 0. `reference`: infinite as in the
   * release, and NaN once it is multiplied; to reproduce that. Elsewhere both are the same.
   * @default 'safe'
   */
  root?: 'safe' | 'reference';
  /** Factor of each student block's part, coarse to fine; 0 leaves the part out. @default all 1 */
  stages?: number[];
  /**
   * `live`: gradients of the teacher's own loss run into the students, whose flow, mask and images
   * it starts from, as in the release. `detached`: they stop at the teacher. @default 'live'
   */
  teacherInput?: 'live' | 'detached';
}

/** Weights of loss terms that are off by default. */
export interface Rife4TermWeights {
  /** 1 - SSIM of the last frame. @default off; the author's recipe of 4.25: 0.1 */
  ssim?: number;
  /**
   * Distance of all frames to gt in the features of a slowly moving copy of the encoder. For
   * versions with an encoder. @default off; the author's recipe of 4.25: 0.1
   */
  encode?: number;
  /** Sobel derivatives of the last flow. @default off; upstream's code of 4.0: 0.1 */
  smooth?: number;
  /** Distance of the last frame to gt in the features of VGG-19; needs `vgg`. @default off */
  vgg?: number;
  /** Distance of the Gram matrices of these features; needs `vgg`. @default off */
  gram?: number;
}

/** Scales that some of the steps train with. */
export interface ScaleList {
  /** Scale of each block, coarse to fine. */
  scales: number[];
  /** Probability of a step to train with them, above 0. */
  share: number;
}

/** A network that predicts the time of gt, and trains with it in some of the steps. */
export interface TimeCalibration {
  /** Weight of the term `time`. @default 1 */
  weight?: number;
  /** Probability of a step to train with the predicted time. @default 0.3 */
  share?: number;
}

declare module '@rife-train/core' {
  interface ModelOptions {
    /**
     * Channels of each student block. @default IFNet: [240, 150, 90]; RIFE4: those of the version
     */
    widths?: number[];
    /**
     * IFNet: batch norm in the blocks, between convolution and activation. @default 'none', as in
     * the reference
     */
    norm?: 'none' | 'batch';
    /**
     * IFNet: how many of the first, coarsest student blocks start with a last convolution of zeros,
     * so that their flow and mask are 0 and the others begin as if they were alone. For fresh
     * weights; those of a file win. @default 0
     */
    zeroStages?: number;
    /**
     * IFNet: does each level of the context net see the coarser and the finer ones, as in FPN and
     * PANet? It starts as if it did not. @default false
     */
    fusion?: boolean;
    /**
     * IFNet: a residual branch on features at 1/16 of the size or deeper: two dilated 3x3
     * convolutions with rates 2 and 4, or one 13x13 kernel per channel. It starts at zero. @default
     * 'none'
     */
    receptiveField?: 'none' | 'dilated' | 'large-kernel';
    /** RIFE4: the version of the family. @default '4.25' */
    version?: string;
    /** RIFE4: loss terms that are off by default, by weight. @default none */
    terms?: Rife4TermWeights;
    /**
     * RIFE4: file with torchvision's VGG-19, for the terms `vgg` and `gram`. @default none: these
     * terms are off
     */
    vgg?: string;
    /** RIFE4: other scales for some of the steps; the rest train with `scales`. @default none */
    scaleLists?: ScaleList[];
    /** RIFE4: time calibration, as in the author's training of 4.25. @default off */
    timeCalibration?: TimeCalibration;
    /** The loss term `distill`. @default RIFE's, with the safe root */
    distill?: DistillTermOptions;
  }
  interface LossTermRegistry {
    reconstruction: true;
    teacher: true;
    distill: true;
    ssim: true;
    encode: true;
    smooth: true;
    vgg: true;
    gram: true;
    time: true;
  }
}

/** Differences between the networks. */
export interface NetworkKind {
  /** Whether every block sees the timestep as one more channel. */
  timestep: boolean;
  /** Default weight of the term `distill`; the author's advice for IFNet_m is 0.005. */
  distillWeight: number;
}

/** The networks of the paper, by name. */
export const IFNETS: Readonly<Record<string, NetworkKind>> = {
  IFNet: {timestep: false, distillWeight: 0.01},
  IFNet_m: {timestep: true, distillWeight: 0.005},
};

/** Complete options of IFNet. */
export type IfNetOptions = ModelOptions & Required<Pick<ModelOptions, 'widths' | 'norm'>>;

const isFrom0 = (x: unknown) => typeof x === 'number' && x >= 0 && x <= MOST_RATE;
const isWhole = (x: unknown): x is number => Number.isInteger(x);
/** A width; ten times the reference's fill the memory of most devices. */
export const isEven = (x: unknown) => isWhole(x) && x > 0 && x % 2 === 0 && x <= 4096;
export const isPowerOfTwo = (x: unknown) =>
  isWhole(x) && x >= 1 && x <= 128 && Number.isInteger(Math.log2(x));
/** Powers of two, because a resize by them is exact and commutes with the scaling of the flow. */
const isScale = (x: unknown) => isPowerOfTwo(x) && (x as number) <= 32;

/** A list of which every item fits. */
const list = (fits: (item: unknown) => boolean, expected: string) =>
  z.custom<number[]>(
    value => Array.isArray(value) && value.length > 0 && value.length <= 64 && value.every(fits),
    expected,
  );

/** Options of {@link DistillTermOptions}. */
export const distillOptions = option(
  z
    .strictObject({
      margin: option(z.custom<number>(isFrom0, 'a number from 0 to 1e6').optional(), {
        words: "Error by which a student's frame must exceed the teacher's to be pulled.",
        expected: 'a number from 0 to 1e6',
        example: '0.02',
        defaultWords: '0.01',
      }),
      root: option(z.enum(['safe', 'reference']).optional(), {
        words: 'Gradient of the root where both flows are equal: 0, or infinite as in the release.',
        example: "'reference'",
        defaultWords: "'safe'",
      }),
      stages: option(list(isFrom0, 'a list of numbers, 0 or more, one per student block').optional(), {
        words: "Factor of each student block's part, coarse to fine; 0 leaves the part out.",
        expected: 'a list of numbers, one per student block',
        example: '[1, 1, 0.5]',
        defaultWords: 'all 1',
      }),
      teacherInput: option(z.enum(['live', 'detached']).optional(), {
        words: "Whether gradients of the teacher's loss run into the students.",
        example: "'detached'",
        defaultWords: "'live'",
      }),
    })
    .optional(),
  {
    words: 'The loss term `distill`.',
    expected: 'an object such as {margin: 0.01}',
    example: '{margin: 0.01}',
    isSection: true,
  },
);

/** Adds what is wrong with `distill.stages` of a network of so many blocks. */
export function checkStages(context: z.RefinementCtx, stages: number[] | undefined, blocks: number): void {
  if (stages === undefined || (stages.length === blocks && stages.some(factor => factor > 0))) return;
  const message = `a list of ${blocks} numbers, 0 or more and not all 0, one per student block`;
  context.addIssue({code: 'custom', path: ['distill', 'stages'], message});
}

const expectedZeroStages = (blocks: number) =>
  `a whole number from 0 to ${blocks - 1}, less than the student blocks`;

export const networkName = option(z.string(), {
  words: 'Name of the network.',
  expected: 'the name of a network',
  example: "'IFNet_m'",
  defaultWords: '`IFNet`',
});

/** `model` of IFNet and IFNet_m. */
export const ifNetOptions = z
  .strictObject({
    name: networkName,
    scales: option(
      list(isScale, 'a list of powers of two from 1 to 32, one per student block').default(() => [4, 2, 1]),
      {
        words: 'Scale of each student block, coarse to fine.',
        expected: 'a list of powers of two from 1 to 32',
        example: '[8, 4, 2, 1]',
        defaultWords: '`[4, 2, 1]`',
      },
    ),
    widths: option(
      list(isEven, 'a list of even numbers from 2 to 4096, one per student block').default(() => [
        240, 150, 90,
      ]),
      {
        words: 'Channels of each student block.',
        expected: 'a list of even numbers from 2 to 4096, one for each scale',
        example: '[120, 76, 46]',
        defaultWords: '`[240, 150, 90]`',
      },
    ),
    norm: option(z.enum(['none', 'batch']).default('none'), {
      words:
        'Batch norm in the blocks, between convolution and activation: batch statistics in training, running ones in prediction.',
      example: "'batch'",
    }),
    zeroStages: option(z.custom<number>().optional(), {
      words:
        'How many of the first, coarsest student blocks start with a last convolution of zeros, so that their flow is 0. For fresh weights; those of a file win.',
      expected: 'a whole number, less than the student blocks',
      example: '1',
      defaultWords: '0',
    }),
    fusion: option(z.boolean().optional(), {
      words: 'Let each level of the context net see the coarser and the finer ones, as in FPN and PANet.',
      example: 'true',
      defaultWords: 'false',
    }),
    receptiveField: option(z.enum(['none', 'dilated', 'large-kernel']).optional(), {
      words:
        'A residual branch with a wider view on deep features: dilated convolutions, or a 13x13 kernel per channel.',
      example: "'dilated'",
      defaultWords: "'none'",
    }),
    distill: distillOptions,
  })
  .superRefine(({scales, widths, zeroStages = 0, distill}, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({code: 'custom', path: [path], message});
    const isCount = Number.isInteger(zeroStages) && zeroStages >= 0 && zeroStages < scales.length;
    if (scales.length !== widths.length)
      refuse('widths', `as long as "model.scales", which has ${scales.length}`);
    if (!isCount) refuse('zeroStages', expectedZeroStages(scales.length));
    checkStages(context, distill?.stages, scales.length);
  });

/** The largest scale of a network, 32, for frames of the largest `--scale`, 1/4. */
const LARGEST_PREDICT_SCALE = 128;
const isPredictScale = (x: unknown) =>
  typeof x === 'number' && Number.isInteger(Math.log2(x)) && x >= 1 / 32 && x <= LARGEST_PREDICT_SCALE;

/**
 * Checks the scales of a prediction; here they may be below 1, which enlarges the images.
 * @throws RIFE_ERR_MODEL_SCALES
 */
export function checkPredictScales(scales: readonly number[], blocks: number): void {
  if (!Array.isArray(scales) || scales.length !== blocks || !scales.every(isPredictScale))
    throw modelScalesError(scales, blocks);
}
