/** Arithmetic on values that are known: weights that the network slices, multiplies or joins. */
import type {Tensor} from './graph.js';

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Steps in memory of each axis. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** A tensor whose element at each index is that of `from` at `at(index)`. */
function gathered(
  {values, shape: from}: Tensor,
  shape: readonly number[],
  at: (index: number[]) => number[],
): Tensor {
  const strides = stridesOf(from);
  const result = new Float32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < result.length; i++) {
    result[i] = values[at(index).reduce((sum, place, axis) => sum + place * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]!; axis--) index[axis] = 0;
  }
  return {shape, values: result};
}

/** A box of a tensor. */
export const sliced = (x: Tensor, begin: readonly number[], size: readonly number[]): Tensor =>
  gathered(x, size, index => index.map((place, axis) => place + begin[axis]!));

/** The axes in another order: axis i of the result is axis `order[i]` of `x`. */
export function transposed(x: Tensor, order: readonly number[]): Tensor {
  const shape = order.map(axis => x.shape[axis]!);
  return gathered(x, shape, index =>
    order.reduce<number[]>((at, axis, i) => ((at[axis] = index[i]!), at), []),
  );
}

export const reversed = (x: Tensor, axes: readonly number[]): Tensor =>
  gathered(x, x.shape, index =>
    index.map((place, axis) => (axes.includes(axis) ? x.shape[axis]! - 1 - place : place)),
  );

export function concatenated(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  const shape = first!.shape.map((side, i) =>
    i === axis ? parts.reduce((n, part) => n + part.shape[axis]!, 0) : side,
  );
  const values = new Float32Array(sizeOf(shape));
  const inner = sizeOf(shape.slice(axis + 1));
  let at = 0;
  for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++)
    for (const part of parts) {
      const run = part.shape[axis]! * inner;
      values.set(part.values.subarray(outer * run, (outer + 1) * run), at);
      at += run;
    }
  return {shape, values};
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  AddV2: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  RealDiv: (a, b) => a / b,
  Maximum: Math.max,
  Minimum: Math.min,
};
const FUNCTIONS: Record<string, (x: number) => number> = {
  Neg: x => -x,
  Sqrt: Math.sqrt,
  Rsqrt: x => 1 / Math.sqrt(x),
  Exp: Math.exp,
  Identity: x => x,
  DeepCopy: x => x,
};

/** An op on known values of float32; undefined for an op that is not one of these. */
export function computed(
  op: string,
  inputs: readonly Tensor[],
  shape: readonly number[],
): Tensor | undefined {
  const unary = FUNCTIONS[op];
  if (unary) return {shape, values: inputs[0]!.values.map(unary)};
  const binary = ARITHMETIC[op];
  if (!binary) return undefined;
  const [a, b] = inputs.map(x => broadcast(x, shape));
  return {shape, values: a!.map((x, i) => binary(x, b![i]!))};
}

/** Values of `x` repeated to a shape. */
function broadcast(x: Tensor, shape: readonly number[]): Float32Array {
  const padded = {...x, shape: [...shape.slice(x.shape.length).map(() => 1), ...x.shape]};
  return gathered(padded, shape, index => index.map((place, axis) => (padded.shape[axis] === 1 ? 0 : place)))
    .values;
}
