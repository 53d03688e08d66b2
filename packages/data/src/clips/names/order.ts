/**
 * The order of a clip's frames, from their names. Numbers are read by their meaning. If names can
 * be read in several ways that disagree, or are more than one sequence, there is no order but a
 * reason: training on frames in a wrong order would fail silently.
 */
import {byName} from '../../clip.js';
import {
  betweens,
  decimals,
  endsInSign,
  hexadecimals,
  letters,
  times,
  wholeNumbers,
  type Reading,
} from './readings.js';
import {commonEnd, commonStart, tokensOf, type Tokens} from './tokens.js';

/** Names in order, or why they have none. */
export interface FrameOrder {
  files: string[];
  /** Why the names have no order, a sentence; `files` are then in natural order. */
  doubt?: string;
}

/** A triplet needs at least this many frames. */
const LEAST = 3;
/** A reading is clearly better if its steps are even and those of the other are not. */
const EVEN = 0.8;

const quote = (name: string) => `"${name}"`;
const examples = (names: readonly string[]) => names.slice(0, 3).map(quote).join(', ');

const sameOrder = (a: Reading, b: Reading) => a.order.every((value, i) => value === b.order[i]);

/** Shapes of names: their text, with # for each number. */
const shapeOf = ({texts}: Tokens) => texts.join('#');

/** Positions of the numbers that differ between names. */
function varying(names: readonly Tokens[]): number[] {
  const [first] = names;
  return first!.numbers.flatMap(({bare}, at) =>
    names.some(one => one.numbers[at]!.bare !== bare) ? [at] : [],
  );
}

/** For names with one text and several numbers: the readings that distinguish all frames. */
function countersOf(names: readonly Tokens[]): (Reading | undefined)[] {
  const changing = varying(names);
  if (changing.some(at => endsInSign(names[0]!.texts[at]!))) return [];
  const readings = changing.map(at => wholeNumbers(names, at));
  // A number that repeats beside another one is a camera, a shot or an eye: several sequences.
  return changing.length > 1 && readings.some(reading => !reading) ? [] : readings;
}

/** `a.png`, `a (1).png` ...: numbering that starts with the second file. */
function withFirst(names: readonly Tokens[]): readonly Tokens[] {
  const most = Math.max(...names.map(({numbers}) => numbers.length));
  const bare = names.filter(({numbers}) => numbers.length < most);
  const [plain] = bare;
  if (bare.length !== 1 || !plain || plain.numbers.length !== most - 1) return names;
  const others = names.filter(one => one !== plain);
  const isCounted = others.every(
    ({stem}) => stem.startsWith(plain.stem) && /^[ _(-]*\d+\)?$/.test(stem.slice(plain.stem.length)),
  );
  if (!isCounted) return names;
  const zero = {...plain, texts: others[0]!.texts, numbers: [...plain.numbers, {digits: '0', bare: '0'}]};
  return names.map(one => (one === plain ? zero : one));
}

/** Numbers before a text that differs: 001_I, 002_P. */
function leading(names: readonly Tokens[]): Reading | undefined {
  const [first] = names;
  if (names.some(({texts}) => texts[0] !== first!.texts[0])) return undefined;
  const reading = wholeNumbers(names, 0);
  return reading && reading.regularity >= EVEN ? reading : undefined;
}

function readingsOf(names: readonly Tokens[]): Reading[] {
  const isOne = new Set(names.map(shapeOf)).size === 1;
  const all = [
    decimals(names),
    ...(isOne ? countersOf(names) : [hexadecimals(names), letters(names), betweens(names), leading(names)]),
  ];
  return all.filter(reading => reading !== undefined);
}

/** The reading that all others agree with, or the only one with even steps. */
function agreed(readings: readonly Reading[]): Reading | undefined {
  const [first] = readings;
  if (!first || readings.every(other => sameOrder(first, other))) return first;
  const even = readings.filter(({regularity}) => regularity >= EVEN);
  const [best] = even;
  return best && even.every(other => sameOrder(best, other)) ? best : undefined;
}

/** Two names with the same number, if any. */
function twice(names: readonly Tokens[]): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const one of names) {
    const key = `${shapeOf(one)} ${one.numbers.map(({bare}) => bare).join(' ')}`;
    const other = seen.get(key);
    if (other !== undefined) return [other, one.name];
    seen.set(key, one.name);
  }
  return undefined;
}

/** Two names with different text around their numbers. */
function mixed(names: readonly Tokens[]): [string, string] | undefined {
  const other = names.find(one => shapeOf(one) !== shapeOf(names[0]!));
  return other && [names[0]!.name, other.name];
}

function doubtOf(names: readonly Tokens[], readings: readonly Reading[]): string {
  const same = twice(names);
  if (same) return `${quote(same[0])} and ${quote(same[1])} have the same number`;
  if (readings.length > 1) {
    const [one, other] = [...new Set(readings.map(({as}) => as))];
    const order = ({order: places}: Reading) => examples(places.map(at => names[at]!.name));
    return `${examples(names.map(({name}) => name))} ... can be read in two ways: as ${one} (${order(readings[0]!)} ...) and as ${other ?? 'another number'} (${order(readings.at(-1)!)} ...)`;
  }
  const two = mixed(names);
  if (two) return `${quote(two[0])} and ${quote(two[1])} are not named alike: is this one sequence?`;
  const [a, b] = names.map(({name}) => name);
  return `${quote(a!)} and ${quote(b!)} have several numbers that change, none of which is different in every name: are these frames of several cameras or shots?`;
}

/** The usual case: numbers of one width after one text, which sort as text. */
function isPlain(sorted: readonly string[]): boolean {
  const [start, end] = [commonStart(sorted), commonEnd(sorted)];
  const {length} = sorted[0]!;
  if (!end.includes('.') || /[+-]$/.test(start)) return false;
  const [from, to] = [start.length, length - end.length];
  // Eight digits may be a date, and a point makes a decimal number.
  const run = /\d*$/.exec(start)![0].length + (to - from) + /^\d*/.exec(end)![0].length;
  if (run > 7 || /[.,]$/.test(start)) return false;
  return sorted.every(
    (name, i) =>
      name.length === length && /^\d+$/.test(name.slice(from, to)) && (i === 0 || name !== sorted[i - 1]),
  );
}

/** The order of a folder's frames. */
export function orderFrames(files: readonly string[]): FrameOrder {
  const sorted = [...files].sort();
  if (files.length < LEAST || isPlain(sorted))
    return {files: sorted.length < LEAST ? sorted.sort(byName) : sorted};
  const natural = sorted.sort(byName);
  const names = withFirst(natural.map(tokensOf));
  const dated = times(names);
  if (dated === 'unclear')
    return {files: natural, doubt: `which number of ${quote(natural[0]!)} is the day, and which the month?`};
  const readings = dated ? [dated] : readingsOf(names);
  const best = agreed(readings);
  return best
    ? {files: best.order.map(at => natural[at]!)}
    : {files: natural, doubt: doubtOf(names, readings)};
}
