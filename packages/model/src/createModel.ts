import * as tf from '@tensorflow/tfjs-core';
import type {
  BatchTensors,
  FlowTap,
  Model,
  ModelLosses,
  ModelOptions,
  NamedTensors,
  ParameterSpec,
  Prediction,
  PredictOptions,
} from '@rife-train/core';
import {modelInputError, modelParameterError} from '@rife-train/errors';
import {refine, sourcesOf, studentEstimates, teacherEstimate, type NetworkInput} from './ifNet.js';
import {initialize} from './initialize.js';
import {channels} from './layers.js';
import {fromFile, toFile} from './layout.js';
import {distillTerm, imageTerms, largestFlow} from './losses.js';
import {checkOptions, checkPredictScales} from './options.js';
import {parameterSpecs} from './parameters.js';
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

/**
 * IFNet of RIFE with privileged teacher, context net and U-net; `IFNet_m` is the same with a timestep per sample.
 *
 * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
 */
export function createModel(options: ModelOptions): Model {
  const kind = checkOptions(options);
  const {name, scales, widths} = options;
  const parameters = parameterSpecs(options, kind);
  const byName = new Map(parameters.map(spec => [spec.name, spec]));
  const cropMultiple = multipleFor(scales);
  // The Laplacian pyramid halves five times.
  const minCrop = Math.max(64, cropMultiple);

  const specOf = (parameter: string): ParameterSpec => {
    const spec = byName.get(parameter);
    if (!spec)
      throw modelParameterError(parameter, 'does not exist', `${name} has ${parameters.length} parameters`);
    return spec;
  };
  const inputOf = (
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    at: readonly number[] = scales,
  ): NetworkInput => ({pair, timestep: kind.timestep ? timestep : undefined, scales: at, flowTap});

  function losses(p: NamedTensors, {images, timestep}: BatchTensors, flowTap: FlowTap): ModelLosses {
    checkImages(images, 9, cropMultiple, minCrop);
    const gt = channels(images, 6, 3);
    const input = inputOf(channels(images, 0, 6), timestep, flowTap);
    const sources = sourcesOf(input.pair);
    const students = studentEstimates(p, input, sources);
    const last = students.at(-1)!;
    const teacher = teacherEstimate(p, input, sources, last, gt);
    const refined = refine(p, input.pair, sources, last);
    return {
      terms: {...imageTerms(refined, teacher.merged, gt), distill: distillTerm(students, teacher, gt)},
      weights: {reconstruction: 1, teacher: 1, distill: kind.distillWeight},
      maxFlow: largestFlow([...students, teacher]),
    };
  }

  function predictOnce(p: NamedTensors, input: NetworkInput): Prediction {
    const sources = sourcesOf(input.pair);
    const last = studentEstimates(p, input, sources).at(-1)!;
    return {refined: refine(p, input.pair, sources, last), flow: last.flow, mask: last.mask};
  }

  function predict(
    p: NamedTensors,
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    {scales: at = scales, flip = false}: PredictOptions = {},
  ): Prediction {
    checkPredictScales(at, scales.length);
    // No Laplacian pyramid here, so one multiple is enough.
    const multiple = multipleFor(at);
    checkImages(pair, 6, multiple, multiple);
    const once = (images: tf.Tensor4D) => predictOnce(p, inputOf(images, timestep, flowTap, at));
    return flip ? flipped(pair, once) : once(pair);
  }

  return {
    name,
    options: {name, scales: [...scales], widths: [...widths]},
    parameters,
    anyTimestep: kind.timestep,
    cropMultiple,
    minCrop,
    initialize: seed => initialize(parameters, seed),
    toFile: (parameter, values) => toFile(specOf(parameter), values),
    fromFile: (parameter, values) => fromFile(specOf(parameter), values),
    losses,
    predict,
  };
}
