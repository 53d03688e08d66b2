/** Parts of a result's frames, which get means of their own. */
import type {FrameResult} from '../report/result.js';

/** Some frames of a result, and what they have in common. */
export interface Frames {
  name: string;
  frames: readonly FrameResult[];
}

/** Frames by a key, in the order in which the keys first occur. */
function partition<Key extends string | number>(
  frames: readonly FrameResult[],
  keyOf: (frame: FrameResult) => Key,
): [Key, FrameResult[]][] {
  const found = new Map<Key, FrameResult[]>();
  for (const frame of frames) {
    const key = keyOf(frame);
    const own = found.get(key);
    if (own) own.push(frame);
    else found.set(key, [frame]);
  }
  return [...found];
}

const named = ([name, frames]: [string, FrameResult[]]): Frames => ({name, frames});

/** Frames by group: clip, scene or folder. */
export const byGroup = (frames: readonly FrameResult[]): Frames[] =>
  partition(frames, ({group}) => group).map(named);

/** Frames by part of the set; none where the set has no parts. */
export const byPart = (frames: readonly FrameResult[]): Frames[] =>
  partition(frames, ({part}) => part)
    .filter(([part]) => part !== '')
    .map(named);

/** `0.125`, `0.333`: up to three decimals. */
export const timeText = (t: number) => String(Number(t.toFixed(3)));

/** Frames by position between the inputs, in order of it. */
export const byTime = (frames: readonly FrameResult[]): Frames[] =>
  partition(frames, ({t}) => t)
    .sort(([a], [b]) => a - b)
    .map(([t, own]) => named([timeText(t), own]));

/** Frames by gap, in order of it. */
export const byGap = (frames: readonly FrameResult[]): Frames[] =>
  partition(frames, ({gap}) => gap)
    .sort(([a], [b]) => a - b)
    .map(([gap, own]) => named([String(gap), own]));

/** `3.2`, `41`: pixels of motion. */
export const motionText = (pixels: number) => pixels.toFixed(pixels < 9.95 ? 1 : 0);

/**
 * Frames by motion, in `count` bins of about as many frames each. Equal motions stay together, so a
 * bin may be larger, or absent. Frames without a finite motion are in none.
 */
export function byMotion(frames: readonly FrameResult[], count: number): Frames[] {
  const sorted = frames.filter(({motion}) => Number.isFinite(motion)).sort((a, b) => a.motion - b.motion);
  /** Largest motion of each bin but the last. */
  const ends = Array.from({length: count - 1}, (_, i) => {
    const rank = Math.ceil(((i + 1) * sorted.length) / count) - 1;
    return sorted[Math.max(0, rank)]?.motion ?? 0;
  });
  const binOf = ({motion}: FrameResult) => ends.filter(end => motion > end).length;
  return partition(sorted, binOf).map(([, own]) => {
    const [low, high] = [own[0]!.motion, own.at(-1)!.motion].map(motionText);
    return {name: low === high ? `${low} px` : `${low} - ${high} px`, frames: own};
  });
}
