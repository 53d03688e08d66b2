/** Public sets that a run is scored on while it trains. */
import type {Predictor, Trainer, TrainConfig, Validation} from '@rife-train/core';
import {evalSetOption} from '@rife-train/errors';
import {
  checkTimes,
  evaluate,
  isHigherBetter,
  meanScore,
  type FrameResult,
  type Maker,
} from '@rife-train/evaluate';
import {planOf, type Plan} from '../eval/plan.js';
import {wholeFrames} from '../predict/tiles.js';

/** Threads that read and score; training waits meanwhile. */
const THREADS = 2;

/**
 * Reads the sets of a configuration, and checks all that `rife-train eval` checks.
 * @throws RIFE_ERR_EVAL_*
 */
export async function readSets(
  {validate: {sets}}: Pick<TrainConfig, 'validate'>,
  cwd: string,
): Promise<Plan[]> {
  const names = sets.map(({set}) => set);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw evalSetOption(twice, 'validate.sets', names, 'each set once');
  const plans: Plan[] = [];
  for (const {set, ...options} of sets) plans.push(await planOf(set, options, cwd));
  return plans;
}

/**
 * What scores the sets of a run with its current weights.
 * @throws as {@link readSets}
 */
export async function openSets(
  trainer: Trainer,
  cwd: string,
): Promise<(validation: Validation) => Promise<void>> {
  const plans = await readSets(trainer.config, cwd);
  return async validation => {
    const predictor = await trainer.openPredictor();
    try {
      for (const plan of plans) await scoreSet(plan, predictor, validation);
    } finally {
      await predictor.close();
    }
  };
}

const makerOf = (predictor: Predictor, scale: number | undefined): Maker => ({
  anyTimestep: predictor.anyTimestep,
  predict: (img0, img1, t, gap) => wholeFrames(predictor, {gap, scale})(img0, img1, t),
});

/** Adds the scores of a set, `<set>/<metric>`, and those of the mean of the inputs. */
async function scoreSet(
  {set, protocol, metrics}: Plan,
  predictor: Predictor,
  {scores, baselines, lowerIsBetter}: Validation,
): Promise<void> {
  const frames: FrameResult[] = [];
  const network = makerOf(predictor, protocol.scale);
  checkTimes(set, 'The network', network, protocol);
  await evaluate({
    ...{set, protocol, metrics, network, threads: THREADS, done: new Set<string>(), motion: false},
    onPair: pair => frames.push(...pair),
  });
  for (const metric of metrics) {
    const name = `${set.name}/${metric}`;
    const meanOf = (subject: 'network' | 'mean') =>
      meanScore(frames, subject, metric, protocol.mean ?? 'frames')?.value;
    const [score, baseline] = [meanOf('network'), meanOf('mean')];
    if (score !== undefined) scores[name] = score;
    if (baseline !== undefined) baselines[name] = baseline;
    if (!isHigherBetter(metric)) lowerIsBetter.push(name);
  }
}
