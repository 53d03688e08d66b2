/** Saves what a run that fails has learnt: whatever ends it, weights that are whole are not lost. */
import {isRifeError, messageOf} from '@rife-train/errors';
import type {Run} from './run.js';

/** Errors of the saving itself: trying again would only say so twice. */
const OF_SAVING = ['RIFE_ERR_CHECKPOINT_WRITE', 'RIFE_ERR_NON_FINITE_WEIGHTS'];

/** Puts the run at the boundary of steps that its weights belong to; false where they may be half changed. */
function toBoundary(run: Run): boolean {
  const {standing} = run;
  if (standing === 'changing') return false;
  // The batches of a step that was not made are fetched again.
  if (standing === 'in step') run.position = {...run.began, avoided: run.position.avoided};
  if (standing === 'stepped') run.advance();
  run.standing = 'between';
  run.stepStart = undefined;
  return true;
}

/** Writes a checkpoint. Of several replicas the first that comes does: one of them may be lost, and it may be any. */
async function saveAlone(run: Run): Promise<void> {
  const {replicas, store} = run.parts;
  const {step} = run.position;
  if (replicas.count > 1 && !(await store.isFirstToRescue(step))) return;
  try {
    await run.save({isStop: true, alone: true});
  } catch (error) {
    await store.leaveRescue(step);
    throw error;
  }
}

/**
 * Saves, unless the newest checkpoint is of this very step. What goes wrong meanwhile is told, and hides nothing: the caller throws the first error.
 * @param error what the run fails with
 */
export async function rescue(run: Run, error: unknown): Promise<void> {
  const {logger} = run.parts;
  const newest = () => `the newest checkpoint is ${run.lastSaved?.folder ?? 'not known'}`;
  if (isRifeError(error) && OF_SAVING.includes(error.code)) return logger.warn(`not saved: ${newest()}`);
  try {
    if (toBoundary(run)) await saveAlone(run);
    else logger.warn(`not saved: it failed while weights were changed, which may be half done; ${newest()}`);
  } catch (second) {
    logger.warn(`what was trained since could not be saved (${messageOf(second)}); ${newest()}`);
  }
}
