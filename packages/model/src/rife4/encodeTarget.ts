/**
 * The target of the encoder's loss: a moving average of the encoder, in buffers `encode_target.*`.
 * Source: the author's training code of 4.25, where it moves by 0.001 after every step.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import {stopGradient} from '@rife-train/engine/ops';
import {parameter} from '../layers.js';
import type {TensorSpec} from '../specs.js';
import type {EncodeHead} from './architecture.js';
import {ENCODER, ENCODE_TARGET, targetSpecs} from './specs.js';

const MOMENTUM = 0.001;

const sourceOf = (name: string) => name.replace(ENCODE_TARGET, ENCODER);

/** Fresh values with a target that equals the encoder. */
export function withTarget(values: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  const isTarget = (name: string) => name.startsWith(`${ENCODE_TARGET}.`);
  const valueOf = (name: string, own: Float32Array) =>
    isTarget(name) ? values.get(sourceOf(name))!.slice() : own;
  return new Map([...values].map(([name, own]) => [name, valueOf(name, own)]));
}

/**
 * Next values of the buffers: 0.999 of the old ones and 0.001 of the encoder's, as the encoder is
 * before the update of this step. The author takes them after it, so this target lags one step.
 */
export function nextTarget(p: NamedTensors, head: EncodeHead): NamedTensors {
  const moved = ({name}: TensorSpec) => {
    const old = parameter(p, name);
    const difference = tf.sub(stopGradient(parameter(p, sourceOf(name))), old);
    return [name, tf.add(old, tf.mul(difference, tf.scalar(MOMENTUM)))] as const;
  };
  return Object.fromEntries(targetSpecs(head).map(moved));
}
