/** The contract between the trainer and a network. Core knows no network. */
import type * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors, VariableSpec} from './program.js';

/**
 * Options of a network, complete. The `model` hook may change them before variables exist. Networks
 * add their own by declaration merging, as packages/model does for IFNet:
 *
 *     declare module '@rife-train/core' {
 *       interface ModelOptions {
 *         widths?: number[];
 *       }
 *     }
 */
export interface ModelOptions {
  /** Name of the network. @default the first that the trainer knows: IFNet */
  name: string;
  /** Scale of each student block, coarse to fine. @default the network's own; IFNet: [4, 2, 1] */
  scales: number[];
}

export interface ParameterSpec {
  /** PyTorch name without `module.`: `block0.conv0.0.0.weight`. */
  name: string;
  /** Shape inside the program (TensorFlow layout: HWIO; transposed convolutions HW,out,in). */
  shape: readonly number[];
  /** Shape in weights files (PyTorch layout: OIHW; transposed convolutions in,out,HW). */
  fileShape: readonly number[];
  /**
   * Axis of `shape` that counts the outputs: 3 of a convolution's HWIO, 2 of a transposed one's
   * HW,out,in. What lies along the other axes makes up one unit. @default none: the whole tensor is
   * one unit (biases, slopes)
   */
  unitAxis?: number;
}

/** A batch inside a traced step. */
export interface BatchTensors {
  /** [B,H,W,9] float32 in 0..1: img0, img1, gt; BGR as in the reference. */
  images: tf.Tensor4D;
  /**
   * [B] half the distance of the inputs, in frames; may end in .5 where `data.timestep` is `any`.
   */
  gap: tf.Tensor1D;
  /** [B] position of gt in (0,1). */
  timestep: tf.Tensor1D;
}

/** Where a flow estimate comes from. */
export interface FlowInfo {
  /** `block0` and on, coarse to fine, or `block_tea`. */
  block: string;
  /** Index of the block; the teacher's is the number of student blocks. */
  stage: number;
  /** Scale of the block (4, 2, 1); in a prediction, the one that it was asked for. */
  scale: number;
  role: 'student' | 'teacher';
}

/**
 * Lets taps see and replace each block's own flow output [B,H,W,4], in pixels of the full crop,
 * before it is added up.
 */
export type FlowTap = (flow: tf.Tensor4D, info: FlowInfo) => tf.Tensor4D;

/**
 * Says what is being computed, for an examination of a step that failed: `scope('block0', () =>
 * ...)`. Scopes may lie in each other.
 */
export type Scope = <T>(name: string, run: () => T) => T;

/**
 * A form of the training pass that needs a graph of its own, such as other scales of the blocks.
 * The trainer captures each, and draws one per step.
 */
export interface PassVariant {
  /** Of letters, digits, `.`, `_` and `-`. */
  name: string;
  /** Probability of a step to train this variant, above 0; those of all add up to 1. */
  share: number;
}

/**
 * What is drawn for each training step, from the run's seed and the number of the step: the same
 * for all micro-steps and replicas.
 */
export interface StepDraw {
  /** Name of the variant to trace; undefined where the model has none. */
  variant: string | undefined;
  /** A number in [0,1), for choices within one graph. */
  uniform(): tf.Scalar;
}

/** What a model returns for a training batch. */
export interface ModelLosses {
  /** Loss terms before weighting, one value per sample [B]. */
  terms: Record<string, tf.Tensor1D>;
  /** Weight of each term; a number is a constant of the graph. */
  weights: Record<string, LossWeight>;
  /** Largest |flow component| of any accumulated student or teacher flow, in pixels. */
  maxFlow: tf.Scalar;
  /**
   * Mean squared error of the refined frame in 0..1, per sample [B], without gradient; for PSNR.
   */
  squaredError?: tf.Tensor1D;
  /**
   * Next value of each of the model's buffers, without gradient. They take effect with the update,
   * not before the guard.
   */
  buffers?: NamedTensors;
}

/** A number, a scalar (declared) or one value per sample [B]. */
export type LossWeight = number | tf.Scalar | tf.Tensor1D;

/** The reference's inference options. */
export interface PredictOptions {
  /**
   * Scales of the student blocks in place of the model's own: powers of two from 1/32 to 128, one
   * per block, coarse to fine. Twice the model's ([8, 4, 2]) for frames of 4K, where motion is
   * large; half of them for small frames.
   * @default the model's scales
   */
  scales?: readonly number[];
  /**
   * Test-time augmentation: the mean with the prediction of both images upside down and mirrored.
   * @default false
   */
  flip?: boolean;
  /**
   * The mean of both directions of time in every block, for networks that can; twice the work.
   * @default false
   */
  ensemble?: boolean;
  /**
   * Twice the scales for images whose motion is large, as RIFE 4.0 and 4.1 have it; three times the
   * work. @default false
   */
  doubling?: boolean;
}

/** What `predict` returns; all [B,H,W,*]. Flow and mask are those of the images as they came. */
export interface Prediction {
  /** Refined frame, BGR in 0..1. */
  refined: tf.Tensor4D;
  /** Final student flow (t->0 xy, t->1 xy) in pixels. */
  flow: tf.Tensor4D;
  /** Fusion mask in (0,1). */
  mask: tf.Tensor4D;
}

/** Size and work of a part of a network. */
export interface ModuleCost {
  /** Numbers that are learned. */
  parameters: number;
  /** Multiply-adds of convolutions per pixel of the images, forward. */
  macsPerPixel: number;
}

/** What a network costs, whatever the size of the images. */
export interface ModelCost {
  /** Everything that a training step runs forward; backward is about twice that again. */
  training: ModuleCost;
  /** Without what only training needs. */
  prediction: ModuleCost;
  /** By the first part of the parameters' names: `block0`, `unet`. */
  modules: Readonly<Record<string, ModuleCost>>;
}

/**
 * Tensors that losses read and training never changes, such as those of a pretrained network that
 * compares images. They are variables of a program that trains. Checkpoints, weights files,
 * predictions and gradients do without them.
 */
export interface FrozenTensors {
  /** Names that no parameter or buffer has. */
  readonly specs: readonly VariableSpec[];
  /**
   * Reads the values, in program layout, by name. The trainer calls it once, before it opens clips
   * and engine; a plan calls it to check the file, and drops the values.
   */
  read(): Promise<ReadonlyMap<string, Float32Array>>;
}

export interface Model {
  /**
   * Network name for checkpoints; two models of one name, equal scales and equal parameter shapes
   * are interchangeable.
   */
  readonly name: string;
  readonly options: ModelOptions;
  readonly parameters: readonly ParameterSpec[];
  /**
   * What the forward pass moves and no gradient does: running statistics. In weights files beside
   * the parameters.
   * @default none
   */
  readonly buffers?: readonly ParameterSpec[];
  /**
   * What the losses read besides. @default none
   */
  readonly frozen?: FrozenTensors | undefined;
  /**
   * What is allowed in its options and hardly meant, in words: a run warns of it once, and so does
   * its plan. @default nothing
   */
  readonly notes?: readonly string[];
  /**
   * Variants of the training pass; `losses` then gets the name of one.
   * @default there is one pass
   */
  readonly variants?: readonly PassVariant[];
  /**
   * True where the run keeps an average of each parameter. The trainer sets it, because the hook
   * `averages` has a tap; networks leave it out.
   * @default false
   */
  readonly averaged?: boolean;
  /** True if the network takes the timestep as an input; false if it makes only the middle. */
  readonly anyTimestep: boolean;
  /** Crop sides must be multiples of this. */
  readonly cropMultiple: number;
  /** Smallest crop side. */
  readonly minCrop: number;
  /** @default not known */
  readonly cost?: ModelCost;
  /**
   * Fresh values in program layout, by name, of parameters and buffers; the same seed gives the
   * same values.
   */
  initialize(seed: number): Map<string, Float32Array>;
  /** Program layout to file layout, and back. Also right for optimizer moments. */
  toFile(name: string, values: Float32Array): Float32Array;
  fromFile(name: string, values: Float32Array): Float32Array;
  /**
   * Traced: forward with teacher, and losses. `parameters` holds the buffers and the frozen tensors
   * too; `scope` and `draw` may be left unused.
   */
  losses(
    parameters: NamedTensors,
    batch: BatchTensors,
    flowTap: FlowTap,
    scope?: Scope,
    draw?: StepDraw,
  ): ModelLosses;
  /**
   * Traced: forward without teacher. `images` is [B,H,W,6] in 0..1; height and width are multiples
   * of 32, and of 4 times the largest scale.
   */
  predict(
    parameters: NamedTensors,
    images: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    options?: PredictOptions,
  ): Prediction;
}
