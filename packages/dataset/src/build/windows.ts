/** Which frames become clips: windows of one length in the usable parts of scenes. */
import {BLOCK} from './look.js';
import type {Reason, Run, Scenes} from './scenes.js';

/** A clip to write. */
export interface Window {
  /** Index of the scene. */
  scene: number;
  /** First frame. */
  first: number;
  /** Quality, 0..1. */
  score: number;
  /** Mean motion from frame to frame, in thousandths of the longer side. */
  motion: number;
  /** Mean sharpness, as a share of the video's median. */
  sharpness: number;
}

/** Consecutive frames that are in no clip, and why. */
export interface LeftOut {
  first: number;
  frames: number;
  reason: Reason;
}

/** How windows are chosen. */
export interface WindowOptions {
  length: number;
  /** Frames from start to start, at least `length`. */
  stride: number;
  maxClipsPerScene: number | null;
}

/**
 * Preferred range of motion, in thousandths of the longer side per frame; windows outside it score
 * lower.
 */
const LIKED_MOTION = [2, 30] as const;

/** Score 0..1: sharp frames, with enough motion to learn from and not too much to follow. */
export function scoreOf(motion: number, sharpness: number): number {
  const [least, most] = LIKED_MOTION;
  const moves = motion < least ? motion / least : motion > most ? most / motion : 1;
  return moves * Math.min(1, sharpness);
}

/** Sums of the values before each position, so that a mean over any window is one subtraction. */
function sumsOf(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]!;
  return sums;
}

type WindowAt = (scene: number, first: number) => Window;

/**
 * The largest number of windows that fit into a run, placed for the highest total score: `best[n]`
 * is the best value of the frames from n on.
 */
function tile(run: Run, {length, stride}: WindowOptions, windowAt: WindowAt): Window[] {
  const starts = run.end - run.first - length + 1;
  if (starts < 1) return [];
  const best = new Float64Array(starts + stride);
  const windows = Array.from({length: starts}, (_, i) => windowAt(run.scene, run.first + i));
  // A window counts more than any sum of scores, so that their number is maximised first.
  const worth = (i: number) => starts + windows[i]!.score + best[i + stride]!;
  for (let i = starts - 1; i >= 0; i--) best[i] = Math.max(best[i + 1]!, worth(i));
  const chosen: Window[] = [];
  for (let i = 0; i < starts;) {
    const isTaken = best[i]! > best[i + 1]!;
    if (isTaken) chosen.push(windows[i]!);
    i += isTaken ? stride : 1;
  }
  return chosen;
}

/** Greedy: the best window of all runs, then the best of the remaining frames, and so on. */
function bestFirst(runs: readonly Run[], options: WindowOptions, most: number, windowAt: WindowAt): Window[] {
  const {length, stride} = options;
  const all = runs.flatMap(({scene, first, end}) =>
    Array.from({length: Math.max(0, end - first - length + 1)}, (_, i) => windowAt(scene, first + i)),
  );
  all.sort((a, b) => b.score - a.score || a.first - b.first);
  const chosen: Window[] = [];
  for (const window of all) {
    if (chosen.length === most) break;
    if (chosen.every(({first}) => Math.abs(first - window.first) >= stride)) chosen.push(window);
  }
  return chosen;
}

/**
 * Chooses windows that do not overlap: all that fit, or the best of each scene if their number is
 * limited.
 * @param motion of each block of 4 frames
 * @returns in order of time
 */
export function chooseWindows(
  {runs, sharpness}: Scenes,
  motion: readonly number[],
  options: WindowOptions,
): Window[] {
  const {length, maxClipsPerScene: most} = options;
  const sharpSums = sumsOf(sharpness);
  const motionSums = sumsOf(sharpness.map((_, i) => motion[Math.floor(i / BLOCK)] ?? 0));
  const mean = (sums: Float64Array, first: number) => (sums[first + length]! - sums[first]!) / length;
  const windowAt: WindowAt = (scene, first) => {
    const [moves, sharp] = [mean(motionSums, first), mean(sharpSums, first)];
    return {scene, first, motion: moves, sharpness: sharp, score: scoreOf(moves, sharp)};
  };
  const chosen = [...new Set(runs.map(({scene}) => scene))].flatMap(scene => {
    const own = runs.filter(run => run.scene === scene);
    const tiled = own.flatMap(run => tile(run, options, windowAt));
    return most !== null && tiled.length > most ? bestFirst(own, options, most, windowAt) : tiled;
  });
  return chosen.sort((a, b) => a.first - b.first);
}

/** All frames that are in no clip, as spans of one reason. */
export function leftOutOf({reasons, runs}: Scenes, windows: readonly Window[], length: number): LeftOut[] {
  const why: (Reason | undefined)[] = [...reasons];
  for (const {first, end, brokenBy} of runs)
    why.fill(end - first >= length ? 'rest' : (brokenBy ?? 'short'), first, end);
  for (const {first} of windows) why.fill(undefined, first, first + length);
  const left: LeftOut[] = [];
  for (const [frame, reason] of why.entries()) {
    if (!reason) continue;
    const last = left.at(-1);
    if (last && last.reason === reason && last.first + last.frames === frame) last.frames++;
    else left.push({first: frame, frames: 1, reason});
  }
  return left;
}
