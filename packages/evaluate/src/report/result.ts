/** The result of an evaluation, as reports and files take it. */
import type {MetricName, Scores} from '../metrics/metric.js';

/** Who made a frame: `network`, `against` (another network), `mean` or `nearest` of the inputs. */
export type Subject = 'network' | 'against' | 'mean' | 'nearest';

/** Everything known about one scored frame: a line of frames.jsonl. */
export interface FrameResult {
  /** Of the pair, and of the target in it. */
  pair: string;
  target: string;
  group: string;
  part: string;
  t: number;
  gap: number;
  /** Mean length of the flow between the inputs, in pixels; the same for every network. */
  motion: number;
  scores: Partial<Record<Subject, Scores>>;
}

/** What decides the numbers, and so makes a result reproducible. */
export interface Identity {
  /** The command as it was typed. */
  command: string;
  version: string;
  set: string;
  root: string;
  /** SHA-256 of the names of all frames that are scored, and of the set's lists. */
  files: string;
  protocol: string;
  metrics: readonly MetricName[];
  network: {name: string; file: string; sha256: string};
  against?: {name: string; file: string; sha256: string};
  /** Options of the prediction: scale, tta, tile, size, limit ... */
  options: Record<string, unknown>;
  /** node, tensorflow, processor. */
  machine: Record<string, string>;
}

/** A protocol as it is printed. */
export interface ProtocolFacts {
  name: string;
  /** Whose script: `EMA-VFI benchmark/XTest_8X.py`. */
  source: string;
  /** The metrics that the protocol reports, the first one first. */
  metrics: readonly MetricName[];
  /** Rounding, SSIM, padding, scale, timesteps, TTA: one phrase each. */
  facts: readonly string[];
  /** `frames`: mean over all frames; `groups`: mean of the means of the groups. */
  mean: 'frames' | 'groups';
}

/** All that is known at the end. */
export interface EvalResult {
  title: string;
  identity: Identity;
  protocol: ProtocolFacts;
  layout: string;
  missing: readonly string[];
  extra: readonly string[];
  /** Of so many targets in the whole set; undefined where there is no such number. */
  wholeTargets: number | undefined;
  frames: readonly FrameResult[];
  /**
   * Seconds of the network by the clock, and of the metrics in processor time; largest resident
   * size in bytes.
   */
  cost: {networkSeconds: number; metricSeconds: number; peakBytes: number};
}
