/** The contract between the trainer and a network. packages/model implements it for IFNet; core knows no network. */
import type * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from './program.js';

/** Options that the `model` hook may change before variables exist; the model checks them. */
export interface ModelOptions {
  /** Network name. @default 'IFNet' */
  name: string;
  /** Scale of each student block, coarse to fine. @default [4, 2, 1] */
  scales: number[];
  /** Channels of each student block. @default [240, 150, 90] */
  widths: number[];
}

export interface ParameterSpec {
  /** PyTorch name without `module.`: `block0.conv0.0.0.weight`. */
  name: string;
  /** Shape inside the program (TensorFlow layout: HWIO; transposed convolutions HW,out,in). */
  shape: readonly number[];
  /** Shape in weights files (PyTorch layout: OIHW; transposed convolutions in,out,HW). */
  fileShape: readonly number[];
}

/** A batch inside a traced step. */
export interface BatchTensors {
  /** [B,H,W,9] float32 in 0..1: img0, img1, gt; BGR as in the reference. */
  images: tf.Tensor4D;
  /** [B] frames between gt and each input. */
  gap: tf.Tensor1D;
  /** [B] position of gt in (0,1). */
  timestep: tf.Tensor1D;
}

/** Where a flow estimate comes from. */
export interface FlowInfo {
  /** `block0`, `block1`, `block2` or `block_tea`. */
  block: string;
  /** Index of the block; the teacher's is the number of student blocks. */
  stage: number;
  /** Scale of the block (4, 2, 1). */
  scale: number;
  role: 'student' | 'teacher';
}

/** Lets taps see and replace each block's own flow output [B,H,W,4], in pixels of the full crop, before it is added up. */
export type FlowTap = (flow: tf.Tensor4D, info: FlowInfo) => tf.Tensor4D;

/** What a model returns for a training batch. */
export interface ModelLosses {
  /** Loss terms before weighting, one value per sample [B]. IFNet: reconstruction, teacher, distill. */
  terms: Record<string, tf.Tensor1D>;
  /** Weight of each term; a number is a constant of the graph. IFNet: 1, 1, 0.01. */
  weights: Record<string, LossWeight>;
  /** Largest |flow component| of any accumulated student or teacher flow, in pixels. */
  maxFlow: tf.Scalar;
}

/** A number, a scalar (declared) or one value per sample [B]. */
export type LossWeight = number | tf.Scalar | tf.Tensor1D;

/** What `predict` returns; all [B,H,W,*]. */
export interface Prediction {
  /** Refined frame, BGR in 0..1. */
  refined: tf.Tensor4D;
  /** Final student flow (t->0 xy, t->1 xy) in pixels. */
  flow: tf.Tensor4D;
  /** Fusion mask in (0,1). */
  mask: tf.Tensor4D;
}

export interface Model {
  /** Network name for checkpoints; two models of one name and equal parameter shapes are interchangeable. */
  readonly name: string;
  readonly options: ModelOptions;
  readonly parameters: readonly ParameterSpec[];
  /** Crop sides must be multiples of this. */
  readonly cropMultiple: number;
  /** Smallest crop side. */
  readonly minCrop: number;
  /** Fresh values in program layout, by parameter name; the same seed gives the same values. */
  initialize(seed: number): Map<string, Float32Array>;
  /** Program layout to file layout, and back. Also right for optimizer moments. */
  toFile(name: string, values: Float32Array): Float32Array;
  fromFile(name: string, values: Float32Array): Float32Array;
  /** Traced: forward with teacher, and losses. */
  losses(parameters: NamedTensors, batch: BatchTensors, flowTap: FlowTap): ModelLosses;
  /** Traced: forward without teacher. `images` is [B,H,W,6] in 0..1. */
  predict(parameters: NamedTensors, images: tf.Tensor4D, timestep: tf.Tensor1D, flowTap: FlowTap): Prediction;
}
