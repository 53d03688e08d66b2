/** Access to single TensorFlow ops, below tfjs: no gradient is recorded, and no value is read. */
import * as tf from '@tensorflow/tfjs-core';
import {opsBackendError, opShapeError} from '@rife-train/errors';
import type {NodeBackend, OpAttr} from '../runtime/nodeBackend.js';

/**
 * Attribute of a raw op: a boolean, a list of integers, a string, a number, or the type of a
 * tensor.
 */
export type RawAttr =
  boolean | number[] | string | {type: 'float32' | 'int32'} | {int: number} | {float: number};

/** tfjs-node's backend, when it is current. */
function nodeBackend(op: string): NodeBackend {
  const backend = tf.backend() as unknown as NodeBackend;
  if (typeof backend.executeSingleOutput !== 'function') throw opsBackendError(op, tf.getBackend());
  return backend;
}

function toOpAttr({binding}: NodeBackend, name: string, value: RawAttr): OpAttr {
  if (typeof value === 'boolean') return {name, type: binding.TF_ATTR_BOOL, value};
  if (typeof value === 'string') return {name, type: binding.TF_ATTR_STRING, value};
  if (Array.isArray(value)) return {name, type: binding.TF_ATTR_INT, value};
  if ('int' in value) return {name, type: binding.TF_ATTR_INT, value: value.int};
  if ('float' in value) return {name, type: binding.TF_ATTR_FLOAT, value: value.float};
  return {
    name,
    type: binding.TF_ATTR_TYPE,
    value: value.type === 'int32' ? binding.TF_INT32 : binding.TF_FLOAT,
  };
}

/** Attributes of an op in the binding's form. @throws RIFE_ERR_ENGINE_OPS_BACKEND */
export function toOpAttrs(op: string, attrs: Record<string, RawAttr>): OpAttr[] {
  const backend = nodeBackend(op);
  return Object.entries(attrs).map(([name, value]) => toOpAttr(backend, name, value));
}

/**
 * Executes (or, in a capture, records) one TensorFlow op with one output. Nothing is recorded on
 * tfjs's gradient tape: call it inside `tf.customGrad`, or where no gradient is needed.
 * @throws RIFE_ERR_ENGINE_OPS_BACKEND on any backend but tfjs-node's
 */
export function rawOp<T extends tf.Tensor = tf.Tensor>(
  op: string,
  inputs: readonly tf.Tensor[],
  attrs: Record<string, RawAttr> = {T: {type: 'float32'}},
): T {
  return nodeBackend(op).executeSingleOutput(op, toOpAttrs(op, attrs), [...inputs]) as T;
}

/** As {@link rawOp}, for an op with several outputs. */
export function rawOps(op: string, inputs: readonly tf.Tensor[], outputs: number): tf.Tensor[] {
  return nodeBackend(op).executeMultipleOutputs(op, [], [...inputs], outputs);
}

/**
 * True if ops of native/ may be used, but perhaps not those of convolutions: only in a capture, on
 * a CPU, with a binding that has them.
 */
export const ownKernels = (): boolean => (tf.backend() as unknown as NodeBackend).usesOwnKernels === true;

/** True if ops of native/conv3x3.cc may be used. */
export const ownConvs = (): boolean => (tf.backend() as unknown as NodeBackend).usesOwnConvs === true;

/** A host vector of int32, for the shape-like inputs of raw ops. */
export const int32 = (values: number[]) => tf.tensor1d(values, 'int32');

/**
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE unless `x` has four axes (and `channels` channels, when given)
 */
export function checkNhwc(op: string, argument: string, x: tf.Tensor, channels?: number): void {
  if (x.rank === 4 && (channels === undefined || x.shape[3] === channels)) return;
  throw opShapeError(op, argument, x.shape, `[batch, height, width, ${channels ?? 'channels'}]`);
}
