/** The start of an opened run: from fresh or initial weights, or from a checkpoint. */
import {randomUUID} from 'node:crypto';
import {initialize} from '../checkpoint/snapshot.js';
import {configChanges, summarizeConfig} from '../checkpoint/state.js';
import type {LoadedCheckpoint} from '../checkpoint/store.js';
import {resolveConfig} from '../config/config.js';
import type {InitialWeights} from '../contract/index.js';
import {logUnreadInit} from '../weights/initialWeights.js';
import {compareClips, writeClips} from './clips.js';
import {logRate} from './resumedRate.js';
import type {Run} from './run.js';

/**
 * Writes a checkpoint of step 0: from then on there is always one to resume from and to roll back
 * to.
 */
export async function begin(run: Run, initial: InitialWeights | undefined): Promise<void> {
  const {model, program, config, store, replicas, logger} = run.parts;
  await initialize(model, program, config.seed, initial?.values);
  await run.setbacks.countRecords(config.out);
  await replicas.byFirst(() => store.nameRun(randomUUID()));
  // The checkpoint holds the length of the file.
  if (replicas.isFirst) await logger.open(config.out, 0);
  await writeClips(run);
  await run.checkpoints.save();
}

/** Restores a checkpoint, and logs what differs from the run that wrote it. */
export async function resume(run: Run, checkpoint: LoadedCheckpoint): Promise<void> {
  const {config, plugins, logger, schedule, replicas, origin} = run.parts;
  await run.resume(checkpoint);
  await run.setbacks.countRecords(config.out);
  logger.info(`resumed from ${checkpoint.folder}`);
  if (checkpoint.missing > 0)
    logger.warn(
      `${checkpoint.missing} snapshots that plugins keep are not in it: the newest checkpoint alone holds them, and this was not the newest`,
    );
  await compareClips(run, checkpoint.state);
  await writeClips(run);
  logRate(checkpoint, {config, schedule, devices: replicas.count}, logger);
  logUnreadInit(config.init, origin, logger);
  const changes = configChanges(
    checkpoint.state.config,
    summarizeConfig(config, plugins, origin),
    summarizeConfig(resolveConfig({data: {root: config.data.root}, steps: config.steps}), []),
  );
  for (const change of changes) logger.warn(`the configuration differs from the checkpoint's: ${change}`);
  // Last: it is truncated to the length that the checkpoint knows.
  if (replicas.isFirst) await logger.open(config.out, run.position.step, checkpoint.state.metrics?.bytes);
}
