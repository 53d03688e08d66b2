/** Report on a whole data set. The format of `--json`, described in docs/data.md. */
import type {PassedOver, Split} from '@rife-train/data';
import type {FoundClip} from '@rife-train/data/parts';
import type {DataConfig} from '@rife-train/core';
import {isCutOff, MOTION_GAPS, summaryOf, type ClipExam} from './examine.js';
import {FINDING_KINDS, type Finding, type FindingKind} from './findings.js';
import {addTo, coarse, emptyHistogram, totalOf} from './histogram.js';
import type {DecodeSpeed} from './speed.js';

/** A clip, its split, and its examination. */
export interface ExaminedClip {
  split: Split;
  found: FoundClip;
  exam: ClipExam;
}

/** Counts of one split. */
export interface SplitReport {
  split: Split;
  /** Number of clips, and of those examined. */
  clips: number;
  examined: number;
  /** Totals of the examined clips. */
  frames: number;
  bytes: number;
  /** Sizes of frames in pixels and lengths of clips in frames, most frequent first. */
  sizes: {height: number; width: number; clips: number}[];
  lengths: {frames: number; clips: number}[];
}

/** Motion between frames at this distance, in pixels of the frames. */
export interface GapMotion {
  gap: number;
  /** Matched windows that are not flat, in all examined pairs; 0: no clip is long enough. */
  windows: number;
  median: number;
  p95: number;
  /**
   * Shares of windows that moved less than 1, 2, 4 ... 256 pixels (each without those before), and
   * more.
   */
  shares: number[];
}

/** How often each gap is drawn, or why nothing can be drawn. */
export type SamplingReport = {shares: {gap: number; share: number}[]} | {error: string};

export interface DataReport {
  format: 'rife-train/data-doctor';
  version: 1;
  root: string;
  /** Options of the examination. */
  options: {
    /** Expected frames of a clip; null: what most have. */
    frames: number | null;
    /** Clips drawn; null: all. */
    sample: number | null;
    seed: number;
    gaps: [number, number];
    timestep: DataConfig['timestep'];
    /** Height and width; null: not checked. */
    crop: [number, number] | null;
  };
  splits: SplitReport[];
  counts: {errors: number; warnings: number; kinds: Partial<Record<FindingKind, number>>};
  findings: Finding[];
  motion: GapMotion[];
  /** Clips whose neighbouring frames move most: the 95th percentile of |motion| of one pair. */
  fastest: {split: Split; clip: string; frame: number; pixels: number}[];
  sampling: SamplingReport;
  /** Null when no clip of train could be read. */
  decode: DecodeSpeed | null;
  /** What the scans skipped, and why. */
  passedOver: (PassedOver & {split: Split})[];
  /** What was not examined. */
  notes: string[];
}

const FASTEST = 5;

/** Values with their counts, most frequent first, then by first occurrence. */
function tally<T>(values: readonly T[], keyOf: (value: T) => string): {value: T; count: number}[] {
  const counts = new Map<string, {value: T; count: number}>();
  for (const value of values) {
    const entry = counts.get(keyOf(value)) ?? {value, count: 0};
    entry.count++;
    counts.set(keyOf(value), entry);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Counts of a split. @param there number of all clips of the split */
export function splitReport(split: Split, there: number, clips: readonly ExaminedClip[]): SplitReport {
  const exams = clips.filter(clip => clip.split === split).map(({exam}) => exam);
  const readable = exams.filter(({width}) => width > 0);
  return {
    split,
    clips: there,
    examined: exams.length,
    frames: sum(exams.map(({frames}) => frames)),
    bytes: sum(exams.map(({bytes}) => bytes)),
    sizes: tally(readable, ({height, width}) => `${height} x ${width}`).map(({value, count}) => ({
      height: value.height,
      width: value.width,
      clips: count,
    })),
    lengths: tally(exams, ({frames}) => String(frames)).map(({value, count}) => ({
      frames: value.frames,
      clips: count,
    })),
  };
}

/** Motion of all clips together. */
export const motionReport = (clips: readonly ExaminedClip[]): GapMotion[] =>
  MOTION_GAPS.map((gap, i) => {
    const all = emptyHistogram();
    for (const {exam} of clips) addTo(all, exam.motion[i]!);
    return {gap, windows: totalOf(all), ...summaryOf(all), shares: coarse(all)};
  });

export const fastestClips = (clips: readonly ExaminedClip[]): DataReport['fastest'] =>
  clips
    .flatMap(({split, found, exam}) => (exam.fastest ? [{split, clip: found.id, ...exam.fastest}] : []))
    .sort((a, b) => b.pixels - a.pixels)
    .slice(0, FASTEST);

const KIND_ORDER = Object.keys(FINDING_KINDS);

/** Errors first, then by kind; clips stay in their order. */
export const inOrder = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort(
    (a, b) =>
      Number(a.severity === 'warning') - Number(b.severity === 'warning') ||
      KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind),
  );

export function countFindings(findings: readonly Finding[]): DataReport['counts'] {
  const errors = findings.filter(({severity}) => severity === 'error').length;
  const kinds = tally(findings, ({kind}) => kind).map(({value, count}) => [value.kind, count]);
  return {errors, warnings: findings.length - errors, kinds: Object.fromEntries(kinds)};
}

export const cutOffNotes = (clips: readonly ExaminedClip[]): string[] =>
  clips
    .filter(({exam}) => isCutOff(exam))
    .map(
      ({split, found, exam}) =>
        `Of ${split} clip "${found.id}" the first ${exam.examined} of ${exam.frames} frames were looked at.`,
    );
