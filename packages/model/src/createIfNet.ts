import * as tf from '@tensorflow/tfjs-core';
import type {
  BatchTensors,
  FlowTap,
  Model,
  ModelCost,
  ModelLosses,
  ModelOptions,
  NamedTensors,
  Prediction,
  PredictOptions,
  Scope,
} from '@rife-train/core';
import {modelPredictionError} from '@rife-train/errors';
import {extrasOf} from './architecture.js';
import {runningNorm, trainingNorm, type Normalize} from './batchNorm.js';
import {costOf} from './cost.js';
import {refine, sourcesOf, studentEstimates, teacherEstimate, unscoped, type NetworkInput} from './ifNet.js';
import {channels} from './layers.js';
import {checkImages, NetworkTensors, sideMultiple} from './network.js';
import {detached, distillTerm, imageTerms, largestFlow, squaredError} from './losses.js';
import {checkPredictScales, IFNETS, type IfNetOptions, type NetworkKind} from './options.js';
import {bufferSpecs, parameterSpecs} from './parameters.js';
import {flipped} from './testTime.js';

/** Forward without teacher. */
function predictOnce(p: NamedTensors, input: NetworkInput): Prediction {
  const sources = sourcesOf(input.pair);
  const last = studentEstimates(p, input, sources).at(-1)!;
  return {refined: refine(p, input.pair, sources, last, input.extras), flow: last.flow, mask: last.mask};
}

class IfNet extends NetworkTensors implements Model {
  readonly anyTimestep: boolean;
  readonly cropMultiple: number;
  readonly minCrop: number;
  readonly cost: ModelCost;

  constructor(
    readonly options: IfNetOptions,
    private readonly kind: NetworkKind,
  ) {
    super(options.name, parameterSpecs(options, kind), bufferSpecs(options, kind));
    this.anyTimestep = kind.timestep;
    this.cropMultiple = sideMultiple(options.scales);
    // The Laplacian pyramid halves five times.
    this.minCrop = Math.max(64, this.cropMultiple);
    this.cost = costOf(options);
  }

  losses(
    p: NamedTensors,
    {images, timestep}: BatchTensors,
    flowTap: FlowTap,
    scope: Scope = unscoped,
  ): ModelLosses {
    checkImages(images, 9, this.cropMultiple, this.minCrop);
    const gt = channels(images, 6, 3);
    const buffers: NamedTensors = {};
    const normalize = this.options.norm === 'batch' ? trainingNorm(p, buffers) : undefined;
    const input = {...this.inputOf(channels(images, 0, 6), timestep, flowTap, normalize), scope};
    const sources = sourcesOf(input.pair);
    const students = studentEstimates(p, input, sources);
    const last = students.at(-1)!;
    const {distill} = this.options;
    const start = distill?.teacherInput === 'detached' ? detached(last) : last;
    const teacher = teacherEstimate(p, input, sources, start, gt);
    const refined = refine(p, input.pair, sources, last, input.extras, scope);
    return {
      terms: {
        ...scope('loss of the images', () => imageTerms(refined, teacher.merged, gt)),
        distill: scope('loss distill', () => distillTerm(students, teacher, gt, distill)),
      },
      weights: {reconstruction: 1, teacher: 1, distill: this.kind.distillWeight},
      maxFlow: largestFlow([...students, teacher]),
      squaredError: squaredError(refined, gt),
      buffers,
    };
  }

  predict(
    p: NamedTensors,
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    {scales = this.options.scales, flip = false, ensemble = false, doubling = false}: PredictOptions = {},
  ): Prediction {
    if (ensemble || doubling)
      throw modelPredictionError(ensemble ? 'ensemble' : 'doubling', this.name, 'networks of RIFE 4.x');
    checkPredictScales(scales, this.options.scales.length);
    // There is no Laplacian pyramid here, so one multiple is enough.
    const multiple = sideMultiple(scales);
    checkImages(pair, 6, multiple, multiple);
    const normalize = this.options.norm === 'batch' ? runningNorm(p) : undefined;
    const once = (images: tf.Tensor4D) =>
      predictOnce(p, {...this.inputOf(images, timestep, flowTap, normalize), scales});
    return flip ? flipped(pair, once) : once(pair);
  }

  private inputOf(
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    normalize: Normalize | undefined,
  ): NetworkInput {
    const {scales} = this.options;
    const extras = extrasOf(this.options);
    return {pair, timestep: this.kind.timestep ? timestep : undefined, scales, flowTap, normalize, extras};
  }
}

/**
 * A copy without what is as in the reference, so that checkpoints of such networks stay as they
 * were.
 */
function ownOptions({zeroStages = 0, fusion, receptiveField, ...options}: IfNetOptions): IfNetOptions {
  return structuredClone({
    ...options,
    ...(zeroStages > 0 ? {zeroStages} : {}),
    ...(fusion ? {fusion} : {}),
    ...(receptiveField && receptiveField !== 'none' ? {receptiveField} : {}),
  });
}

/** @param options complete */
export const createIfNet = (options: ModelOptions): Model =>
  new IfNet(ownOptions(options as IfNetOptions), IFNETS[options.name]!);
