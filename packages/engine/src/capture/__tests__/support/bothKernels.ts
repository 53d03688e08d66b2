/** Runs code with our own kernels and composed of TensorFlow's ops, both captured. */
import type {HostTensor} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {type CaptureOptions, CapturedProgram, loadRuntime} from '../../../index.js';

export const SWITCH = 'RIFE_TRAIN_OWN_KERNELS';

export type Feeds = Record<string, {shape: number[]; values: Float32Array}>;
export type Build = (x: Record<string, tf.Tensor>) => tf.Tensor[];

/**
 * Captures `build` with or without our kernels, runs it `runs` times and returns the fetches of
 * each run.
 */
export async function run(
  own: boolean,
  feeds: Feeds,
  build: Build,
  runs = 1,
  options: Partial<CaptureOptions> = {},
): Promise<Record<string, HostTensor>[]> {
  process.env[SWITCH] = own ? '1' : '0';
  const program = new CapturedProgram(await loadRuntime(), [], {device: '', ...options});
  const names = Object.keys(feeds);
  program.define('op', {
    feeds: Object.fromEntries(names.map(n => [n, {shape: feeds[n]!.shape, dtype: 'float32' as const}])),
    build: graph => {
      const results = build(Object.fromEntries(names.map(n => [n, graph.feed(n)])));
      return Object.fromEntries(results.map((t, i) => [`out${i}`, t]));
    },
  });
  const values = Object.fromEntries(names.map(n => [n, feeds[n]!.values]));
  const results = [];
  for (let i = 0; i < runs; i++) results.push(await program.run('op', values));
  program.dispose();
  return results;
}

export const noise = (shape: number[], scale: number, seed: number) => ({
  shape,
  values: Float32Array.from(
    {length: shape.reduce((a, b) => a * b, 1)},
    (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233) * scale,
  ),
});

/** Exact where `exact`, else relative to the largest value. NaN meets NaN. */
export function expectAlike(own: HostTensor, composed: HostTensor, exact: boolean, bound = 2e-6): void {
  expect(own.shape).toEqual(composed.shape);
  const [a, b] = [own.values, composed.values] as [Float32Array, Float32Array];
  const scale = b.reduce((m, x) => (Math.abs(x) > m ? Math.abs(x) : m), 1e-30);
  const isAlike = (x: number, i: number) =>
    exact || Number.isNaN(b[i]!) ? Object.is(x, b[i]!) : Math.abs(x - b[i]!) <= bound * scale;
  const wrong = a.findIndex((x, i) => !isAlike(x, i));
  expect(wrong < 0 ? [] : [wrong, a[wrong], b[wrong], `${bound} of ${scale}`]).toEqual([]);
}

/** Value, and the gradients of every input under a fixed cotangent. */
export const withGradients =
  (f: (...x: tf.Tensor[]) => tf.Tensor, names: string[]): Build =>
  x => {
    const inputs = names.map(n => x[n]!);
    return [f(...inputs), ...tf.grads(f)(inputs, x['dy']!)];
  };
