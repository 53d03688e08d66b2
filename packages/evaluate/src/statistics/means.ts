/** Means of scores by the rule of a protocol. */
import type {MetricName} from '../metrics/metric.js';
import type {FrameResult, ProtocolFacts, Subject} from '../report/result.js';

export type MeanRule = ProtocolFacts['mean'];

/** A mean over frames. */
export interface Mean {
  /**
   * Infinite where a frame is, and NaN where a frame is: the scripts of the field leave none out.
   */
  value: number;
  /** Frames that have this score. */
  frames: number;
  /** Frames whose score isn't finite, such as the PSNR of identical pictures. */
  notFinite?: {
    targets: readonly string[];
    /** Mean of the other frames by the same rule; undefined if there are none. */
    others: number | undefined;
  };
}

/** A number of a frame. */
export interface Value {
  target: string;
  group: string;
  value: number;
}

/**
 * Sums and counts whose ratio, of the totals, is the mean: of each group's frames, or of each
 * group's mean. A resample of groups is a resample of these.
 */
export function groupTotals(values: readonly Value[], rule: MeanRule): {sums: number[]; counts: number[]} {
  const totals = new Map<string, [sum: number, count: number]>();
  for (const {group, value} of values) {
    const [sum, count] = totals.get(group) ?? [0, 0];
    totals.set(group, [sum + value, count + 1]);
  }
  const all = [...totals.values()];
  return rule === 'frames'
    ? {sums: all.map(([sum]) => sum), counts: all.map(([, count]) => count)}
    : {sums: all.map(([sum, count]) => sum / count), counts: all.map(() => 1)};
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** Mean by a rule; undefined of no values. */
export function meanOfValues(values: readonly Value[], rule: MeanRule): number | undefined {
  if (values.length === 0) return undefined;
  const {sums, counts} = groupTotals(values, rule);
  return sumOf(sums) / sumOf(counts);
}

/** The scores of a subject, of the frames that have them. */
export function valuesOf(frames: readonly FrameResult[], subject: Subject, metric: MetricName): Value[] {
  return frames.flatMap(({target, group, scores}) => {
    const value = scores[subject]?.[metric];
    return value === undefined ? [] : [{target, group, value}];
  });
}

/** Mean score of a subject; undefined if no frame has it. */
export function meanScore(
  frames: readonly FrameResult[],
  subject: Subject,
  metric: MetricName,
  rule: MeanRule,
): Mean | undefined {
  const values = valuesOf(frames, subject, metric);
  const value = meanOfValues(values, rule);
  if (value === undefined) return undefined;
  const finite = values.filter(({value: own}) => Number.isFinite(own));
  if (finite.length === values.length) return {value, frames: values.length};
  const targets = values.filter(({value: own}) => !Number.isFinite(own)).map(({target}) => target);
  return {value, frames: values.length, notFinite: {targets, others: meanOfValues(finite, rule)}};
}
