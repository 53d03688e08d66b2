/**
 * The forward pass of RIFE 4.x. Axes: B batch, H height, W width of the crop, C channels, F = 4
 * flow channels (t->0 xy, t->1 xy) in pixels of the crop. Images are RGB in 0..1, as the published
 * weights expect.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, NamedTensors, Scope} from '@rife-train/core';
import {warpFrom, warpSource} from '@rife-train/engine/ops';
import {estimate, sourcesOf, unscoped, type Estimate, type Sources} from '../ifNet.js';
import {concatChannels} from '../layers.js';
import type {Rife4Architecture} from './architecture.js';
import {rife4Block, type Rife4BlockInput, type Rife4BlockOutput} from './block.js';
import {encode} from './encode.js';
import type {CalibratedTime} from './timeCalibration.js';

/** Inputs of the blocks besides weights. */
export interface Rife4Input {
  /** [B,H,W,6]: img0, img1. */
  pair: tf.Tensor4D;
  /** [B] */
  timestep: tf.Tensor1D;
  /** Time calibration, from the images and their features. @default `timestep` stays as it is */
  calibrate?: ((views: Views) => CalibratedTime) | undefined;
  /** Scale of each block. */
  scales: readonly number[];
  arch: Rife4Architecture;
  flowTap: FlowTap;
  /** First of the blocks that predict the mean of both directions of time. @default none */
  ensembleFrom?: number | undefined;
  scope?: Scope | undefined;
}

/** One estimate, and what the block passes on. */
export interface Rife4Estimate extends Estimate {
  /** The block's own output, before accumulation and before averaging both directions. */
  own: Rife4BlockOutput;
}

type Pair = [tf.Tensor4D, tf.Tensor4D];
const swapped = ([a, b]: Pair): Pair => [b, a];
const halvesOf = (flow: tf.Tensor4D) => tf.split(flow, 2, 3) as Pair;
const swapFlow = (flow: tf.Tensor4D) => concatChannels(swapped(halvesOf(flow)));
const mean = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.mul<tf.Tensor4D>(tf.add(a, b), 0.5);

/** Images and their features, as inputs of the next block. */
export interface Views {
  images: Pair;
  features: Pair | undefined;
}
const listed = ({images, features}: Views) => [...images, ...(features ?? [])];

/** The same inputs with time reversed. */
const turned = ({images, features}: Views): Views => ({
  images: swapped(images),
  features: features && swapped(features),
});

interface Stage {
  block: string;
  scale: number;
  views: Views;
  before: Rife4Estimate | undefined;
}

function inputOf({views, before}: Stage, timestep: tf.Tensor1D): Rife4BlockInput {
  const handedOn = before?.own.features;
  const carried = before ? [before.maskLogit, ...(handedOn ? [handedOn] : [])] : [];
  return {images: listed(views), timestep, carried, flow: before?.flow};
}

/** The mean of a block's outputs for both directions of time. */
function bothWays(
  p: NamedTensors,
  stage: Stage,
  {timestep, arch}: Rife4Input,
  own: Rife4BlockOutput,
): Rife4BlockOutput {
  const {block, scale, views, before} = stage;
  const input = {
    images: listed(turned(views)),
    timestep: tf.sub<tf.Tensor1D>(1, timestep),
    carried: before ? [tf.neg(before.maskLogit)] : [],
    flow: before && swapFlow(before.flow),
  };
  const other = rife4Block(p, block, input, scale, arch);
  return {
    flow: mean(own.flow, swapFlow(other.flow)),
    maskLogit: mean(own.maskLogit, tf.neg(other.maskLogit)),
    features: undefined,
    confidence: () => undefined,
  };
}

/** Outputs of the previous block, warped to the frame at t. */
function viewsAfter(features: Pair | undefined, {warped, halves}: Estimate): Views {
  const moved = features?.map((x, i) => warpFrom(warpSource(x), halves[i]!)) as Pair | undefined;
  return {images: warped, features: moved};
}

function estimateOf(
  sources: Sources,
  before: Estimate | undefined,
  arch: Rife4Architecture,
  flow: tf.Tensor4D,
  maskLogit: tf.Tensor4D,
) {
  if (!before) return estimate(sources, flow, maskLogit);
  const mask = arch.mask === 'add' ? tf.add<tf.Tensor4D>(before.maskLogit, maskLogit) : maskLogit;
  return estimate(sources, tf.add(before.flow, flow), mask);
}

/** Results of a forward pass that the losses need. */
export interface Rife4Pass {
  sources: Sources;
  /** Estimates of the blocks, coarse to fine; the last one's `merged` is the frame. */
  estimates: Rife4Estimate[];
  /** Time that the blocks got, [B]. */
  timestep: tf.Tensor1D;
  /** Time that calibration predicted, [B]. */
  predicted?: tf.Tensor1D | undefined;
  /** Inputs of an additional block after the last one. */
  views(): Views;
}

export function rife4Pass(p: NamedTensors, input: Rife4Input): Rife4Pass {
  const {pair, calibrate, scales, arch, flowTap, ensembleFrom = Infinity, scope = unscoped} = input;
  const sources = sourcesOf(pair);
  const {encode: head} = arch;
  const features = head
    ? scope('encode', () => sources.images.map(image => encode(p, image, head)) as Pair)
    : undefined;
  const {timestep, predicted}: Partial<CalibratedTime> & Pick<Rife4Input, 'timestep'> =
    calibrate?.({images: sources.images, features}) ?? input;
  const estimates: Rife4Estimate[] = [];
  scales.forEach((scale, i) => {
    const before = estimates.at(-1);
    const block = `block${i}`;
    const views = before ? viewsAfter(features, before) : {images: sources.images, features};
    const stage: Stage = {block, scale, views, before};
    const own = scope(block, () => rife4Block(p, block, inputOf(stage, timestep), scale, arch));
    const said = i >= ensembleFrom ? bothWays(p, stage, input, own) : own;
    const flow = flowTap(said.flow, {block, stage: i, scale, role: 'student'});
    const found = scope(`warp of ${block}`, () => estimateOf(sources, before, arch, flow, said.maskLogit));
    estimates.push({...found, own});
  });
  return {sources, estimates, timestep, predicted, views: () => viewsAfter(features, estimates.at(-1)!)};
}
