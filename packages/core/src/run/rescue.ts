/** Saves a run that fails: its weights are not lost, unless they are half changed. */
import {isRifeError, messageOf} from '@rife-train/errors';
import type {Run} from './run.js';

/** Errors of a save: another attempt would fail in the same way. */
const OF_SAVING = ['RIFE_ERR_CHECKPOINT_WRITE', 'RIFE_ERR_NON_FINITE_WEIGHTS'];

/** Moves the run to the boundary between steps that its weights belong to. */
function moveToBoundary(run: Run): void {
  // The batches of a step that was not made are fetched again.
  if (run.position.isUnderWay) run.position.abandonStep();
  if (run.position.isMade) run.advance();
}

/**
 * Writes a checkpoint. Any of several replicas may be lost, so the first that gets here writes it.
 */
async function saveAlone(run: Run): Promise<void> {
  const {replicas, store} = run.parts;
  const {step} = run.position;
  if (replicas.count > 1 && !(await store.isFirstToRescue(step))) return;
  try {
    await run.checkpoints.save({isStop: true, alone: true});
  } catch (error) {
    await store.leaveRescue(step);
    throw error;
  }
}

/**
 * Saves, unless the newest checkpoint is of this very step. An error of the save is only logged:
 * the caller throws the first one.
 * @param error the error that the run fails with
 */
export async function rescue(run: Run, error: unknown): Promise<void> {
  const {logger} = run.parts;
  const newest = () => `the newest checkpoint is ${run.checkpoints.folder ?? 'not known'}`;
  if (isRifeError(error) && OF_SAVING.includes(error.code)) return logger.warn(`not saved: ${newest()}`);
  if (run.position.isChanging)
    return logger.warn(
      `not saved: it failed while weights were changed, which may be half done; ${newest()}`,
    );
  moveToBoundary(run);
  try {
    await saveAlone(run);
  } catch (second) {
    logger.warn(`what was trained since could not be saved (${messageOf(second)}); ${newest()}`);
  }
}
