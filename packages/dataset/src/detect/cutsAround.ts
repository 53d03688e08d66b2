/** Cuts in a long sequence, without block matching of every pair. */
import {quantile} from '@rife-train/data/parts';
import {findBreaks, type Breaks} from './cuts.js';
import type {Luma, LumaSize} from './luma.js';

/**
 * Least change of a possible cut: ratio to the usual change, and levels. Cuts in the demo clips
 * have a ratio of three.
 */
const CONTRAST = 1.3;
const LEAST = 3;
/** Pairs on either side from which the usual value is computed. */
const USUAL = 4;
/** Frames on either side that are examined. */
const AROUND = 8;

/** Mean absolute difference of two pictures, levels. */
export function meanDifference(a: Luma, b: Luma): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

/** Positions of pairs with more change than those around them. */
function suspects(frames: readonly Luma[]): number[] {
  const changes = frames.slice(1).map((frame, i) => meanDifference(frames[i]!, frame));
  return [...changes.keys()].filter(i => {
    const around = [...changes.slice(Math.max(0, i - USUAL), i), ...changes.slice(i + 1, i + 1 + USUAL)];
    return changes[i]! >= LEAST && changes[i]! >= CONTRAST * quantile(around, 0.5);
  });
}

/**
 * Cuts and odd frames as found by `findBreaks`, at a fraction of its cost: only the surroundings of
 * sudden changes are examined. Even changes, however large, are not cuts.
 */
export function findBreaksQuickly(frames: readonly Luma[], size: LumaSize): Pick<Breaks, 'cuts' | 'odd'> {
  const spans: {first: number; end: number}[] = [];
  for (const pair of suspects(frames)) {
    const [first, end] = [Math.max(0, pair - AROUND), Math.min(frames.length, pair + 2 + AROUND)];
    const last = spans.at(-1);
    if (last && first <= last.end) last.end = end;
    else spans.push({first, end});
  }
  const found = spans.map(({first, end}) => ({first, ...findBreaks(frames.slice(first, end), size)}));
  return {
    cuts: found.flatMap(({first, cuts}) => cuts.map(cut => first + cut)),
    odd: found.flatMap(({first, odd}) => odd.map(frame => first + frame)),
  };
}
