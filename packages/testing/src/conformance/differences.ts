/** Describes the differences between two runs. */
import type {StepMetrics} from '@rife-train/core';

type Same = (a: number, b: number) => boolean;

/** To the bit, NaN equal to NaN. */
export const exactly: Same = Object.is;

/** Up to the rounding of another order of operations. */
export const closely: Same = (a, b) =>
  Object.is(a, b) || Math.abs(a - b) <= 1e-6 + 1e-3 * Math.max(Math.abs(a), Math.abs(b));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isBytes = (value: unknown): value is ArrayLike<number> => ArrayBuffer.isView(value);
const show = (value: unknown) => (isObject(value) ? JSON.stringify(value) : String(value));

/** Where two values first differ, as `path: a, not b`; undefined if they are equal. */
export function firstDifference(a: unknown, b: unknown, same = exactly, path = ''): string | undefined {
  if (typeof a === 'number' && typeof b === 'number')
    return same(a, b) ? undefined : `${path}: ${a}, not ${b}`;
  if (!isObject(a) || !isObject(b))
    return Object.is(a, b) ? undefined : `${path}: ${show(a)}, not ${show(b)}`;
  if (isBytes(a) && isBytes(b)) return arrayDifference(a, b, same, path);
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [a, b].map(object => (object as Record<string, unknown>)[key]);
    const found = firstDifference(left, right, same, path === '' ? key : `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

function arrayDifference(a: ArrayLike<number>, b: ArrayLike<number>, same: Same, path: string) {
  if (a.length !== b.length) return `${path}: ${a.length} values, not ${b.length}`;
  for (let i = 0; i < a.length; i++) if (!same(a[i]!, b[i]!)) return `${path}[${i}]: ${a[i]}, not ${b[i]}`;
  return undefined;
}

/** Metrics without what depends on the clock. */
export const withoutTimes = (steps: readonly StepMetrics[]) =>
  steps.map(({stepMs: _stepMs, dataMs: _dataMs, ...metrics}) => metrics);

/** The first place in a JSON-like value with a number that is not finite. */
export function nonFinitePlace(value: unknown, path = ''): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path}: ${value}`;
  if (!isObject(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = nonFinitePlace(inner, path === '' ? key : `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}
