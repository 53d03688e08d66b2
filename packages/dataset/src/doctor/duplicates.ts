/** The same pictures under two names. */
import {meanOf} from '@rife-train/data/parts';
import {cellMeans, topMean, type Luma, type LumaSize} from '../detect/luma.js';

/** Signature by which duplicates are recognised. */
export interface Signature {
  /** Hash of each frame that is not empty: equal small pictures have equal hashes. */
  hashes: string[];
  /** Frames at 0, 1/4, 1/2, 3/4 and the end, as means over 16 x 16 cells. */
  looks: Float32Array[];
}

/** Two clips with the same content. */
export interface DuplicatePair {
  /** Positions in the list; `first` is the smaller one. */
  first: number;
  second: number;
  /** Share (0..1) of the shorter clip's frames that are equal; also 1 if all are nearly equal. */
  share: number;
}

const CELLS = 16;
const LOOKS = 5;
/** Mean absolute deviation below which a frame is too empty to be recognised. */
const EMPTY = 3;
/**
 * Largest difference of the most changed cells after re-encoding and scaling, levels; the demo
 * clips in two sizes differ by 1.1.
 */
const ALIKE = 3;
/**
 * Share of a cell by which scaling may shift a picture, about one small pixel, as sharp does from
 * 144 to 150 pixels.
 */
const SHIFT = 0.2;
/**
 * Least share of common frames of overlapping clips; the last frame of one may be the first of the
 * next.
 */
const OVERLAP = 0.1;
const LEAST_SHARED = 2;
/** A hash shared by more clips is a title or test picture, and is ignored. */
const COMMON = 50;

function isEmpty(luma: Luma): boolean {
  const mean = meanOf(luma);
  return meanOf(Float32Array.from(luma, value => Math.abs(value - mean))) < EMPTY;
}

/** 64 bits of a small picture, in hexadecimal: two 32-bit FNV-1a hashes with different seeds. */
export function hashOf(luma: Luma): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (const value of luma) {
    a = Math.imul(a ^ value, 0x01000193);
    b = Math.imul(b ^ value ^ (b >>> 15), 0x85ebca6b);
  }
  return [a, b].map(half => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

/** @param frames of one size, in order of time */
export function signatureOf(frames: readonly Luma[], size: LumaSize): Signature {
  const last = frames.length - 1;
  const places = Array.from({length: LOOKS}, (_, i) => Math.round((last * i) / (LOOKS - 1)));
  const isBlank = places.every(place => last < 0 || isEmpty(frames[place]!));
  return {
    hashes: frames.filter(frame => !isEmpty(frame)).map(hashOf),
    looks: isBlank ? [] : places.map(place => cellMeans(frames[place]!, size, CELLS, CELLS)),
  };
}

/** Largest step from a cell to one of its neighbours. */
function stepAt(look: Float32Array, cell: number): number {
  const [x, value] = [cell % CELLS, look[cell]!];
  const step = (isThere: boolean, other: number) => (isThere ? Math.abs(look[other]! - value) : 0);
  return Math.max(
    ...[step(x > 0, cell - 1), step(x < CELLS - 1, cell + 1)],
    ...[step(cell >= CELLS, cell - CELLS), step(cell < CELLS * (CELLS - 1), cell + CELLS)],
  );
}

/**
 * Is the difference of two looks within that of re-encoding and scaling? The mean rejects most
 * pairs quickly; in pictures with many edges, the shift alone changes it by 3 levels.
 */
function isAlike(a: Float32Array, b: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  if (sum > 2 * ALIKE * a.length) return false;
  return topMean(a.map((value, i) => Math.abs(value - b[i]!) - SHIFT * stepAt(a, i))) <= ALIKE;
}

/** Are two clips similar at the same relative positions? Both have looks. */
const areAlike = (a: Signature, b: Signature) => a.looks.every((look, i) => isAlike(look, b.looks[i]!));

/** Number of equal frames of each pair of clips with any: `first` -> `second` -> count. */
function sharedFrames(clips: readonly Signature[]): Map<number, Map<number, number>> {
  const owners = new Map<string, number[]>();
  for (const [index, {hashes}] of clips.entries())
    for (const hash of new Set(hashes)) {
      const known = owners.get(hash);
      if (known) known.push(index);
      else owners.set(hash, [index]);
    }
  const shared = new Map<number, Map<number, number>>();
  for (const indices of owners.values()) {
    if (indices.length < 2 || indices.length > COMMON) continue;
    for (const [position, second] of indices.entries()) {
      for (const first of indices.slice(0, position)) {
        const counts = shared.get(first) ?? new Map<number, number>();
        shared.set(first, counts.set(second, (counts.get(second) ?? 0) + 1));
      }
    }
  }
  return shared;
}

/**
 * Pairs that are similar throughout, whatever their size and encoding. Only clips of similar
 * brightness are compared.
 */
function alikePairs(clips: readonly Signature[]): DuplicatePair[] {
  const order = clips
    .map((clip, index) => ({clip, index, mean: clip.looks[0] ? meanOf(clip.looks[0]) : NaN}))
    .filter(({mean}) => !Number.isNaN(mean))
    .sort((a, b) => a.mean - b.mean);
  return order.flatMap((one, position) => {
    const pairs: DuplicatePair[] = [];
    for (let i = position + 1; i < order.length && order[i]!.mean - one.mean <= ALIKE; i++) {
      if (!areAlike(one.clip, order[i]!.clip)) continue;
      const [first, second] = [one.index, order[i]!.index].sort((a, b) => a - b) as [number, number];
      pairs.push({first, second, share: 1});
    }
    return pairs;
  });
}

/**
 * Clips that duplicate an earlier one: wholly, in any size and encoding, or by some identical
 * frames at any position. Each clip is reported once, with the earliest one that it duplicates.
 * Rotated or mirrored pictures, and re-encoded parts, are not recognised.
 */
export function duplicateClips(clips: readonly Signature[]): DuplicatePair[] {
  const found = new Map<number, DuplicatePair>();
  const add = (pair: DuplicatePair) => {
    const known = found.get(pair.second);
    if (!known || pair.first < known.first || (pair.first === known.first && pair.share > known.share))
      found.set(pair.second, pair);
  };
  for (const pair of alikePairs(clips)) add(pair);
  for (const [first, counts] of sharedFrames(clips)) {
    for (const [second, count] of counts) {
      const least = Math.min(...[first, second].map(index => new Set(clips[index]!.hashes).size));
      if (count >= LEAST_SHARED && count >= OVERLAP * least) add({first, second, share: count / least});
    }
  }
  return [...found.values()].sort((a, b) => a.second - b.second);
}
