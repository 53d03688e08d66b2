/** Static clips, and repeated frames in moving clips. */
import {meanOf, quantile} from '@rife-train/data/parts';
import {cellMeans, isSame, topChange, type Luma, type LumaSize} from './luma.js';

/** Side of a cell, small pixels. */
const CELL = 4;
/** Change of the most changed cells below which nothing moves, levels. */
const STILL = 3;
/** Factor from pixel noise to the change it may cause in the most changed cells. */
const OF_NOISE = 2;
/** Frames compared with the first one, besides the last. */
const LOOKS = 16;

/** Means over cells of 4 x 4 small pixels. */
export const cellsOf = (luma: Luma, size: LumaSize): Float32Array =>
  cellMeans(luma, size, Math.ceil(size.width / CELL), Math.ceil(size.height / CELL));

/**
 * Median difference of single pixels minus that of their neighbours, levels: noise, if nothing
 * moves.
 */
function noiseBetween(a: Luma, b: Luma, {width}: LumaSize): number {
  const differences: number[] = [];
  for (let i = 1; i < a.length; i += 3)
    if (i % width !== 0) differences.push(Math.abs(a[i]! - b[i]! - (a[i - 1]! - b[i - 1]!)));
  return quantile(differences, 0.5) / Math.SQRT2;
}

/**
 * Does nothing move from the first frame to the last? Noise does not count.
 * @param frames of one size, in order of time; one frame alone is not static
 */
export function isStatic(frames: readonly Luma[], size: LumaSize): boolean {
  if (frames.length < 2) return false;
  const first = cellsOf(frames[0]!, size);
  const step = Math.max(1, Math.floor(frames.length / LOOKS));
  for (let i = frames.length - 1; i > 0; i -= step) {
    const noise = noiseBetween(frames[0]!, frames[i]!, size);
    const change = topChange(first, cellsOf(frames[i]!, size));
    if (change > Math.max(STILL, OF_NOISE * noise)) return false;
  }
  return true;
}

/** Share of the usual change below which a frame repeats the one before. */
const REPEATED = 0.15;
/**
 * Least change between frames of a moving clip, levels; the second value applies to bit-identical
 * frames.
 */
const MOVES = 2.5;
const MOVES_A_LITTLE = 1;
/** Pairs on either side that must show motion. */
const AROUND = 6;

/** Usual change beside a pair, on the quieter side; at either end of the clip, on the only side. */
function movesBeside(changes: readonly number[], index: number): number {
  const sides = [
    changes.slice(Math.max(0, index - AROUND), index),
    changes.slice(index + 1, index + 1 + AROUND),
  ].map(side => side.filter(change => !Number.isNaN(change)));
  const there = sides.filter(side => side.length > 0).map(side => quantile(side, 0.75));
  return there.length > 0 ? Math.min(...there) : 0;
}

/**
 * When motion reverses, changes shrink gradually; beside a repeated frame, they are as large as
 * usual.
 */
function isSudden(changes: readonly number[], index: number): boolean {
  const at = (...offsets: number[]) =>
    offsets.map(offset => changes[index + offset] ?? NaN).filter(change => !Number.isNaN(change));
  return Math.min(...at(-1, 1)) >= 0.6 * meanOf(at(-3, -2, 2, 3));
}

/** Repeated frames of one shot. */
function repeatedInShot(frames: readonly Luma[], size: LumaSize, odd: ReadonlySet<number>): number[] {
  const isBroken = (pair: number) => odd.has(pair) || odd.has(pair + 1);
  const cells = frames.map(frame => cellsOf(frame, size));
  const changes = cells.slice(1).map((cell, i) => (isBroken(i) ? NaN : topChange(cells[i]!, cell)));
  const isRepeated = (pair: number) => {
    if (isBroken(pair)) return false;
    const usual = movesBeside(changes, pair);
    if (isSame(frames[pair]!, frames[pair + 1]!)) return usual >= MOVES_A_LITTLE;
    return usual >= MOVES && changes[pair]! < REPEATED * usual && isSudden(changes, pair);
  };
  return [...changes.keys()].filter(isRepeated).map(pair => pair + 1);
}

/**
 * Frames that repeat the one before, in a shot that moves before and after.
 * @param breaks positions of odd frames, and of the first frames after cuts, where changes are not
 * motion
 * @returns positions of the repeated frames, ascending
 */
export function findRepeated(
  frames: readonly Luma[],
  size: LumaSize,
  breaks: {odd?: readonly number[]; cuts?: readonly number[]} = {},
): number[] {
  const {odd = [], cuts = []} = breaks;
  return [0, ...cuts].flatMap((start, shot) => {
    const own = new Set(odd.map(frame => frame - start));
    const inShot = repeatedInShot(frames.slice(start, cuts[shot]), size, own);
    return inShot.map(frame => frame + start);
  });
}
