/**
 * PyTorch's default initialisation from a seed: weights and biases U(-b, b) with b = 1 / sqrt(fan),
 * PReLU slopes 0.25, batch norm 1 and 0.
 * fan = shape[1] * K * K of the weight as files hold it. This includes transposed convolutions, as
 * in PyTorch, although there shape[1] is the number of channels *out*. A bias takes its weight's
 * fan. No layer of the reference is set to zero, and the teacher's must not be: it would make its
 * flow equal to the student's. What options add starts from zero where its `fill` says so.
 * The generator is xoshiro128** seeded by splitmix32, not PyTorch's. Values are drawn in the order
 * of the files.
 */
import {fromFile} from './layout.js';
import type {TensorSpec} from './parameters.js';

const {imul} = Math;
const rotl = (x: number, k: number) => (x << k) | (x >>> (32 - k));

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = imul(state ^ (state >>> 16), 0x21f0aaad);
    z = imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
}

/** Uniform in [0,1), multiples of 2^-24, so that float32 holds them exactly. */
export function uniform(seed: number): () => number {
  const next = splitmix32(seed);
  let [a, b, c, d] = [next(), next(), next(), next()] as [number, number, number, number];
  return () => {
    const result = imul(rotl(imul(b, 5), 7), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11);
    return (result >>> 8) * 2 ** -24;
  };
}

/** Fan of each convolution by its name without `.weight` and `.bias`. */
function fans(specs: readonly TensorSpec[]): Map<string, number> {
  const kernels = specs.filter(({fileShape}) => fileShape.length === 4);
  return new Map(
    kernels.map(({name, fileShape}) => [
      name.replace(/\.weight$/, ''),
      fileShape.slice(1).reduce((a, b) => a * b),
    ]),
  );
}

/** Fresh values in program layout, by name. */
export function initialize(specs: readonly TensorSpec[], seed: number): Map<string, Float32Array> {
  const random = uniform(seed);
  const fanOf = fans(specs);
  return new Map(
    specs.map(spec => {
      const values = new Float32Array(spec.fileShape.reduce((a, b) => a * b, 1));
      if (spec.fill !== undefined) return [spec.name, values.fill(spec.fill)];
      const bound = 1 / Math.sqrt(fanOf.get(spec.name.replace(/\.(weight|bias)$/, ''))!);
      for (let i = 0; i < values.length; i++) values[i] = (2 * random() - 1) * bound;
      return [spec.name, fromFile(spec, values)];
    }),
  );
}
