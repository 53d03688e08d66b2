import * as tf from '@tensorflow/tfjs-core';
import type {AdamWTensors, GraphBuilder, NamedTensors, OptimConfig} from '../contract/index.js';

/** Name of the variable that holds a parameter's first moment, second moment and gradient. */
export const firstMoment = (parameter: string) => `adam.m/${parameter}`;
export const secondMoment = (parameter: string) => `adam.v/${parameter}`;
export const gradientOf = (parameter: string) => `grad/${parameter}`;

/** Scalars that the update entry declares; prefixed so that no plugin's scalar can meet them. */
const DECAY = 'optim.decay';
const STEP_SIZE = 'optim.stepSize';
export const EPSILON = 'optim.epsilon';

/** What AdamW multiplies by, in the order in which `GraphBuilder.adamW` takes it. */
type Rates = Record<'decay' | 'stepSize' | 'epsilon' | 'gain1' | 'gain2' | 'keep2', tf.Scalar>;

/**
 * Per-step scalars of AdamW, computed in float64 on the host. The bias correction is folded into
 * step size and epsilon: `lr/c1 * m / (sqrt(v)/c2 + eps)` is `(lr*c2/c1) * m / (sqrt(v) + eps*c2)`,
 * two operations fewer per parameter.
 * @param update number of this update from 1; skipped steps do not count
 */
export function adamWScalars(
  update: number,
  learningRate: number,
  options: OptimConfig,
): Record<string, number> {
  const correction1 = 1 - options.betas[0] ** update;
  const correction2 = Math.sqrt(1 - options.betas[1] ** update);
  return {
    [DECAY]: 1 - learningRate * options.weightDecay,
    [STEP_SIZE]: (learningRate * correction2) / correction1,
    [EPSILON]: options.epsilon * correction2,
  };
}

/**
 * Traced: one AdamW update of every parameter, as PyTorch's: decoupled decay first, epsilon outside
 * the bias correction, on all parameters alike (RIFE decays biases and PReLU slopes too). Writes
 * the moments.
 * @returns the new parameters, for the caller to write
 */
export function adamW(
  graph: GraphBuilder,
  gradients: NamedTensors,
  betas: readonly [number, number],
): NamedTensors {
  const rates: Rates = {
    decay: graph.scalar(DECAY),
    stepSize: graph.scalar(STEP_SIZE),
    epsilon: graph.scalar(EPSILON),
    gain1: tf.scalar(1 - betas[0]),
    gain2: tf.scalar(1 - betas[1]),
    keep2: tf.scalar(betas[1]),
  };
  const together = graph.adamW && (tf.stack(Object.values(rates)) as tf.Tensor1D);
  const next: NamedTensors = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const tensors = {
      parameter: graph.read(name),
      gradient,
      firstMoment: graph.read(firstMoment(name)),
      secondMoment: graph.read(secondMoment(name)),
    };
    const moved = together ? graph.adamW!(tensors, together) : composed(tensors, rates);
    graph.assign(firstMoment(name), moved.firstMoment);
    graph.assign(secondMoment(name), moved.secondMoment);
    next[name] = moved.parameter;
  }
  return next;
}

/** One parameter's update, op by op. */
function composed(
  {parameter, gradient, firstMoment: m, secondMoment: v}: AdamWTensors,
  {decay, stepSize, epsilon, gain1, gain2, keep2}: Rates,
): Omit<AdamWTensors, 'gradient'> {
  const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), gain1));
  const nextV = tf.add(tf.mul(v, keep2), tf.mul(tf.square(gradient), gain2));
  const direction = tf.div(nextM, tf.add(tf.sqrt(nextV), epsilon));
  const decayed = tf.mul(parameter, decay);
  const moved = tf.sub(decayed, tf.mul(direction, stepSize));
  return {parameter: moved, firstMoment: nextM, secondMoment: nextV};
}
