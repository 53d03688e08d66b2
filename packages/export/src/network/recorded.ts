/** Helpers to read recorded nodes. */
import type {Attr, RecordedNode} from '@rife-train/engine/graph';
import {exportOp} from '@rife-train/errors';
import type {Elementwise, Joined, Pads, Ratio, Tensor} from './graph.js';

export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
/** An attribute by name and kind. */
export const attr = <T>({attrs}: RecordedNode, name: string, key: string): T =>
  (attrs[name] as Record<string, unknown> | undefined)?.[key] as T;

/** A ratio in lowest terms. */
export function ratio(to: number, from: number): Ratio {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  const divisor = common(to, from);
  return [to / divisor, from / divisor];
}

/** The value of a `Const`. */
export function constantOf(node: RecordedNode): Tensor {
  const {shape, values} = (node.attrs['value'] as Extract<Attr, {tensor: unknown}>).tensor;
  return {shape, values: Float32Array.from(values as unknown as ArrayLike<number>)};
}

/** The same number of zeros on all sides. */
export const evenPads = (pad: number): Pads => ({top: pad, left: pad, bottom: pad, right: pad});

/** Zeros that TensorFlow's padding SAME adds, from the shapes of kernel, picture and result. */
export function samePads(
  kernel: readonly number[],
  from: readonly number[],
  to: readonly number[],
  stride: number,
  dilation: number,
): Pads {
  const missing = (axis: number) => {
    const reach = (kernel[axis]! - 1) * dilation + 1;
    return Math.max(0, (to[axis + 1]! - 1) * stride + reach - from[axis + 1]!);
  };
  const [rows, columns] = [missing(0), missing(1)];
  return {
    top: Math.floor(rows / 2),
    bottom: Math.ceil(rows / 2),
    left: Math.floor(columns / 2),
    right: Math.ceil(columns / 2),
  };
}

/** Operations with two inputs, by TensorFlow's name. */
export const ELEMENTWISE: Record<string, Elementwise> = {
  Add: 'add',
  AddV2: 'add',
  Sub: 'sub',
  Mul: 'mul',
  Maximum: 'max',
  Minimum: 'min',
};

/** The axis of a concatenation or a slice. @throws RIFE_ERR_EXPORT_OP */
export function joined(axis: number): Joined {
  if (axis !== 0 && axis !== 3) throw exportOp('ConcatV2 or Slice', 'of height or width');
  return axis;
}
