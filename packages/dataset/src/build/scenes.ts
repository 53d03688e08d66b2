/** Usable frames of a video, and their scenes. */
import {quantile} from '@rife-train/data/parts';
import {BLOCK, type Looked} from './look.js';

/** Why frames are left out, with the printed text. */
export const REASONS = {
  fade: 'in fades',
  black: 'black',
  flat: 'flat',
  flash: 'flashes',
  static: 'static',
  blurred: 'blurred',
  repeated: 'between repeated frames',
  uneven: 'between frames of uneven time',
  short: 'in parts that are too short',
  rest: 'good, and left over',
} as const;

export type Reason = keyof typeof REASONS;

/** Consecutive blocks without motion that make a static part. */
const STATIC_BLOCKS = 3;
/** Frames on either side for the median of sharpness: a single soft frame is not a blurred part. */
const SMOOTH = 2;

/** Frames from `first` up to, but without, `end`. */
export interface Span {
  first: number;
  end: number;
}

/** Consecutive usable frames, and why they begin or end. */
export interface Run extends Span {
  /** Index of the scene. */
  scene: number;
  /** Repeated frames or uneven time at either end. */
  brokenBy?: Reason;
}

/** Scenes and usable frames of a video. */
export interface Scenes {
  /** Shots between cuts, fades and black or flat frames. */
  scenes: Span[];
  /** Usable parts of them, ascending. */
  runs: Run[];
  /** Why each frame can't be used; undefined if it can. */
  reasons: (Reason | undefined)[];
  /** Sharpness of each frame, smoothed, as a share of the video's median. */
  sharpness: number[];
}

/** Sharpness as a share of the median of the video. */
function relativeSharpness({sharpness}: Looked): number[] {
  const usual = quantile(sharpness, 0.5) || 1;
  return sharpness.map(
    (_, i) => quantile(sharpness.slice(Math.max(0, i - SMOOTH), i + SMOOTH + 1), 0.5) / usual,
  );
}

/** Frames of at least three consecutive blocks without motion. */
function staticFrames({motion, frames}: Looked, minMotion: number): number[] {
  const found: number[] = [];
  for (let block = 0; block < motion.length;) {
    let end = block;
    while (end < motion.length && motion[end]! < minMotion) end++;
    if (end - block >= STATIC_BLOCKS)
      for (let frame = block * BLOCK; frame < Math.min(frames, end * BLOCK); frame++) found.push(frame);
    block = end + 1;
  }
  return found;
}

/** Shots: runs of frames outside fades, black and flat parts, divided at the cuts. */
function shotsOf(reasons: readonly (Reason | undefined)[], cuts: ReadonlySet<number>): Span[] {
  const belongs = (i: number) => !['fade', 'black', 'flat'].includes(reasons[i] ?? '');
  const shots: Span[] = [];
  for (let i = 0; i < reasons.length; i++) {
    if (!belongs(i)) continue;
    const last = shots.at(-1);
    if (last && last.end === i && !cuts.has(i)) last.end++;
    else shots.push({first: i, end: i + 1});
  }
  return shots;
}

/** Usable parts of a scene, divided at unusable frames and at breaks. */
function runsOf(
  {first, end}: Span,
  scene: number,
  reasons: readonly (Reason | undefined)[],
  breaks: ReadonlyMap<number, Reason>,
): Run[] {
  const runs: Run[] = [];
  for (let i = first; i < end; i++) {
    if (reasons[i]) continue;
    const last = runs.at(-1);
    const broken = i > first ? breaks.get(i) : undefined;
    if (last && last.end === i && !broken) {
      last.end++;
      continue;
    }
    if (last && last.end === i && broken) last.brokenBy ??= broken;
    runs.push({first: i, end: i + 1, scene, ...(broken && {brokenBy: broken})});
  }
  return runs;
}

/**
 * Divides a video into scenes and their usable parts.
 * @param uneven frames before which time jumps
 * @param minMotion thousandths of the longer side a frame
 * @param minSharpness share of the video's median
 */
export function findScenes(
  looked: Looked,
  uneven: readonly number[],
  {minMotion, minSharpness}: {minMotion: number; minSharpness: number},
): Scenes {
  const reasons: (Reason | undefined)[] = new Array<undefined>(looked.frames).fill(undefined);
  const mark = (frames: readonly number[], reason: Reason) => {
    for (const frame of frames) reasons[frame] ??= reason;
  };
  const sharpness = relativeSharpness(looked);
  mark(looked.black, 'black');
  mark(looked.flat, 'flat');
  mark(looked.fades, 'fade');
  mark(looked.flashes, 'flash');
  mark(staticFrames(looked, minMotion), 'static');
  mark(
    [...sharpness.keys()].filter(i => sharpness[i]! < minSharpness),
    'blurred',
  );
  const breaks = new Map<number, Reason>([
    ...uneven.map(frame => [frame, 'uneven'] as const),
    ...looked.repeated.map(frame => [frame, 'repeated'] as const),
  ]);
  const scenes = shotsOf(reasons, new Set(looked.cuts));
  const runs = scenes.flatMap((scene, index) => runsOf(scene, index, reasons, breaks));
  return {scenes, runs, reasons, sharpness};
}
