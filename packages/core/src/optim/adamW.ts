import * as tf from '@tensorflow/tfjs-core';
import type {GraphBuilder, NamedTensors, OptimConfig} from '../contract/index.js';

/** Name of the variable that holds a parameter's first moment, second moment and gradient. */
export const firstMoment = (parameter: string) => `adam.m/${parameter}`;
export const secondMoment = (parameter: string) => `adam.v/${parameter}`;
export const gradientOf = (parameter: string) => `grad/${parameter}`;

/** Scalars that the update entry declares; prefixed so that no plugin's scalar can meet them. */
const DECAY = 'optim.decay';
const STEP_SIZE = 'optim.stepSize';
export const EPSILON = 'optim.epsilon';

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
  const gain1 = tf.scalar(1 - betas[0]);
  const gain2 = tf.scalar(1 - betas[1]);
  const keep2 = tf.scalar(betas[1]);
  const decay = graph.scalar(DECAY);
  const stepSize = graph.scalar(STEP_SIZE);
  const epsilon = graph.scalar(EPSILON);
  const next: NamedTensors = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const m = graph.read(firstMoment(name));
    const v = graph.read(secondMoment(name));
    const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), gain1));
    const nextV = tf.add(tf.mul(v, keep2), tf.mul(tf.square(gradient), gain2));
    const direction = tf.div(nextM, tf.add(tf.sqrt(nextV), epsilon));
    const decayed = tf.mul(graph.read(name), decay);
    graph.assign(firstMoment(name), nextM);
    graph.assign(secondMoment(name), nextV);
    next[name] = tf.sub(decayed, tf.mul(direction, stepSize));
  }
  return next;
}
