/** A recorded run of the reference, and the same run of ours. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {BatchTensors, Model, NamedTensors} from '@rife-train/core';
import {readSafetensors, type Standing} from '@rife-train/testing';
import {createModel} from '../../networks.js';
import {fixtureImages, fixtureWeights} from '@rife-train/testing';

export interface Recorded {
  arch: string;
  n: number;
  h: number;
  w: number;
  timestep: number | null;
  distill_weight: number;
  losses_f64: {loss_l1: number; loss_tea: number; loss_distill: number; total: number};
  grads: Record<string, {max: number; norm_f64: number; val_f64: number[]}>;
  standing: {moves: Standing};
}

export const fixturePath = (file: string) => join(__dirname, '../fixtures', file);
export const readJson = <T>(file: string): T => JSON.parse(readFileSync(fixturePath(file), 'utf8')) as T;

export const createIfNet = (name = 'IFNet'): Model =>
  createModel({name, scales: [4, 2, 1], widths: [240, 150, 90]});

/** Fixture weights as tensors in program layout. */
export function fixtureParameters(model: Model): NamedTensors {
  const weights = fixtureWeights(model);
  return Object.fromEntries(
    model.parameters.map(({name, shape}) => [
      name,
      tf.tensor(model.fromFile(name, weights.get(name)!), [...shape]),
    ]),
  );
}

/** Step 0's batch of a recorded run. */
export function fixtureBatch({n, h, w, timestep}: Recorded): BatchTensors {
  const pixels = tf.tensor4d(Float32Array.from(fixtureImages(0, n, h, w, timestep ?? 0.5)), [n, 9, h, w]);
  return {
    images: tf.div(tf.transpose(pixels, [0, 2, 3, 1]), 255),
    gap: tf.ones([n]),
    timestep: tf.fill([n], timestep ?? 0.5),
  };
}

/** Loads a recorded run; `expected(name)` is a stored tensor as [B,H,W,C]. */
export function loadFixture(tag: string) {
  const recorded = readJson<Recorded>(`forward_${tag}.json`);
  const stored = readSafetensors(fixturePath(`forward_${tag}.safetensors`));
  const expected = (name: string) => {
    const {values, shape} = stored.get(name)!;
    return tf.transpose(tf.tensor(values as Float32Array, shape), [0, 2, 3, 1]);
  };
  return {recorded, expected, names: [...stored.keys()]};
}

/** Largest absolute difference. */
export function maxDifference(got: tf.Tensor, expected: tf.Tensor): number {
  expect(got.shape).toEqual(expected.shape);
  const [a, b] = [got.dataSync<'float32'>(), expected.dataSync<'float32'>()];
  // Not Math.max, so that a NaN does not pass.
  return a.reduce((worst, x, i) => (Math.abs(x - b[i]!) <= worst ? worst : Math.abs(x - b[i]!)), 0);
}
