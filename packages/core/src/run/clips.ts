/**
 * The list of a run's clips: written beside its checkpoints, and compared when the run is resumed.
 */
import {messageOf} from '@rife-train/errors';
import {clipChanges, writeClipList} from '../checkpoint/clipList.js';
import type {CheckpointState} from '../checkpoint/state.js';
import type {Run} from './run.js';

/** Writes the list. A full disk is no reason to stop a run. */
export async function writeClips({parts: {source, store, replicas, logger}}: Run): Promise<void> {
  const {clips} = source;
  if (!clips || !replicas.isFirst) return;
  await writeClipList(store.folder, clips).catch((error: unknown) =>
    logger.warn(`the list of clips could not be written: ${messageOf(error)}`),
  );
}

/** Warns of clips that are gone, new or changed since the checkpoint. */
export async function compareClips(run: Run, {clips: mark}: CheckpointState): Promise<void> {
  const {source, store, logger} = run.parts;
  const changes = await clipChanges(store.folder, mark, source.clips);
  if (changes === undefined) return;
  logger.warn(
    `the clips differ from the checkpoint's, ${changes}. Samples are drawn by their number in the list of clips: from batch ${run.position.dataIndex} on they are others than in a run that was not interrupted`,
  );
}
