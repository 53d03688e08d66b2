/** Options of IFNet and IFNet_m: what they mean, and which are refused. */
import type {ModelOptions} from '@rife-train/core';
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
    /** The loss term `distill`. @default RIFE's, with the safe root */
    distill?: DistillTermOptions;
  }
  interface LossTermRegistry {
    reconstruction: true;
    teacher: true;
    distill: true;
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

const isFrom0 = (x: unknown) => typeof x === 'number' && x >= 0 && x < Infinity;
export const isEven = (x: unknown) => Number.isInteger(x) && (x as number) > 0 && (x as number) % 2 === 0;
export const isPowerOfTwo = (x: unknown) => Number.isInteger(Math.log2(x as number)) && (x as number) >= 1;
/** Powers of two, because a resize by them is exact and commutes with the scaling of the flow. */
const isScale = (x: unknown) => isPowerOfTwo(x) && (x as number) <= 32;

/** A list of which every item fits. */
const list = (fits: (item: unknown) => boolean, expected: string) =>
  z.custom<number[]>(value => Array.isArray(value) && value.length > 0 && value.every(fits), expected);

export const distillOptions = z.strictObject(
  {
    margin: z.custom<number>(isFrom0, 'a finite number, 0 or more').optional(),
    root: z.enum(['safe', 'reference'], '"safe" or "reference"').optional(),
    stages: list(isFrom0, 'a list of numbers, 0 or more, one per student block').optional(),
    teacherInput: z.enum(['live', 'detached'], '"live" or "detached"').optional(),
  },
  {error: issue => (issue.code === 'unrecognized_keys' ? undefined : 'an object such as {margin: 0.01}')},
);

/** Adds what is wrong with `distill.stages` of a network of so many blocks. */
export function checkStages(context: z.RefinementCtx, stages: number[] | undefined, blocks: number): void {
  if (stages === undefined || (stages.length === blocks && stages.some(factor => factor > 0))) return;
  const message = `a list of ${blocks} numbers, 0 or more and not all 0, one per student block`;
  context.addIssue({code: 'custom', path: ['distill', 'stages'], message});
}

const expectedZeroStages = (blocks: number) =>
  `a whole number from 0 to ${blocks - 1}, less than the student blocks`;

/** `model` of IFNet and IFNet_m. */
export const ifNetOptions = z
  .strictObject({
    name: z.string().meta({description: 'Name of the network.', example: 'IFNet'}),
    scales: list(isScale, 'a list of powers of two from 1 to 32, one per student block')
      .default(() => [4, 2, 1])
      .meta({description: 'Scale of each student block, coarse to fine.', example: [8, 4, 2, 1]}),
    widths: list(isEven, 'a list of even numbers above 0, one per student block')
      .default(() => [240, 150, 90])
      .meta({description: 'Channels of each student block.', example: [120, 76, 46]}),
    norm: z
      .enum(['none', 'batch'], '"none" or "batch"')
      .default('none')
      .meta({description: 'Batch norm in the blocks, between convolution and activation.'}),
    zeroStages: z
      .custom<number>()
      .optional()
      .meta({description: 'How many of the first student blocks start with a flow of zeros.'}),
    fusion: z
      .boolean('true or false')
      .optional()
      .meta({description: 'Fuse the levels of the context net, as FPN and PANet do.'}),
    receptiveField: z
      .enum(['none', 'dilated', 'large-kernel'], '"none", "dilated" or "large-kernel"')
      .optional()
      .meta({description: 'A residual branch with a wider view on deep features.'}),
    distill: distillOptions.optional().meta({description: 'What the loss term `distill` computes.'}),
  })
  .superRefine(({scales, widths, zeroStages = 0, distill}, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({code: 'custom', path: [option], message});
    if (scales.length !== widths.length)
      refuse('widths', `as long as "model.scales", which has ${scales.length}`);
    const isCount = Number.isInteger(zeroStages) && zeroStages >= 0 && zeroStages < scales.length;
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
