/** Joins of two shots inside a clip, and frames that do not belong where they are. */
import {meanOf, quantile, type Luma, type LumaSize} from './luma.js';
import {matchBlocks, RANGE, unexplained} from './motion.js';

/** Where a clip breaks. Numbers are positions in the list of pictures. */
export interface Breaks {
  /** First frame of each further shot, ascending. */
  cuts: number[];
  /** Frames that fit neither side while the two sides fit each other: a flash, or a frame of something else. */
  odd: number[];
}

/** Share of lost windows below which a pair is taken as one shot without a wide search. */
const SURE = 0.15;
/** Share of lost windows at a cut, at least. The demo clips have at most 0.07; joins of two takes of one view from 0.4 on. */
const CUT = 0.3;
/** So many times what is usual around it: fast motion loses windows in pair after pair, a cut only once. */
const CONTRAST = 2;
/** Pairs on either side that say what is usual. */
const AROUND = 4;
/** A loss that no motion makes, so that pairs beside it may be cuts as well. */
const TOTAL = 0.7;
/** Frames of a flash at most; more are a shot. */
const ODD_FRAMES = 4;
/** Search in the first look at a pair, small pixels. */
const FIRST_RANGE = 8;

/** `a` with the mean and, within a factor of 2, the contrast of `b`: a change of the light is no cut. */
function asBrightAs(a: Luma, b: Luma): Luma {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const spread = (luma: Luma, mean: number) =>
    meanOf(Float32Array.from(luma, value => Math.abs(value - mean)));
  const gain = Math.min(2, Math.max(0.5, spread(b, meanB) / Math.max(1, spread(a, meanA))));
  return a.map(value => Math.min(255, Math.max(0, (value - meanA) * gain + meanB)));
}

/** Share (0..1) of the windows of `a` that are not in `b`, by motion within a quarter of the side or by a change of the light. */
export function lossBetween(a: Luma, b: Luma, size: LumaSize): number {
  const near = unexplained(matchBlocks(a, b, size, FIRST_RANGE));
  if (near < SURE) return near;
  const far = unexplained(matchBlocks(a, b, size, RANGE));
  return far < SURE ? far : Math.min(far, unexplained(matchBlocks(asBrightAs(a, b), b, size, RANGE)));
}

/** Is this pair out of the ordinary? `losses[i]` is between frames i and i + 1. */
function standsOut(losses: readonly number[], index: number): boolean {
  const around = losses.slice(Math.max(0, index - AROUND), index + AROUND + 1);
  around.splice(Math.min(index, AROUND), 1);
  return losses[index]! >= CUT && losses[index]! >= CONTRAST * quantile(around, 0.5);
}

/** Pairs that begin and end a few frames which the frames around them do not know. */
function oddFrames(
  frames: readonly Luma[],
  size: LumaSize,
  breaks: readonly number[],
  losses: readonly number[],
) {
  const odd: number[] = [];
  const used = new Set<number>();
  for (const [position, start] of breaks.entries()) {
    if (used.has(start)) continue;
    for (const end of breaks.slice(position + 1)) {
      if (end - start > ODD_FRAMES) break;
      const across = lossBetween(frames[start]!, frames[end + 1]!, size);
      if (across >= CUT || across > Math.min(losses[start]!, losses[end]!) / CONTRAST) continue;
      for (let frame = start + 1; frame <= end; frame++) odd.push(frame);
      for (const pair of breaks) if (pair >= start && pair <= end) used.add(pair);
      break;
    }
  }
  return {odd, used};
}

/**
 * Finds cuts by what block matching can't explain: most windows of the frame before are nowhere in the frame after, far more
 * than in the pairs around. Pans and fast motion are explained, or lose windows in several pairs; a large thing that enters
 * hides a part; after a flash the next frame is that before it.
 * @param frames of one size, in order of time
 */
export function findBreaks(frames: readonly Luma[], size: LumaSize): Breaks {
  const losses = frames.slice(1).map((frame, i) => lossBetween(frames[i]!, frame, size));
  const breaks = [...losses.keys()].filter(index => standsOut(losses, index));
  const {odd, used} = oddFrames(frames, size, breaks, losses);
  const beside = (index: number) => (used.has(index) ? 0 : (losses[index] ?? 0));
  const isCut = (index: number) =>
    losses[index]! >= TOTAL || Math.max(beside(index - 1), beside(index + 1)) <= losses[index]! / CONTRAST;
  return {cuts: breaks.filter(index => !used.has(index) && isCut(index)).map(index => index + 1), odd};
}

/** Step of the mean brightness, in levels, that a single frame does not make by itself. */
const FLASH = 15;

/** Frames much brighter or darker than both neighbours, which are alike. */
export function findFlashes(frames: readonly Luma[]): number[] {
  const means = frames.map(meanOf);
  const flashes: number[] = [];
  for (let i = 1; i + 1 < means.length; i++) {
    const [before, after] = [means[i]! - means[i - 1]!, means[i]! - means[i + 1]!];
    const isAlike = Math.abs(means[i - 1]! - means[i + 1]!) < Math.min(Math.abs(before), Math.abs(after)) / 3;
    if (isAlike && Math.min(Math.abs(before), Math.abs(after)) >= FLASH) flashes.push(i);
  }
  return flashes;
}

/** Brightness below which nearly all of a black frame lies. */
const BLACK = 24;

/** Frames with nothing in them but black. */
export const findBlack = (frames: readonly Luma[]): number[] =>
  [...frames.keys()].filter(i => quantile(frames[i]!, 0.99) < BLACK);
