/** Validation, and the checkpoint with the best score. */
import {noBestScoreWarning} from '@rife-train/errors';
import type {Validation} from '../contract/index.js';
import {scoresText} from '../log/scoresText.js';
import type {Run} from './run.js';

/**
 * Fires `validate`. The best score so far writes a checkpoint, which stays until a better score is
 * found.
 */
export async function validate(run: Run): Promise<void> {
  const {logger} = run.parts;
  const {step, scores, baselines, lowerIsBetter} = await scored(run);
  if (Object.keys(scores).length === 0) return;
  logger.info(`validation at step ${step}: ${scoresText(scores, baselines)}`);
  logger.event({event: 'validate', step, scores, baselines});
  const name = run.parts.config.validate.best;
  const score = scores[name];
  if (score === undefined) {
    // Without clips to validate on there may be other scores, and no best.
    if (name !== 'psnr') logger.warn(noBestScoreWarning(name, Object.keys(scores)).message);
    return;
  }
  if (!Number.isFinite(score) || !isBetter(score, bestBy(run)?.score, lowerIsBetter.includes(name))) return;
  if (await run.saveAndContinue({best: {step, name, score}}))
    logger.info(`the best so far (${name} ${score.toFixed(2)}) is kept in ${run.checkpoints.bestFolder}`);
}

/** The best so far; none where another score decided until now. */
function bestBy({checkpoints: {best}, parts: {config}}: Run) {
  return best?.name === config.validate.best ? best : undefined;
}

/** Of equal scores the earlier one stays. */
const isBetter = (score: number, best: number | undefined, lower: boolean) =>
  best === undefined || (lower ? score < best : score > best);

/** Replica 0 computes the scores; the others fire `validate` with the same ones. */
async function scored(run: Run): Promise<Validation> {
  const {hooks, replicas} = run.parts;
  const best = bestBy(run);
  const validation: Validation = {
    ...{...run.progress, scores: {}, baselines: {}, lowerIsBetter: []},
    ...(best && {best}),
  };
  if (replicas.isFirst) await hooks.validate.promise(validation);
  const {scores, baselines, lowerIsBetter} = validation;
  const [first] = await replicas.gather({scores, baselines, lowerIsBetter});
  if (replicas.isFirst) return validation;
  Object.assign(scores, first!.scores);
  Object.assign(baselines, first!.baselines);
  lowerIsBetter.push(...first!.lowerIsBetter);
  await hooks.validate.promise(validation);
  return {...validation, ...first!};
}
