/** Differences between two sets of tensors. Pure. */
import {byModule} from '@rife-train/model/weights';
import {numbersOf, type Tensors} from './numbers.js';

/** How far the values of some tensors are apart. */
export interface Distance {
  tensors: number;
  /** Tensors with a value that differs by more than the tolerance. */
  differing: number;
  /** Largest |a - b|; Infinity where one is finite and the other is not. */
  maxAbs: number;
  /** |a - b| / |a|, both L2 over all values. */
  relative: number;
}

/** What differs between a and b. */
export interface Comparison {
  onlyInA: string[];
  onlyInB: string[];
  otherShape: {name: string; a: readonly number[]; b: readonly number[]}[];
  /** Same numbers or not, the element type is another. Told; the numbers decide. */
  otherType: {name: string; a: string; b: string}[];
  /** Names of tensors whose values differ. */
  differing: string[];
  modules: Map<string, Distance>;
  all: Distance;
  equal: boolean;
}

interface Sums {
  name: string;
  maxAbs: number;
  difference: number;
  size: number;
}

// Taken out of the global object once: they are asked for each of ten million values.
const {isFinite, isNaN} = Number;
const {abs} = Math;

/** NaN equals NaN here, and an infinity itself: the question is whether the files hold the same. */
function apart(x: number, y: number): number {
  if (x === y || (isNaN(x) && isNaN(y))) return 0;
  const distance = abs(x - y);
  return isNaN(distance) ? Infinity : distance;
}

function sumsOf(name: string, a: ArrayLike<number>, b: ArrayLike<number>): Sums {
  let [maxAbs, difference, size] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const distance = apart(a[i]!, b[i]!);
    if (distance > maxAbs) maxAbs = distance;
    difference += distance * distance;
    if (isFinite(a[i]!)) size += a[i]! * a[i]!;
  }
  return {name, maxAbs, difference, size};
}

function distanceOf(items: readonly Sums[], tolerance: number): Distance {
  const sum = (value: (item: Sums) => number) => items.reduce((total, item) => total + value(item), 0);
  const difference = Math.sqrt(sum(item => item.difference));
  return {
    tensors: items.length,
    differing: items.filter(({maxAbs}) => maxAbs > tolerance).length,
    maxAbs: items.reduce((most, {maxAbs}) => Math.max(most, maxAbs), 0),
    relative: difference === 0 ? 0 : difference / Math.sqrt(sum(item => item.size)),
  };
}

const sameShape = (a: readonly number[], b: readonly number[]) => a.join() === b.join();

/**
 * Compares tensors by name. Order and element type do not count.
 * @param tolerance |a - b| up to which values count as equal
 */
export function compareTensors(a: Tensors, b: Tensors, tolerance: number): Comparison {
  const common = [...a.keys()].filter(name => b.has(name));
  const pairs = common.map(name => ({name, a: a.get(name)!, b: b.get(name)!}));
  const alike = pairs.filter(pair => sameShape(pair.a.shape, pair.b.shape));
  const sums = alike.map(pair => sumsOf(pair.name, numbersOf(pair.a), numbersOf(pair.b)));
  const onlyInA = [...a.keys()].filter(name => !b.has(name));
  const onlyInB = [...b.keys()].filter(name => !a.has(name));
  const otherShape = pairs
    .filter(pair => !alike.includes(pair))
    .map(pair => ({name: pair.name, a: pair.a.shape, b: pair.b.shape}));
  const differing = sums.filter(({maxAbs}) => maxAbs > tolerance).map(({name}) => name);
  return {
    onlyInA,
    onlyInB,
    otherShape,
    otherType: pairs
      .filter(pair => pair.a.dtype !== pair.b.dtype)
      .map(pair => ({name: pair.name, a: pair.a.dtype, b: pair.b.dtype})),
    differing,
    modules: new Map(
      [...byModule(sums, ({name}) => name)].map(([module, items]) => [module, distanceOf(items, tolerance)]),
    ),
    all: distanceOf(sums, tolerance),
    equal: onlyInA.length + onlyInB.length + otherShape.length + differing.length === 0,
  };
}
