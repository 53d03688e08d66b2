/** Validation, and the checkpoint with the best score. */
import type {Validation} from '../contract/index.js';
import {scoresText} from '../log/scoresText.js';
import type {Run} from './run.js';

/**
 * Fires `validate`. The best score so far writes a checkpoint, which stays until a better score is
 * found.
 */
export async function validate(run: Run): Promise<void> {
  const {logger} = run.parts;
  const {step, scores, baselines} = await scored(run);
  if (Object.keys(scores).length === 0) return;
  logger.info(`validation at step ${step}: ${scoresText(scores, baselines)}`);
  logger.event({event: 'validate', step, scores, baselines});
  const {psnr} = scores;
  // Of equal scores the earlier one stays.
  if (psnr === undefined || !Number.isFinite(psnr) || psnr <= (run.checkpoints.best?.psnr ?? -Infinity))
    return;
  if (await run.saveAndContinue({best: {step, psnr}}))
    logger.info(`the best so far (psnr ${psnr.toFixed(2)}) is kept in ${run.checkpoints.bestFolder}`);
}

/** Replica 0 computes the scores; the others fire `validate` with the same ones. */
async function scored(run: Run): Promise<Validation> {
  const {hooks, replicas} = run.parts;
  const {best} = run.checkpoints;
  const validation: Validation = {...run.progress, scores: {}, baselines: {}, ...(best && {best})};
  if (replicas.isFirst) await hooks.validate.promise(validation);
  const [first] = await replicas.gather({scores: validation.scores, baselines: validation.baselines});
  if (replicas.isFirst) return validation;
  Object.assign(validation.scores, first!.scores);
  Object.assign(validation.baselines, first!.baselines);
  await hooks.validate.promise(validation);
  return {...validation, ...first!};
}
