/**
 * Warping by the kernels of native/rifeOps.cc: one pass over memory, the same numbers as the
 * composed one.
 */
import * as tf from '@tensorflow/tfjs-core';
import {rawOp} from './raw.js';

const flowGradient = (dy: tf.Tensor, image: tf.Tensor, flow: tf.Tensor) =>
  rawOp('RifeWarpFlowGrad', [dy, image, flow], {});

/** An image that needs no gradient. */
export const fusedWarpOfConstant = (image: tf.Tensor4D, flow: tf.Tensor4D): tf.Tensor4D =>
  tf.customGrad((to, save) => {
    (save as tf.GradSaveFunc)([image, to as tf.Tensor]);
    return {
      value: rawOp('RifeWarp', [image, to as tf.Tensor], {}),
      gradFunc: (dy: tf.Tensor, [source, at]: tf.Tensor[]) => flowGradient(dy, source!, at!),
    };
  })(flow) as tf.Tensor4D;

/** With gradients to image and flow. */
export const fusedWarp = (image: tf.Tensor4D, flow: tf.Tensor4D): tf.Tensor4D =>
  tf.customGrad((x, to, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor, to as tf.Tensor]);
    return {
      value: rawOp('RifeWarp', [x as tf.Tensor, to as tf.Tensor], {}),
      gradFunc: (dy: tf.Tensor, [source, at]: tf.Tensor[]) => [
        rawOp('RifeWarpImageGrad', [dy, at!], {}),
        flowGradient(dy, source!, at!),
      ],
    };
  })(image, flow) as tf.Tensor4D;
