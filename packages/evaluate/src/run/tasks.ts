/** What threads do beside the network: read, and score. */
import type {MetricName, Scores} from '../metrics/metric.js';
import type {Padding} from '../picture/pad.js';
import type {FrameSource, Picture, View} from '../picture/picture.js';
import type {ReadOptions} from '../picture/read.js';
import type {Subject} from '../report/result.js';

/** How the frames of a set are read. */
export interface Reading {
  view: View;
  options: ReadOptions;
}

/** Both inputs, padded as the protocol asks; and how far things move between them. */
export interface ReadTask {
  kind: 'read';
  reading: Reading;
  img0: FrameSource;
  img1: FrameSource;
  padding: Padding | undefined;
  withMotion: boolean;
}

/** Inputs as a network sees them. */
export interface PaddedPair {
  img0: Picture;
  img1: Picture;
  /** Of the frames without padding, pixels. */
  width: number;
  height: number;
}

export interface ReadPair extends PaddedPair {
  /** Mean length of the flow between the inputs, pixels; 0 where that was not asked for. */
  motion: number;
}

/** A frame that a network has made. Both lie in shared memory. */
export interface MadeFrame {
  subject: Subject;
  /** [H,W,3] float32. */
  data: Float32Array;
  /** The one before it, in the same pair; undefined for the first. For flows over time. */
  previous: Float32Array | undefined;
}

/** A target, and everything that was made for it. */
export interface ScoreTask {
  kind: 'score';
  reading: Reading;
  img0: FrameSource;
  img1: FrameSource;
  gt: FrameSource;
  /** Target before this one in the pair. */
  previousGt: FrameSource | undefined;
  t: number;
  metrics: readonly MetricName[];
  made: readonly MadeFrame[];
}

export interface ScoredTarget {
  scores: Partial<Record<Subject, Scores>>;
  /** Milliseconds of processor time that the metrics took, without reading. */
  ms: number;
}

/** One frame as read, for what is measured in the main thread. */
export interface FrameTask {
  kind: 'frame';
  reading: Reading;
  source: FrameSource;
}

export type Task = ReadTask | ScoreTask | FrameTask;

/** Errors lose their class on the way out of a thread. */
export type TaskResult<T> = {value: T} | {code: string; message: string};
