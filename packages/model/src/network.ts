/**
 * Common to all networks of this package: tensors by name, in two layouts, and checks of input
 * images.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {modelInputError, modelParameterError} from '@rife-train/errors';
import {initialize} from './initialize.js';
import {fromFile, toFile} from './layout.js';
import type {TensorSpec} from './specs.js';

/** The tensors of a network. */
export class NetworkTensors {
  private readonly byName: ReadonlyMap<string, TensorSpec>;

  constructor(
    readonly name: string,
    readonly parameters: readonly TensorSpec[],
    readonly buffers: readonly TensorSpec[],
  ) {
    this.byName = new Map([...parameters, ...buffers].map(spec => [spec.name, spec]));
  }

  initialize(seed: number): Map<string, Float32Array> {
    return initialize([...this.parameters, ...this.buffers], seed);
  }

  toFile(name: string, values: Float32Array): Float32Array {
    return toFile(this.specOf(name), values);
  }

  fromFile(name: string, values: Float32Array): Float32Array {
    return fromFile(this.specOf(name), values);
  }

  private specOf(parameter: string): TensorSpec {
    const spec = this.byName.get(parameter);
    if (spec) return spec;
    throw modelParameterError(parameter, 'does not exist', `${this.name} has ${this.byName.size} tensors`);
  }
}

/**
 * Sides of images must be multiples of this. Each block works on 1/4 of its scale, context net and
 * U-net of IFNet on 1/16, and upstream pads to 32.
 */
export const sideMultiple = (scales: readonly number[]) => Math.max(32, 4 * Math.max(...scales));

/**
 * @param multiple divisor of both sides
 * @param smallest minimum of both sides
 * @throws RIFE_ERR_MODEL_INPUT
 */
export function checkImages(
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
