/** Comparisons for programs, described in docs/cli.md. */
import {isOfSameTriplets, referenceOf} from './differences.js';
import type {Run} from './readRun.js';
import type {Comparison} from './runCompare.js';

/** JSON has no NaN. */
export const finite = (value: number) => (Number.isFinite(value) ? value : null);

function scoresOf(run: Run, runs: readonly Run[]) {
  return [...run.metrics.scores].map(([name, {last, lastStep, best, bestStep, baseline, points}]) => {
    const reference = referenceOf(runs, name)!;
    return {
      name,
      last: finite(last),
      lastStep,
      best: finite(best),
      bestStep,
      baseline: finite(baseline),
      // Null where nothing tells.
      comparable: run === reference ? true : (isOfSameTriplets(reference, run, name) ?? null),
      points,
    };
  });
}

function runJson(run: Run, runs: readonly Run[]) {
  const {name, folder, recorded, metrics, notes} = run;
  const {steps, examples, imagesPerSecond, learningRate, lastLoss, lowestLoss, notFinite, refused} = metrics;
  const {options, ...facts} = recorded ?? {};
  return {
    ...{name, folder, steps, examples, notFinite, refused, notes},
    recorded: recorded ? {...facts, options: Object.fromEntries(options ?? [])} : null,
    imagesPerSecond: finite(imagesPerSecond),
    learningRate: finite(learningRate),
    lastLoss: {...lastLoss, mean: finite(lastLoss.mean)},
    lowestLoss: lowestLoss ? {mean: lowestLoss.mean, steps: lowestLoss.step + 1} : null,
    events: Object.fromEntries(metrics.events),
    marks: metrics.marks,
    scores: scoresOf(run, runs),
    curves: {
      loss: metrics.loss,
      learningRate: metrics.rate,
      gradNorm: metrics.gradNorm,
      terms: Object.fromEntries(metrics.terms),
    },
  };
}

export const comparisonJson = ({runs, differences, notes}: Comparison) => ({
  format: 'rife-train/compare',
  version: 1,
  kind: 'runs',
  runs: runs.map(run => runJson(run, runs)),
  differences,
  notes,
});
