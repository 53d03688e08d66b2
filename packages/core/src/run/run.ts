/** What the training step works on, and the moves that it can make: progress, save, roll back. */
import {join} from 'node:path';
import type {Batch, Progress, RollbackTo, Validation} from '../contract/index.js';
import {isRifeError, trainerState} from '@rife-train/errors';
import {firstOutside, withRange} from './avoided.js';
import {BEST} from '../checkpoint/best.js';
import {fingerprint} from '../checkpoint/fingerprint.js';
import {checkSameModel, isFiniteArray, restore, snapshot, stateVariables} from '../checkpoint/snapshot.js';
import {STATE_VERSION} from '../checkpoint/migrations.js';
import {summarizeConfig, type BestScore, type RunPosition} from '../checkpoint/state.js';
import type {LoadedCheckpoint} from '../checkpoint/store.js';
import type {FlightRecorder} from '../flight/recorder.js';
import type {WeightsOrigin} from '../weights/initialWeights.js';
import {MemorySnapshot, snapshotsByOwner, snapshotsToWrite, type SnapshotsByOwner} from './memorySnapshot.js';
import {predictionPlugins} from '../plugins/registry.js';
import {SetbackCounts} from './setbacks.js';
import {progressAt, type RunParts, type SaveRequest} from './runParts.js';
import {scoresText} from '../log/scoresText.js';
import {shardingOf, translate} from './sharding.js';

const noSnapshotNow = () =>
  trainerState('A snapshot was asked for in the middle of a step', 'Take it in a tap of beforeStep');

export class Run {
  position: RunPosition = {step: 0, updates: 0, dataIndex: 0, avoided: []};
  readonly setbacks = new SetbackCounts();
  /** Where a step began, before its batches were fetched; while `beforeStep` is fired. */
  stepStart: RunPosition | undefined;
  /** Where the present step began. */
  began: RunPosition = this.position;
  /**
   * Which step the weights belong to: the one that `position` says; that at which the present step began; the one behind it; or, while they are being
   * changed, none.
   */
  standing: 'between' | 'in step' | 'stepped' | 'changing' = 'between';
  /** Weights that the run began with, when they were not fresh. */
  origin: WeightsOrigin | undefined;
  /** Newest checkpoint, and the step that it was written at. */
  lastSaved: {step: number; folder: string} | undefined;
  /** Step of the checkpoint that a rollback goes to; not that of a stop, which an uninterrupted run would not have. */
  private returnTo: number | undefined;
  /** Checkpoints of later steps are of a stretch that was rolled back, and go with the next that is written. */
  private leftBehind = false;
  /** Writes flight records. */
  recorder: FlightRecorder | undefined;
  /** The best validation so far. */
  best: BestScore | undefined;

  constructor(readonly parts: RunParts) {}

  get progress(): Progress {
    return progressAt(this.position.step, this.parts.config.steps);
  }

  /** The next batch in order that is not to be avoided; counts it. */
  async nextBatch(): Promise<Batch> {
    const {dataIndex, avoided} = this.position;
    const next = firstOutside(avoided, dataIndex);
    if (next > dataIndex) {
      await this.parts.source.seek(next);
      this.position.dataIndex = next;
    }
    const batch = await this.parts.source.next();
    this.position.dataIndex += 1;
    return batch;
  }

  /**
   * Writes a checkpoint of the current position, unless the newest is of this very step.
   */
  async save({isStop = false, isBest = false, alone = false}: SaveRequest = {}): Promise<void> {
    const {model, program, store, logger, replicas} = this.parts;
    const {step} = this.position;
    if (this.lastSaved?.step === step) return;
    const returnTo = isStop ? (this.returnTo ?? step) : step;
    const {state, snapshots} = await this.describe(returnTo);
    const write = () => {
      const content = {state, snapshots, ...snapshot({model, program, step})};
      return store.save(content, {isBest, held: [returnTo], isNewest: this.leftBehind});
    };
    const folder = await (alone ? write() : replicas.byFirst(write));
    this.leftBehind = false;
    this.lastSaved = {step, folder};
    this.returnTo = returnTo;
    if (step > 0) logger.info(`saved ${folder}`);
    if (!alone) await this.bringTogether();
  }

  /** Replicas whose weights have drifted apart, since sums on a GPU need not be exact, take over those of replica 0. */
  private async bringTogether(): Promise<void> {
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
    const {config, hooks, model, store, logger, plugins, sharding, schedule, clips} = this.parts;
    const {step} = this.position;
    const snapshots: SnapshotsByOwner = {};
    const context = {step, directory: store.folder, plugins: {}, snapshots};
    await hooks.save.promise(context);
    const {kept, files} = snapshotsToWrite(snapshots);
    const state = {
      version: STATE_VERSION,
      ...this.position,
      model: {name: model.name, options: model.options},
      config: summarizeConfig(config, plugins, this.origin),
      predictionPlugins: predictionPlugins(plugins, hooks),
      plugins: context.plugins,
      ...(logger.isOpen && {metrics: {bytes: logger.flush()}}),
      ...(this.best ? {best: this.best} : {}),
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

  /**
   * A checkpoint of a run that goes on. A disk that is full is no reason to lose it: it is told, and tried again the next time. Weights that are not finite
   * are gone back from.
   * @returns is it there?
   * @throws whatever else keeps it from being written
   */
  async saveAndGoOn(options: {isBest?: boolean} = {}): Promise<boolean> {
    const {logger} = this.parts;
    try {
      await this.save(options);
      return true;
    } catch (error) {
      if (!isRifeError(error)) throw error;
      if (error.code === 'RIFE_ERR_NON_FINITE_WEIGHTS' && this.mayRollBack) {
        logger.warn(error.message);
        await this.rollBack();
        return false;
      }
      if (error.code !== 'RIFE_ERR_CHECKPOINT_WRITE') throw error;
      logger.warn(`${error.message} The run goes on, and tries again at its next checkpoint.`);
      logger.event({event: 'save failed', step: this.position.step, message: error.message});
      return false;
    }
  }

  /** Fires `validate`; a score that is the best so far makes a checkpoint, which stays as long as it is the best. */
  async validate(): Promise<void> {
    const {logger, store} = this.parts;
    const {step, scores, baselines} = await this.scored();
    if (Object.keys(scores).length === 0) return;
    logger.info(`validation at step ${step}: ${scoresText(scores, baselines)}`);
    logger.event({event: 'validate', step, scores, baselines});
    const {psnr} = scores;
    // Ties go to the earlier one.
    if (psnr === undefined || !Number.isFinite(psnr) || psnr <= (this.best?.psnr ?? -Infinity)) return;
    const before = this.best;
    this.best = {step, psnr};
    // The best is one that is there: a score whose weights could not be kept is none.
    if (await this.saveAndGoOn({isBest: true}))
      logger.info(`the best so far (psnr ${psnr.toFixed(2)}) is kept in ${join(store.folder, BEST)}`);
    else this.best = before;
  }

  /** Replica 0 scores; the others see its scores as if they had. */
  private async scored() {
    const {hooks, replicas} = this.parts;
    const best = this.best && {best: this.best};
    const validation: Validation = {...this.progress, scores: {}, baselines: {}, ...best};
    if (replicas.isFirst) await hooks.validate.promise(validation);
    const [first] = await replicas.gather({scores: validation.scores, baselines: validation.baselines});
    if (replicas.isFirst) return validation;
    Object.assign(validation.scores, first!.scores);
    Object.assign(validation.baselines, first!.baselines);
    await hooks.validate.promise(validation);
    return {...validation, ...first!};
  }

  /** Goes on from a checkpoint: tensors, position, counts and the plugins' state. */
  async resume(checkpoint: LoadedCheckpoint): Promise<void> {
    const {step, config, best, setbacks, returnTo} = checkpoint.state;
    await this.takeOver(checkpoint);
    this.origin = config.init;
    this.best = best;
    this.returnTo = returnTo ?? step;
    this.setbacks.load(setbacks);
    this.lastSaved = {step, folder: checkpoint.folder};
    if (best) await this.parts.replicas.byFirst(() => this.parts.store.settleBest(best.step));
  }

  /** What a rollback takes of a checkpoint. */
  private async takeOver(checkpoint: LoadedCheckpoint): Promise<void> {
    const {model, program, hooks, sharding} = this.parts;
    const {step, updates, dataIndex, avoided, plugins} = checkpoint.state;
    await restore(model, program, checkpoint);
    const here = (position: RunPosition) => translate(position, shardingOf(checkpoint.state), sharding);
    this.position = here({step, updates, dataIndex, avoided});
    const snapshots = snapshotsByOwner(
      checkpoint.snapshots.map(kept => ({...kept, position: here(kept.position)})),
    );
    await hooks.load.promise({step, directory: checkpoint.folder, plugins, snapshots});
  }

  /** Is there a rollback left? */
  get mayRollBack(): boolean {
    return this.setbacks.rollbacks < Math.max(1, this.parts.config.maxNonFinite);
  }

  /** Are weights or moments not finite? */
  async hasBrokenWeights(): Promise<boolean> {
    const {program, model} = this.parts;
    const values = await program.readVariables(stateVariables(model));
    return ![...values.values()].every(isFiniteArray);
  }

  /** A step begins. */
  enter(): RunPosition {
    this.standing = 'in step';
    return (this.began = {...this.position});
  }

  /** On to the next step. */
  advance(): void {
    this.standing = 'between';
    this.position.step += 1;
    this.setbacks.reached(this.position.step);
  }

  /** @throws RIFE_ERR_TRAINER_STATE but in `beforeStep`: elsewhere some plugins have seen the step, and others have not */
  async takeSnapshot(): Promise<MemorySnapshot> {
    const {program, model, hooks, store} = this.parts;
    const start = this.stepStart;
    if (!start) throw noSnapshotNow();
    const context = {step: start.step, directory: store.folder, plugins: {}};
    await hooks.save.promise(context);
    const values = await program.readVariables(stateVariables(model));
    return new MemorySnapshot(start, values, structuredClone(context.plugins));
  }

  /** Returns to a snapshot; batches that are to be avoided stay so, whatever the snapshot knew. */
  async rollBackTo({rollback, avoid = [0, 0], reason}: RollbackTo): Promise<void> {
    const {program, hooks, store, source} = this.parts;
    const {position, values, plugins} = rollback as MemorySnapshot;
    const {step, avoided} = this.position;
    this.standing = 'changing';
    await program.writeVariables(values);
    this.position = {...position, avoided: withRange(avoided, avoid)};
    await hooks.load.promise({
      step: position.step,
      directory: store.folder,
      plugins: structuredClone(plugins) as Record<string, unknown>,
      rewindsData: true,
    });
    // Behind it: policies of batches that are drawn now are those of the state that was gone back to.
    await source.seek(position.dataIndex);
    await this.settle(step, `to the snapshot of step ${position.step}`, {to: position.step, avoid, reason});
  }

  /** Returns to the newest checkpoint; the data goes on behind the batch that failed, so that it is not met again. */
  async rollBack(): Promise<void> {
    const {store, model, logger} = this.parts;
    const {dataIndex, step, avoided} = this.position;
    const checkpoint = await store.load(this.returnTo);
    if (!checkpoint) throw new Error('invariant: a checkpoint is written before the first step');
    for (const problem of checkpoint.skipped) logger.warn(`checkpoint passed over: ${problem}`);
    checkSameModel(model, checkpoint);
    this.standing = 'changing';
    await this.takeOver(checkpoint);
    this.position = {...this.position, dataIndex, avoided: avoided.reduce(withRange, this.position.avoided)};
    await this.settle(step, `to ${checkpoint.folder}`, {to: this.position.step});
  }

  /**
   * Counts and tells a rollback. A checkpoint is written in place of those that lie ahead, or a run that is killed now would resume from what was just left
   * behind, or meet the same batches again.
   */
  private async settle(from: number, where: string, facts: Record<string, unknown>): Promise<void> {
    const {logger} = this.parts;
    this.standing = 'between';
    this.setbacks.rolledBack();
    logger.event({event: 'rollback', step: from, ...facts});
    logger.warn(`rolled back from step ${from} ${where}`);
    this.lastSaved = undefined;
    this.leftBehind = true;
    await this.saveAndGoOn();
  }
}
