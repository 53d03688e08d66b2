/** Evaluations side by side, and frame by frame. */
import {printable} from '@rife-train/errors';
import {
  meanScore,
  METRIC_NAMES,
  pairedDifference,
  type FrameResult,
  type MetricName,
} from '@rife-train/evaluate';
import {textOf, type OptionDifference} from './differences.js';
import type {Evaluation} from './readEvaluation.js';
import type {Row} from './rows.js';

/** How an evaluation differs from the first one, over the frames of both. */
export interface PairedScore {
  name: string;
  /** The evaluation that is subtracted. */
  minus: string;
  metric: MetricName;
  mean: number;
  /** 95 % bootstrap interval of the mean, groups drawn; null if there are too few. */
  interval: readonly [low: number, high: number] | null;
  frames: number;
  /** Frames in which it is better. */
  better: number;
  /** Frames left out, since a score is infinite. */
  infinite: number;
}

export interface EvaluationComparison {
  evaluations: readonly Evaluation[];
  metrics: readonly MetricName[];
  paired: readonly PairedScore[];
  differences: readonly OptionDifference[];
  notes: string[];
}

const keyOf = ({pair, target}: FrameResult) => JSON.stringify([pair, target]);

/**
 * Frames of both: the second's scores as the network's, the first's as those it is compared with.
 */
function joined(first: readonly FrameResult[], second: readonly FrameResult[]): FrameResult[] {
  const known = new Map(first.map(frame => [keyOf(frame), frame.scores.network]));
  return second.flatMap(frame => {
    const [own, against] = [frame.scores.network, known.get(keyOf(frame))];
    return own && against ? [{...frame, scores: {network: own, against}}] : [];
  });
}

/** Metrics of the protocol, then others that were measured. */
function metricsOf(evaluations: readonly Evaluation[]): MetricName[] {
  const own = evaluations[0]!.result.protocol.metrics.filter(metric => METRIC_NAMES.includes(metric));
  const measured = new Set(
    evaluations.flatMap(({result}) => result.frames.flatMap(({scores}) => Object.keys(scores.network ?? {}))),
  );
  return [...own, ...METRIC_NAMES.filter(name => measured.has(name) && !own.includes(name))];
}

function pairedScores(evaluations: readonly Evaluation[], metrics: readonly MetricName[]): PairedScore[] {
  const [first, ...others] = evaluations;
  const rule = first!.result.protocol.mean;
  return others.flatMap(({name, result}) => {
    const frames = joined(first!.result.frames, result.frames);
    return metrics.flatMap(metric => {
      const found = pairedDifference(frames, 'against', metric, rule);
      if (!found) return [];
      const {mean, interval = null, frames: count, better, infinite} = found;
      return [
        {name, minus: first!.name, metric, mean, interval, frames: count, better, infinite: infinite.length},
      ];
    });
  });
}

/** Options of the prediction, and machines, that differ. */
function optionDifferences(evaluations: readonly Evaluation[]): OptionDifference[] {
  const all = evaluations.map(({result: {identity}}): Record<string, unknown> => ({
    ...identity.options,
    version: identity.version,
    ...identity.machine,
  }));
  return [...new Set(all.flatMap(options => Object.keys(options)))]
    .map(option => ({option, values: all.map(options => textOf(options[option]))}))
    .filter(({values}) => new Set(values).size > 1);
}

function notesOf(evaluations: readonly Evaluation[], paired: readonly PairedScore[]): string[] {
  const [first, ...others] = evaluations;
  const notes = others.flatMap(({name, result}) => {
    const both = joined(first!.result.frames, result.frames).length;
    const apart = first!.result.frames.length + result.frames.length - 2 * both;
    return apart > 0
      ? [
          `${apart} frames are scored in only one of ${first!.name} and ${name}, and left out of their difference`,
        ]
      : [];
  });
  const infinite = paired.filter(score => score.infinite > 0);
  for (const {name, metric, infinite: count} of infinite)
    notes.push(`${count} frames are left out of the difference in ${metric} of ${name}: a score is infinite`);
  if (paired.some(({interval}) => interval === null))
    notes.push('there is no interval where the frames are of fewer than two groups');
  return notes.map(printable);
}

export function compareEvaluations(evaluations: readonly Evaluation[]): EvaluationComparison {
  const metrics = metricsOf(evaluations);
  const paired = pairedScores(evaluations, metrics);
  return {
    evaluations,
    metrics,
    paired,
    differences: optionDifferences(evaluations),
    notes: notesOf(evaluations, paired),
  };
}

/** Digits of a score: `dB` with two, the others with four. */
const scoreText = (metric: MetricName, value: number) =>
  value.toFixed(metric.startsWith('psnr') || metric === 'ie' ? 2 : 4);

/** Digits of a difference: one more. */
const signed = (metric: MetricName, value: number) =>
  `${value < 0 ? '' : '+'}${value.toFixed(metric.startsWith('psnr') || metric === 'ie' ? 3 : 5)}`;

const pairedText = ({metric, mean, interval, frames, better}: PairedScore) => {
  const range = interval ? ` [${interval.map(end => signed(metric, end)).join(', ')}]` : '';
  return `${signed(metric, mean)}${range}, better in ${better} of ${frames}`;
};

/** Rows of the table: who it is, means, and differences from the first. */
export function evaluationRows({evaluations, metrics, paired}: EvaluationComparison): Row[] {
  const row = (label: string, cell: (evaluation: Evaluation) => string): Row => ({
    label: printable(label),
    cells: evaluations.map(evaluation => printable(cell(evaluation))),
  });
  const meanOf =
    (metric: MetricName, subject: 'network' | 'mean') =>
    ({result}: Evaluation) => {
      const mean = meanScore(result.frames, subject, metric, result.protocol.mean);
      return mean ? scoreText(metric, mean.value) : '-';
    };
  const first = evaluations[0]!;
  const differenceIn = (metric: MetricName) => (evaluation: Evaluation) => {
    const found = paired.find(score => score.metric === metric && score.name === evaluation.name);
    return found ? pairedText(found) : '-';
  };
  return [
    row('network', ({result}) => String(result.identity.network.name)),
    row('weights', ({result}) => String(result.identity.network.sha256).slice(0, 12)),
    row('frames', ({result}) => result.frames.length.toLocaleString('en-US')),
    ...metrics.map(metric => row(metric, meanOf(metric, 'network'))),
    ...metrics.map(metric => row(`${metric}, inputs' mean`, meanOf(metric, 'mean'))),
    ...metrics.map(metric => row(`${metric} minus ${first.name}`, differenceIn(metric))),
  ].filter(({cells}) => cells.some(cell => cell !== '-'));
}
