/** Convolutions and their gradients, in the precision of the program that is run or captured. */
import * as tf from '@tensorflow/tfjs-core';
import type {NodeBackend} from '../runtime/nodeBackend.js';
import {int32, toOpAttrs} from './raw.js';

/** Pixels between windows, and what is around the image: zeros, or nothing. */
export interface Windows {
  stride: 1 | 2;
  pad: 'same' | 'valid';
}

type Backend = Pick<NodeBackend, 'executeInBfloat16'>;
const currentBackend = () => tf.backend() as unknown as Backend;

/** True where convolutions round what they read and write. */
export const roundsToBfloat16 = (): boolean => currentBackend().executeInBfloat16 !== undefined;

/** The three ops of a convolution; each rounds its inputs and its output, and adds in float32. */
function bfloat16Ops(backend: Backend, {stride, pad}: Windows) {
  const {executeInBfloat16} = backend;
  if (!executeInBfloat16) return undefined;
  const attrs = {
    strides: [1, stride, stride, 1],
    padding: pad.toUpperCase(),
    data_format: 'NHWC',
    dilations: [1, 1, 1, 1],
  };
  const run = (op: string, inputs: tf.Tensor[]) => executeInBfloat16(op, toOpAttrs(op, attrs), inputs);
  return {
    forward: (x: tf.Tensor, weight: tf.Tensor) => run('Conv2D', [x, weight]),
    toInput: (shape: number[], weight: tf.Tensor, dy: tf.Tensor) =>
      run('Conv2DBackpropInput', [int32(shape), weight, dy]),
    toWeight: (x: tf.Tensor, shape: number[], dy: tf.Tensor) =>
      run('Conv2DBackpropFilter', [x, int32(shape), dy]),
  };
}

/**
 * A convolution without bias.
 * @param x [B,H,W,C]
 * @param weight [K,K,C,O]
 */
export function convolve(x: tf.Tensor4D, weight: tf.Tensor4D, windows: Windows): tf.Tensor4D {
  const ops = bfloat16Ops(currentBackend(), windows);
  if (!ops) return tf.conv2d(x, weight, windows.stride, windows.pad);
  const convolution = tf.customGrad((image, filter, save) => {
    (save as tf.GradSaveFunc)([image as tf.Tensor, filter as tf.Tensor]);
    return {
      value: ops.forward(image as tf.Tensor, filter as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
        ops.toInput(saved[0]!.shape, saved[1]!, dy),
        ops.toWeight(saved[0]!, saved[1]!.shape, dy),
      ],
    };
  });
  return convolution(x, weight) as tf.Tensor4D;
}

/**
 * A transposed convolution without bias: the gradient of {@link convolve} to its image.
 * @param x [B,H,W,C]
 * @param weight [K,K,O,C]
 * @param shape of the result, [B,H',W',O]
 */
export function convolveTransposed(
  x: tf.Tensor4D,
  weight: tf.Tensor4D,
  shape: [number, number, number, number],
  windows: Windows,
): tf.Tensor4D {
  const ops = bfloat16Ops(currentBackend(), windows);
  if (!ops) return tf.conv2dTranspose(x, weight, shape, windows.stride, windows.pad);
  const convolution = tf.customGrad((image, filter, save) => {
    (save as tf.GradSaveFunc)([image as tf.Tensor, filter as tf.Tensor]);
    return {
      value: ops.toInput(shape, filter as tf.Tensor, image as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
        ops.forward(dy, saved[1]!),
        ops.toWeight(dy, saved[1]!.shape, saved[0]!),
      ],
    };
  });
  return convolution(x, weight) as tf.Tensor4D;
}

/**
 * Runs `fn` in float32, whatever the precision of the program. For losses, and for layers whose
 * output must not be rounded. Their gradients are float32 too.
 */
export function inFloat32<T>(fn: () => T): T {
  const backend = currentBackend();
  const {executeInBfloat16} = backend;
  if (!executeInBfloat16) return fn();
  delete backend.executeInBfloat16;
  try {
    return fn();
  } finally {
    backend.executeInBfloat16 = executeInBfloat16;
  }
}
