/** Cuts inside a clip, and frames that do not belong where they are. */
import {meanOf, quantile} from '@rife-train/data/parts';
import {isSame, type Luma, type LumaSize} from './luma.js';
import {matchBlocks, RANGE, unexplained} from './motion.js';

/** Breaks of a clip, as positions in the list of pictures. */
export interface Breaks {
  /** First frame of each shot but the first, ascending. */
  cuts: number[];
  /** Frames that match neither neighbour, while the neighbours match each other. */
  odd: number[];
  /** Frames much brighter or darker than both neighbours, which are similar. */
  flashes: number[];
  /** Frames that are entirely black. */
  black: number[];
}

/** Share of unmatched windows below which a pair is one shot, without a wide search. */
const SURE = 0.15;
/**
 * Least share of unmatched windows at a cut. The demo clips have at most 0.07; joins of two takes
 * of one view at least 0.19.
 */
const CUT = 0.18;
/**
 * Least ratio to the loss of pairs around and directly beside: fast motion loses windows in pair
 * after pair, a cut only once.
 */
const CONTRAST = 3.5;
/** Floor of the usual loss: smaller values are not meaningful. */
const USUAL = 0.05;
/** Pairs on either side from which the usual value is computed. */
const AROUND = 4;
/**
 * A loss that motion can't cause: a lower ratio is enough, and neighbouring pairs may be cuts as
 * well.
 */
const TOTAL = 0.7;
const TOTAL_CONTRAST = 2;
/** Share of unmatched windows from which two frames do not match. */
const UNFIT = 0.3;
/** Longest flash in frames; longer ones are a shot. */
const ODD_FRAMES = 4;
/** Search range of the first, quick comparison of a pair, small pixels. */
const FIRST_RANGE = 8;

/** Mean, and mean absolute deviation from it. */
function lightOf(luma: Luma): {mean: number; spread: number} {
  const mean = meanOf(luma);
  let sum = 0;
  for (const value of luma) sum += Math.abs(value - mean);
  return {mean, spread: Math.max(1, sum / luma.length)};
}

/**
 * `a` with the mean and, within a factor of 2, the contrast of `b`: a change of light is not a cut.
 */
function asBrightAs(a: Luma, b: Luma): Luma {
  const [from, to] = [lightOf(a), lightOf(b)];
  const gain = Math.min(2, Math.max(0.5, to.spread / from.spread));
  return a.map(value => Math.min(255, Math.max(0, (value - from.mean) * gain + to.mean)));
}

/** Is the light so similar that it explains nothing? */
function isSameLight(a: Luma, b: Luma): boolean {
  const [one, other] = [lightOf(a), lightOf(b)];
  return Math.abs(one.mean - other.mean) < 3 && Math.abs(Math.log(one.spread / other.spread)) < 0.1;
}

/**
 * Share (0..1) of the windows of `a` without a match in `b`, allowing motion within a quarter of
 * the side, or a change of light.
 */
export function lossBetween(a: Luma, b: Luma, size: LumaSize): number {
  const near = unexplained(matchBlocks(a, b, size, FIRST_RANGE));
  if (near < SURE) return near;
  const far = unexplained(matchBlocks(a, b, size, RANGE));
  if (far < SURE || isSameLight(a, b)) return far;
  // In both directions: clipped highlights can't be restored.
  const here = unexplained(matchBlocks(asBrightAs(a, b), b, size, RANGE));
  return Math.min(far, here, unexplained(matchBlocks(a, asBrightAs(b, a), size, RANGE)));
}

/**
 * A quantile of the losses of the pairs around a pair. `losses[i]` is between frames i and i + 1.
 */
function usualLoss(losses: readonly number[], index: number, share = 0.5): number {
  const around = losses.slice(Math.max(0, index - AROUND), index + AROUND + 1);
  around.splice(Math.min(index, AROUND), 1);
  return quantile(around, share);
}

/** Pairs that lose more windows than those around them. */
const standOut = (losses: readonly number[]): number[] =>
  [...losses.keys()].filter(
    pair => losses[pair]! >= UNFIT && losses[pair]! >= TOTAL_CONTRAST * usualLoss(losses, pair),
  );

/** Is a pair a cut? `used` are pairs already explained, which are ignored as neighbours. */
function isCut(losses: readonly number[], pair: number, used: ReadonlySet<number>): boolean {
  const loss = losses[pair]!;
  if (used.has(pair) || loss < CUT) return false;
  if (loss >= TOTAL) return loss >= TOTAL_CONTRAST * usualLoss(losses, pair);
  const usual = Math.max(USUAL, usualLoss(losses, pair, 0.75));
  const beside = [pair - 1, pair + 1].map(other => (used.has(other) ? 0 : (losses[other] ?? 0)));
  return loss >= CONTRAST * Math.max(usual, ...beside);
}

/** Pairs that begin and end a few frames unlike those around them. */
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
      if (across >= UNFIT || across > Math.min(losses[start]!, losses[end]!) / 2) continue;
      for (let frame = start + 1; frame <= end; frame++) odd.push(frame);
      for (const pair of breaks) if (pair >= start && pair <= end) used.add(pair);
      break;
    }
  }
  return {odd, used};
}

/** Least change of mean brightness of a flash, levels. */
const FLASH = 15;

/** Frames much brighter or darker than both neighbours, which are similar. */
export function findFlashes(frames: readonly Luma[]): number[] {
  const means = frames.map(meanOf);
  const flashes: number[] = [];
  for (let i = 1; i + 1 < means.length; i++) {
    const [before, after] = [means[i]! - means[i - 1]!, means[i]! - means[i + 1]!];
    const step = Math.min(Math.abs(before), Math.abs(after));
    if (step >= FLASH && Math.abs(means[i - 1]! - means[i + 1]!) < step / 3) flashes.push(i);
  }
  return flashes;
}

/** Largest brightness of nearly all pixels of a black frame. */
const BLACK = 24;

/** Frames that are entirely black. */
export const findBlack = (frames: readonly Luma[]): number[] =>
  [...frames.keys()].filter(i => quantile(frames[i]!, 0.99) < BLACK);

/** Frames across which the picture continues: no cut there. */
const goesOn = (frames: readonly Luma[], size: LumaSize, frame: number) =>
  lossBetween(frames[frame - 1]!, frames[frame + 1]!, size) < UNFIT;

/** First frames after black ones that do not match the last frame before them. */
function cutsOverBlack(frames: readonly Luma[], size: LumaSize, black: readonly number[]): number[] {
  return black.flatMap(last => {
    let first = last;
    while (black.includes(first - 1)) first--;
    const isInside = first > 0 && last + 1 < frames.length && !black.includes(last + 1);
    return isInside && lossBetween(frames[first - 1]!, frames[last + 1]!, size) >= TOTAL ? [last + 1] : [];
  });
}

/**
 * Finds cuts as changes that block matching can't explain: many windows of one frame have no match
 * in the next, far more than in the pairs around. Pans and fast motion are matched, or lose windows
 * in several pairs; a large object that enters hides only a part; after a flash, the picture is as
 * before. Each frame is reported once.
 * @param frames of one size, in order of time
 */
export function findBreaks(frames: readonly Luma[], size: LumaSize): Breaks {
  const losses = frames.slice(1).map((frame, i) => lossBetween(frames[i]!, frame, size));
  const {odd: lost, used} = oddFrames(frames, size, standOut(losses), losses);
  const black = findBlack(frames);
  const odd = lost.filter(frame => !black.includes(frame));
  const flashes = findFlashes(frames).filter(
    frame => !black.includes(frame) && !odd.includes(frame) && goesOn(frames, size, frame),
  );
  const besideThem = (cut: number) =>
    [...flashes, ...black].some(frame => cut === frame || cut === frame + 1);
  // Repeated frames lose nothing, so they are left out of the usual loss.
  const moving = [...losses.keys()].filter(pair => !isSame(frames[pair]!, frames[pair + 1]!));
  const lossesThen = moving.map(pair => losses[pair]!);
  const usedThen = new Set([...moving.keys()].filter(i => used.has(moving[i]!)));
  const cuts = moving
    .filter((_, i) => isCut(lossesThen, i, usedThen))
    .map(pair => pair + 1)
    .filter(cut => !besideThem(cut));
  const all = [...cuts, ...cutsOverBlack(frames, size, black)];
  return {cuts: all.sort((a, b) => a - b), odd, flashes, black};
}
