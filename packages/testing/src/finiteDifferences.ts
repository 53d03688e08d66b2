import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link finiteDifferences}. */
export interface FiniteDifferenceOptions {
  /** Step along the direction, in units of the input. @default 1e-2 */
  step?: number;
  /** Random directions per input. @default 4 */
  directions?: number;
  /** @default 1 */
  seed?: number;
}

/** One directional derivative, from both sides. */
export interface Derivative {
  /** Index of the input that was moved. */
  input: number;
  /** (f(x + step v) - f(x - step v)) / (2 step). */
  measured: number;
  /** Gradient times v. */
  computed: number;
  /**
   * |measured - computed| relative to the larger of both and the typical size of the derivative.
   */
  error: number;
}

/** Uniform in [0,1), the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

const randomValues = (size: number, random: () => number) =>
  Float32Array.from({length: size}, () => random() * 2 - 1);

// In float64: the differences below are small numbers among large sums.
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor;

function moved(input: tf.Tensor, direction: Float32Array, step: number): tf.Tensor {
  const values = Float32Array.from(input.dataSync(), (x, i) => x + step * direction[i]!);
  return tf.tensor(values, input.shape);
}

function along(
  f: Fn,
  inputs: tf.Tensor[],
  index: number,
  direction: Float32Array,
  step: number,
  weights: Float32Array,
) {
  const out = tf.tidy(() => f(...inputs.map((x, i) => (i === index ? moved(x, direction, step) : x))));
  const value = dot(out.dataSync(), weights);
  out.dispose();
  return value;
}

/**
 * Compares the gradient of `f` with central differences along random directions, for the scalar
 * `sum(weights * f(...))` with random weights. Choose inputs away from kinks, by more than the
 * step.
 * @param f differentiable function of float32 tensors
 * @param inputs points at which it is measured; all of them are moved in turn
 */
export function finiteDifferences(
  f: Fn,
  inputs: tf.Tensor[],
  options: FiniteDifferenceOptions = {},
): Derivative[] {
  const {step = 1e-2, directions = 4, seed = 1} = options;
  const random = seededRandom(seed);
  const shape = tf.tidy(() => f(...inputs).shape);
  const weights = randomValues(
    shape.reduce((a, b) => a * b, 1),
    random,
  );
  const grads = tf.tidy(() =>
    tf
      .grads(f)(inputs, tf.tensor(weights, shape))
      .map(g => g.dataSync()),
  );
  return inputs.flatMap((_, input) =>
    Array.from({length: directions}, () => {
      const direction = randomValues(inputs[input]!.size, random);
      const [up, down] = [step, -step].map(s => along(f, inputs, input, direction, s, weights)) as [
        number,
        number,
      ];
      const measured = (up - down) / (2 * step);
      const computed = dot(grads[input]!, direction);
      const typical = norm(grads[input]!) * Math.sqrt(1 / 3);
      const scale = Math.max(Math.abs(measured), Math.abs(computed), typical, 1e-12);
      return {input, measured, computed, error: Math.abs(measured - computed) / scale};
    }),
  );
}

/** Largest error of {@link finiteDifferences}. */
export const gradientError = (f: Fn, inputs: tf.Tensor[], options?: FiniteDifferenceOptions): number =>
  Math.max(...finiteDifferences(f, inputs, options).map(d => d.error));
