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
import {modelInputError, modelParameterError} from '@rife-train/errors';
import {extrasOf} from './architecture.js';
import {noNorm, runningNorm, trainingNorm, type Normalize} from './batchNorm.js';
import {costOf} from './cost.js';
import {refine, sourcesOf, studentEstimates, teacherEstimate, unscoped, type NetworkInput} from './ifNet.js';
import {initialize} from './initialize.js';
import {channels} from './layers.js';
import {fromFile, toFile} from './layout.js';
import {detached, distillTerm, imageTerms, largestFlow, squaredError} from './losses.js';
import {checkOptions, checkPredictScales, type NetworkKind} from './options.js';
import {bufferSpecs, parameterSpecs, type TensorSpec} from './parameters.js';
import {flipped} from './testTime.js';

function checkImages(
  images: tf.Tensor4D,
  expectedChannels: number,
  multiple: number,
  smallest: number,
): void {
  const [, height, width, count] = images.shape;
  const fits = [height, width].every(size => size % multiple === 0 && size >= smallest);
  if (images.rank === 4 && count === expectedChannels && fits) return;
  const sides = `height and width multiples of ${multiple}, at least ${smallest}`;
  throw modelInputError('images', images.shape, `[batch, height, width, ${expectedChannels}], ${sides}`);
}

/** Each block works on 1/4 of its scale, context net and U-net on 1/16; the reference pads to 32. */
const multipleFor = (scales: readonly number[]) => Math.max(32, 4 * Math.max(...scales));

/** Forward without teacher. */
function predictOnce(p: NamedTensors, input: NetworkInput): Prediction {
  const sources = sourcesOf(input.pair);
  const last = studentEstimates(p, input, sources).at(-1)!;
  return {refined: refine(p, input.pair, sources, last, input.extras), flow: last.flow, mask: last.mask};
}

class IfNet implements Model {
  readonly name: string;
  readonly anyTimestep: boolean;
  readonly parameters: readonly TensorSpec[];
  readonly buffers: readonly TensorSpec[];
  readonly cropMultiple: number;
  readonly minCrop: number;
  readonly cost: ModelCost;
  private readonly byName: ReadonlyMap<string, TensorSpec>;

  constructor(
    readonly options: ModelOptions,
    private readonly kind: NetworkKind,
  ) {
    this.name = options.name;
    this.anyTimestep = kind.timestep;
    this.parameters = parameterSpecs(options, kind);
    this.buffers = bufferSpecs(options, kind);
    this.byName = new Map([...this.parameters, ...this.buffers].map(spec => [spec.name, spec]));
    this.cropMultiple = multipleFor(options.scales);
    // The Laplacian pyramid halves five times.
    this.minCrop = Math.max(64, this.cropMultiple);
    this.cost = costOf(options);
  }

  initialize(seed: number) {
    return initialize([...this.parameters, ...this.buffers], seed);
  }

  toFile(name: string, values: Float32Array) {
    return toFile(this.specOf(name), values);
  }

  fromFile(name: string, values: Float32Array) {
    return fromFile(this.specOf(name), values);
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
    const normalize = this.options.norm === 'batch' ? trainingNorm(p, buffers) : noNorm;
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
    {scales = this.options.scales, flip = false}: PredictOptions = {},
  ): Prediction {
    checkPredictScales(scales, this.options.scales.length);
    // No Laplacian pyramid here, so one multiple is enough.
    const multiple = multipleFor(scales);
    checkImages(pair, 6, multiple, multiple);
    const normalize = this.options.norm === 'batch' ? runningNorm(p) : noNorm;
    const once = (images: tf.Tensor4D) =>
      predictOnce(p, {...this.inputOf(images, timestep, flowTap, normalize), scales});
    return flip ? flipped(pair, once) : once(pair);
  }

  private inputOf(
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    normalize: Normalize,
  ): NetworkInput {
    const {scales} = this.options;
    const extras = extrasOf(this.options);
    return {pair, timestep: this.kind.timestep ? timestep : undefined, scales, flowTap, normalize, extras};
  }

  private specOf(parameter: string): TensorSpec {
    const spec = this.byName.get(parameter);
    if (spec) return spec;
    throw modelParameterError(parameter, 'does not exist', `${this.name} has ${this.byName.size} tensors`);
  }
}

/** A copy; what is as in the reference is left out, so that checkpoints of such networks stay as they were. */
function ownOptions(options: ModelOptions): ModelOptions {
  const {name, scales, widths, norm = 'none', zeroStages = 0, fusion, receptiveField, distill} = options;
  return {
    name,
    scales: [...scales],
    widths: [...widths],
    norm,
    ...(zeroStages > 0 ? {zeroStages} : {}),
    ...(fusion ? {fusion} : {}),
    ...(receptiveField && receptiveField !== 'none' ? {receptiveField} : {}),
    ...(distill ? {distill: {...distill}} : {}),
  };
}

/**
 * IFNet of RIFE with privileged teacher, context net and U-net; `IFNet_m` is the same with a timestep per sample.
 *
 * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
 */
export function createModel(options: ModelOptions): Model {
  const kind = checkOptions(options);
  return new IfNet(ownOptions(options), kind);
}
