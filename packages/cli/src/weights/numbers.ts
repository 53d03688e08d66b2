/** Numbers of tensors: as arrays, in summary, and as text. */
import {byModule, toFloat32, type WeightTensor} from '@rife-train/model/weights';

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, WeightTensor>;

// Taken out of the global object once: they are asked for each of ten million values.
const {isFinite} = Number;

const aligned = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** Values of a tensor of any type; 64-bit integers as the nearest double. */
export function numbersOf(tensor: WeightTensor): ArrayLike<number> {
  const {dtype, bytes} = tensor;
  switch (dtype) {
    case 'F64':
      return new Float64Array(aligned(bytes));
    case 'I64':
      return Float64Array.from(new BigInt64Array(aligned(bytes)), Number);
    case 'I32':
      return new Int32Array(aligned(bytes));
    case 'I16':
      return new Int16Array(aligned(bytes));
    case 'I8':
      return new Int8Array(aligned(bytes));
    case 'U8':
    case 'BOOL':
      return bytes;
    default:
      return toFloat32(tensor);
  }
}

/** How many values a shape has. */
export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Summary of the values of some tensors; of the finite ones, where there are others. */
export interface Summary {
  tensors: number;
  values: number;
  min: number;
  max: number;
  rms: number;
  nonFinite: number;
}

/** Sums from which a {@link Summary} is computed. */
interface Sums extends Omit<Summary, 'rms'> {
  squares: number;
}

function sumsOf(tensor: WeightTensor): Sums {
  const numbers = numbersOf(tensor);
  let [min, max, squares, nonFinite] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i]!;
    if (!isFinite(x)) nonFinite++;
    else {
      if (x < min) min = x;
      if (x > max) max = x;
      squares += x * x;
    }
  }
  return {tensors: 1, values: numbers.length, min, max, squares, nonFinite};
}

const plus = (a: Sums, b: Sums): Sums => ({
  tensors: a.tensors + b.tensors,
  values: a.values + b.values,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  squares: a.squares + b.squares,
  nonFinite: a.nonFinite + b.nonFinite,
});

function summaryOf({squares, ...sums}: Sums): Summary {
  const finite = sums.values - sums.nonFinite;
  return {...sums, rms: finite === 0 ? NaN : Math.sqrt(squares / finite)};
}

const NOTHING: Sums = {tensors: 0, values: 0, min: Infinity, max: -Infinity, squares: 0, nonFinite: 0};

/** Summaries of all tensors, of each module and of each tensor; every value is read once. */
export function summarize(tensors: Tensors) {
  const each = [...tensors].map(([name, tensor]) => ({name, sums: sumsOf(tensor)}));
  const total = (items: typeof each) => summaryOf(items.map(({sums}) => sums).reduce(plus, NOTHING));
  const modules = byModule(each, ({name}) => name);
  return {
    all: total(each),
    modules: new Map([...modules].map(([module, items]) => [module, total(items)])),
    each: new Map(each.map(({name, sums}) => [name, summaryOf(sums)])),
  };
}

/** A count with its thousands apart. */
export const countText = (count: number) => count.toLocaleString('en-US');

/** A value in four digits. */
export const valueText = (x: number) => {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? '-' : String(x);
  return x === 0 ? '0' : Number(x.toPrecision(4)).toString();
};

/** JSON with numbers that it does not know (NaN, Infinity) as text. */
export const jsonText = (value: unknown) =>
  JSON.stringify(
    value,
    (_key, inner: unknown) => (typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner),
    2,
  );
