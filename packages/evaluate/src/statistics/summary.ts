/** All means and differences of a result, once for every report. */
import {METRIC_NAMES, type MetricName} from '../metrics/metric.js';
import type {EvalResult, FrameResult, Subject} from '../report/result.js';
import {pairedDifference, type Difference, type Other} from './differences.js';
import {meanScore, type Mean, type MeanRule} from './means.js';
import {byGap, byGroup, byMotion, byPart, byTime, type Frames} from './slices.js';

export type Means = Partial<Record<Subject, Partial<Record<MetricName, Mean>>>>;

/** Means and differences of some frames. */
export interface Slice {
  name: string;
  frames: number;
  groups: number;
  means: Means;
  differences: readonly Difference[];
}

/** A result in numbers. */
export interface Summary {
  /** Those of the protocol, then the others that were measured. */
  metrics: readonly MetricName[];
  /** Who has scores, in the order of reports. */
  subjects: readonly Subject[];
  whole: Slice;
  /** Empty where there is only one. */
  parts: readonly Slice[];
  /** Also empty where there are parts: those of SNU-FILM are gaps. */
  gaps: readonly Slice[];
  quartiles: readonly Slice[];
  times: readonly Slice[];
  groups: readonly Slice[];
}

const SUBJECTS: readonly Subject[] = ['network', 'against', 'mean', 'nearest'];
const OTHERS: readonly Other[] = ['against', 'mean'];

const subjectsOf = (frames: readonly FrameResult[]) =>
  SUBJECTS.filter(subject => frames.some(({scores}) => scores[subject] !== undefined));

function metricsOf({frames, protocol}: EvalResult): MetricName[] {
  const measured = new Set(
    frames.flatMap(({scores}) => Object.values(scores).flatMap(own => Object.keys(own))),
  );
  const others = METRIC_NAMES.filter(name => measured.has(name) && !protocol.metrics.includes(name));
  return [...protocol.metrics, ...others];
}

const present = <Key extends string, Value>(entries: readonly (readonly [Key, Value | undefined])[]) =>
  Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<Record<Key, Value>>;

/** Means of each subject and metric that the frames have. */
export const meansOf = (
  frames: readonly FrameResult[],
  subjects: readonly Subject[],
  metrics: readonly MetricName[],
  rule: MeanRule,
): Means =>
  present(
    subjects.map(subject => [
      subject,
      present(metrics.map(metric => [metric, meanScore(frames, subject, metric, rule)] as const)),
    ]),
  );

/**
 * Takes a few seconds for thousands of groups: {@link bootstrapInterval} draws them 10,000 times.
 */
export function summarize(result: EvalResult): Summary {
  const {frames, protocol} = result;
  const [metrics, subjects] = [metricsOf(result), subjectsOf(frames)];
  const sliceOf = ({name, frames: own}: Frames): Slice => ({
    name,
    frames: own.length,
    groups: new Set(own.map(({group}) => group)).size,
    means: meansOf(own, subjects, metrics, protocol.mean),
    differences: OTHERS.flatMap(other =>
      metrics.flatMap(metric => pairedDifference(own, other, metric, protocol.mean) ?? []),
    ),
  });
  const slices = (all: readonly Frames[]) => (all.length > 1 ? all.map(sliceOf) : []);
  const parts = slices(byPart(frames));
  return {
    metrics,
    subjects,
    whole: sliceOf({name: 'all', frames}),
    parts,
    gaps: parts.length > 0 ? [] : slices(byGap(frames)),
    quartiles: slices(byMotion(frames, 4)),
    times: slices(byTime(frames)),
    groups: slices(byGroup(frames)),
  };
}
