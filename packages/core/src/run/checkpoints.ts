/** The checkpoints of a run: what goes into one, what comes out of one, and which is the newest. */
import {join} from 'node:path';
import {checkpointsBroken} from '@rife-train/errors';
import {BEST} from '../checkpoint/best.js';
import {fingerprint} from '../checkpoint/fingerprint.js';
import {snapshotsByOwner, snapshotsToWrite, type SnapshotsByOwner} from '../checkpoint/memorySnapshot.js';
import {STATE_VERSION} from '../checkpoint/migrations.js';
import {checkSameModel, restore, snapshot} from '../checkpoint/snapshot.js';
import {summarizeConfig, type BestScore, type RunPosition} from '../checkpoint/state.js';
import type {LoadedCheckpoint} from '../checkpoint/store.js';
import {predictionPlugins} from '../plugins/registry.js';
import type {Position} from './position.js';
import type {RunParts} from './runParts.js';
import type {SetbackCounts} from './setbacks.js';
import {shardingOf, translate} from '../checkpoint/sharding.js';

/** Why a checkpoint is written, and how. */
export interface SaveRequest {
  /** The run is interrupted here. */
  isStop?: boolean;
  /** It has the best score so far. */
  best?: BestScore;
  /** Without the other replicas, which may be lost. */
  alone?: boolean;
}

export class Checkpoints {
  /** The newest checkpoint, and its step. */
  private newest: {step: number; folder: string} | undefined;
  /**
   * Step of the checkpoint that a rollback goes to; not that of a stop, which an uninterrupted run
   * would not have.
   */
  private returnTo: number | undefined;
  /**
   * Are checkpoints of later steps of a stretch that was rolled back? The next one that is written
   * removes them.
   */
  private hasStaleSuccessors = false;
  private bestScore: BestScore | undefined;

  constructor(
    private readonly parts: RunParts,
    private readonly position: Position,
    private readonly setbacks: SetbackCounts,
  ) {}

  /** Folder of the newest checkpoint. */
  get folder(): string | undefined {
    return this.newest?.folder;
  }

  /** The best validation so far whose weights were kept. */
  get best(): BestScore | undefined {
    return this.bestScore;
  }

  /** Folder of the checkpoint with the best validation. */
  get bestFolder(): string {
    return join(this.parts.store.folder, BEST);
  }

  /**
   * Writes a checkpoint of the current position, unless the newest is of this very step.
   * @throws RIFE_ERR_CHECKPOINT_WRITE, RIFE_ERR_NON_FINITE_WEIGHTS, and what taps of `save` throw
   */
  async save({isStop = false, best, alone = false}: SaveRequest = {}): Promise<void> {
    const before = this.bestScore;
    this.bestScore = best ?? before;
    let isWritten: boolean;
    try {
      isWritten = await this.write(isStop, best !== undefined, alone);
    } catch (error) {
      // A score whose weights could not be kept does not count.
      this.bestScore = before;
      throw error;
    }
    if (isWritten && !alone) await this.replaceDrifted();
  }

  private async write(isStop: boolean, isBest: boolean, alone: boolean): Promise<boolean> {
    const {model, program, store, logger, replicas} = this.parts;
    const {step} = this.position;
    if (this.newest?.step === step) return false;
    const returnTo = isStop ? (this.returnTo ?? step) : step;
    const {state, snapshots} = await this.describe(returnTo);
    const write = () => {
      const content = {state, snapshots, ...snapshot({model, program, step})};
      const warn = (text: string) => logger.warn(text);
      return store.save(content, {isBest, held: [returnTo], isNewest: this.hasStaleSuccessors, warn});
    };
    const folder = await (alone ? write() : replicas.byFirst(write));
    this.hasStaleSuccessors = false;
    this.newest = {step, folder};
    this.returnTo = returnTo;
    if (step > 0) logger.info(`saved ${folder}`);
    return true;
  }

  /**
   * The newest checkpoint no longer stands for the run: it was rolled back. The next one is written
   * in any case.
   */
  rolledBack(): void {
    this.newest = undefined;
    this.hasStaleSuccessors = true;
  }

  /** Goes on from a checkpoint: tensors, position, counts and the state of plugins. */
  async resume(checkpoint: LoadedCheckpoint): Promise<void> {
    const {replicas, store} = this.parts;
    const {step, best, setbacks, returnTo} = checkpoint.state;
    await this.restore(checkpoint);
    this.bestScore = best;
    this.returnTo = returnTo ?? step;
    this.setbacks.load(setbacks);
    this.newest = {step, folder: checkpoint.folder};
    if (best) await replicas.byFirst(() => store.repairBest(best.step));
  }

  /** The checkpoint that a rollback goes to. @throws RIFE_ERR_CHECKPOINT_MODEL */
  async loadForRollback(): Promise<LoadedCheckpoint> {
    const {store, model, logger} = this.parts;
    const checkpoint = await store.load(this.returnTo);
    // One is written before the first step.
    if (!checkpoint) throw checkpointsBroken(store.folder, ['all were removed while the run was going on']);
    for (const problem of checkpoint.skipped) logger.warn(`checkpoint passed over: ${problem}`);
    checkSameModel(model, checkpoint);
    return checkpoint;
  }

  /** Restores tensors, position and the state of plugins. */
  async restore(checkpoint: LoadedCheckpoint): Promise<void> {
    const {model, program, hooks, sharding} = this.parts;
    const {step, updates, dataIndex, avoided, plugins} = checkpoint.state;
    await restore(model, program, checkpoint);
    const here = (position: RunPosition) => translate(position, shardingOf(checkpoint.state), sharding);
    this.position.moveTo(here({step, updates, dataIndex, avoided}));
    const snapshots = snapshotsByOwner(
      checkpoint.snapshots.map(kept => ({...kept, position: here(kept.position)})),
    );
    await hooks.load.promise({step, directory: checkpoint.folder, plugins, snapshots});
  }

  /**
   * Sums on a GPU need not be exact, so replicas can drift apart. Those that did take the weights
   * of replica 0.
   */
  private async replaceDrifted(): Promise<void> {
    const {model, program, store, logger, replicas} = this.parts;
    if (replicas.count === 1) return;
    const {step} = this.position;
    const prints = await replicas.gather(await fingerprint(model, program));
    const apart = prints.flatMap((print, rank) => (print === prints[0] ? [] : [rank]));
    if (apart.length === 0) return;
    logger.event({event: 'replicas apart', step, replicas: apart});
    logger.warn(
      `step ${step}: weights of replicas ${apart.join(', ')} differ from those of replica 0, and are replaced`,
    );
    if (!apart.includes(replicas.rank)) return;
    const checkpoint = await store.load(step);
    if (checkpoint) await restore(model, program, checkpoint);
  }

  /** state.json, and the snapshots that plugins keep. */
  private async describe(returnTo: number) {
    const {config, hooks, model, store, logger, plugins, sharding, schedule, clips, origin} = this.parts;
    const {step} = this.position;
    const snapshots: SnapshotsByOwner = {};
    const context = {step, directory: store.folder, plugins: {}, snapshots};
    await hooks.save.promise(context);
    const {kept, files} = snapshotsToWrite(snapshots);
    const state = {
      version: STATE_VERSION,
      ...this.position.copy(),
      model: {name: model.name, options: model.options},
      config: summarizeConfig(config, plugins, origin),
      predictionPlugins: predictionPlugins(plugins, hooks),
      plugins: context.plugins,
      ...(logger.isOpen && {metrics: {bytes: logger.flush()}}),
      ...(this.bestScore && {best: this.bestScore}),
      rng: {seed: config.seed},
      sharding,
      schedule,
      ...(clips && {clips}),
      setbacks: this.setbacks.save(),
      returnTo,
      snapshots: kept,
    };
    return {state, snapshots: files};
  }
}
