/**
 * Ways to read the names of a clip's frames as a sequence. Each gives every name a position
 * (numbers, most significant first), or does not apply.
 */
import {timesOf} from './dates.js';
import {commonEnd, commonStart, compareNumbers, type NumberToken, type Tokens} from './tokens.js';

/** A way to read names. */
export interface Reading {
  /** Name of the reading, for messages: `decimal numbers`. */
  as: string;
  /**
   * Positions in the list of names, in the order that this reading gives; undefined if two are
   * equal.
   */
  order: number[];
  /** Share (0..1) of neighbours at the usual distance. */
  regularity: number;
}

/**
 * Sorts positions and measures how even their steps are. @returns undefined if two names share a
 * position
 */
function readingOf<T>(
  as: string,
  values: readonly T[],
  compare: (a: T, b: T) => number,
  distance: (a: T, b: T) => number,
): Reading | undefined {
  const order = [...values.keys()].sort((a, b) => compare(values[a]!, values[b]!));
  const steps: number[] = [];
  for (let i = 1; i < order.length; i++) {
    const [before, after] = [values[order[i - 1]!]!, values[order[i]!]!];
    if (compare(before, after) === 0) return undefined;
    steps.push(distance(before, after));
  }
  return {as, order, regularity: regularityOf(steps)};
}

/** Relative difference from the usual step that still counts as even: times are rounded. */
const ABOUT = 0.25;

function regularityOf(steps: readonly number[]): number {
  const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
  const even = steps.filter(step => Math.abs(step - usual) <= ABOUT * usual);
  return steps.length === 0 ? 1 : even.length / steps.length;
}

const byValue = (a: number, b: number) => a - b;
const stepOf = (a: number, b: number) => b - a;

/** The part of each name that differs, including a sign or digits that belong to it. */
function cores(names: readonly Tokens[], around: RegExp, after: RegExp): string[] {
  const stems = names.map(({stem}) => stem);
  const start = commonStart(stems).replace(around, '');
  const rest = stems.map(stem => stem.slice(start.length));
  const end = commonEnd(rest).replace(after, '');
  return rest.map(text => text.slice(0, text.length - end.length));
}

/**
 * Text before a number that may belong to it. A dash after a letter, digit or space is not a sign.
 */
const SIGNED = /(?:(?:^|(?<=[_=(]))[+-])?[\d.,]*$/;

/** Does a text end in a sign? */
export const endsInSign = (text: string) => /(?:^|[_=(])[+-]$/.test(text);

const DECIMAL = /^[+-]?\d+(?:[.,]\d+)?(?:e[+-]?\d+)?$/;

/**
 * Decimal numbers and those with a sign: 0, 0.04, 0.4; -2, -1, 0. All must have the same number of
 * decimal places, or none may end in 0: versions such as 1.9, 1.10, 1.11 are not decimals.
 */
export function decimals(names: readonly Tokens[]): Reading | undefined {
  const plain = cores(names, SIGNED, /^[\d.,]*(?:e[+-]?\d+)?/);
  if (!plain.every(core => DECIMAL.test(core))) return undefined;
  const parts = plain.map(core => /[.,](\d+)/.exec(core)?.[1]).filter(part => part !== undefined);
  const isEven = parts.length === plain.length && parts.every(part => part.length === parts[0]!.length);
  if (!isEven && parts.some(part => part.endsWith('0') && part !== '0')) return undefined;
  const values = plain.map(core => Number(core.replace(',', '.')));
  return readingOf('decimal numbers', values, byValue, stepOf);
}

/**
 * Hexadecimal numbers: 0009, 000a ... 0010. Letters count as digits only if the numbers are
 * consecutive.
 */
export function hexadecimals(names: readonly Tokens[]): Reading | undefined {
  const found = cores(names, /[0-9a-f]*$/, /^[0-9a-f]*/).map(core => core.replace(/^0x/, ''));
  if (!found.every(core => /^[0-9a-f]{1,12}$/.test(core)) || !found.some(core => /[a-f]/.test(core)))
    return undefined;
  if (!found.some(core => /\d/.test(core))) return undefined;
  const reading = readingOf(
    'hexadecimal numbers',
    found.map(core => parseInt(core, 16)),
    byValue,
    stepOf,
  );
  return reading && reading.regularity >= 0.9 ? reading : undefined;
}

/** Letters after a common text: a, b ... z, aa, ab. */
export function letters(names: readonly Tokens[]): Reading | undefined {
  const stems = names.map(({stem}) => stem);
  const start = commonStart(stems);
  const found = stems.map(stem => stem.slice(start.length));
  if (!found.every(text => /^[a-z]{1,2}$/.test(text))) return undefined;
  const value = (text: string) => [...text].reduce((sum, sign) => 26 * sum + sign.charCodeAt(0) - 96, 0);
  const reading = readingOf('letters', found.map(value), byValue, stepOf);
  return reading && reading.regularity >= 0.9 ? reading : undefined;
}

/** Frames between two others: frame10, frame10i11, frame11, as in Middlebury. */
export function betweens(names: readonly Tokens[]): Reading | undefined {
  const found = names.map(({texts, numbers}) => {
    const [a, b] = numbers.map(({bare}) => Number(bare));
    const isOne = numbers.length === 1 && texts[1] === '';
    const isBetween = numbers.length === 2 && texts[1] === 'i' && texts[2] === '' && b! > a!;
    return texts[0] !== names[0]!.texts[0] || !(isOne || isBetween) ? NaN : isOne ? a! : (a! + b!) / 2;
  });
  if (found.some(Number.isNaN) || found.every(Number.isInteger)) return undefined;
  return readingOf('frames between others', found, byValue, stepOf);
}

/**
 * Dates and times of day, as in names of cameras and screenshots; `unclear` if days could be
 * months.
 */
export function times(names: readonly Tokens[]): Reading | 'unclear' | undefined {
  const found = timesOf(names);
  return Array.isArray(found) ? readingOf('dates', found, byTimes, distanceOf) : found;
}

function byTimes(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - (b[at] ?? 0);
}

/** Approximate seconds, enough to compare steps. */
function distanceOf(a: readonly number[], b: readonly number[]): number {
  const worth = [31_536_000, 2_592_000, 86_400, 3600, 60, 1, 0.001, 1e-6];
  return a.reduce((sum, value, i) => sum + ((b[i] ?? 0) - value) * (worth[i] ?? 0), 0);
}

const apart = (a: NumberToken, b: NumberToken) =>
  b.bare.length < 16 ? Number(b.bare) - Number(a.bare) : Number(BigInt(b.bare) - BigInt(a.bare));

/** The numbers at one position of the names, with all their digits. */
export function wholeNumbers(names: readonly Tokens[], at: number): Reading | undefined {
  const found = names.map(({numbers}) => numbers[at]);
  if (found.includes(undefined)) return undefined;
  return readingOf('whole numbers', found as NumberToken[], compareNumbers, apart);
}
