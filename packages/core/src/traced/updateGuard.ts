/** Does an update leave every number finite? Only what plugins replaced is looked at. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '../contract/index.js';

/**
 * A scalar that is finite where all numbers are, unless they are too large to be added up. Tensors
 * of one shape are added first: a GPU then starts a kernel per shape, not one per tensor.
 */
function sumOf(tensors: readonly tf.Tensor[]): tf.Scalar {
  const shapes = [...new Set(tensors.map(({shape}) => shape.join()))];
  const ofShape = (wanted: string) => tensors.filter(({shape}) => shape.join() === wanted);
  return tf.addN(shapes.map(shape => tf.sum<tf.Scalar>(tf.addN(ofShape(shape)))));
}

/** Values before and after the taps of a hook. */
export type Replaced = readonly [before: NamedTensors, after: NamedTensors];

const replacedIn = ([before, after]: Replaced) =>
  Object.keys(after).flatMap(name => (after[name] === before[name] ? [] : [after[name]!]));

/**
 * Is the update of finite gradients by finite moments finite after the taps, too? AdamW's part of
 * it is: where the squares of the gradients are finite, so are the moments, which are their means.
 * @returns a bool scalar; undefined where no tap replaced anything
 */
export function finiteUpdate(gradients: Replaced, ...others: Replaced[]): tf.Scalar | undefined {
  const squares = replacedIn(gradients).map(gradient => tf.square(gradient));
  const replaced = [...squares, ...others.flatMap(replacedIn)];
  return replaced.length === 0 ? undefined : tf.isFinite(sumOf(replaced));
}
