/** A run: its parts, its position and its checkpoints, and what moves it on or back. */
import type {Batch, Progress, RollbackTo} from '../contract/index.js';
import {isRifeError, trainerState} from '@rife-train/errors';
import {firstOutside, withRange} from '../checkpoint/avoided.js';
import {MemorySnapshot} from '../checkpoint/memorySnapshot.js';
import {stateVariables} from '../checkpoint/snapshot.js';
import type {LoadedCheckpoint} from '../checkpoint/store.js';
import type {FlightRecorder} from '../flight/recorder.js';
import {progressAt} from '../optim/progress.js';
import {isFiniteArray} from '../weights/tensors.js';
import {Checkpoints, type SaveRequest} from './checkpoints.js';
import {Failures} from './failures.js';
import {Passes} from './passes.js';
import {Position} from './position.js';
import type {RunParts} from './runParts.js';
import {SetbackCounts} from './setbacks.js';

export class Run {
  readonly position = new Position();
  readonly setbacks = new SetbackCounts();
  readonly passes: Passes;
  readonly checkpoints: Checkpoints;
  /** Flight records; undefined where none are written. */
  readonly failures: Failures | undefined;

  constructor(
    readonly parts: RunParts,
    recorder?: FlightRecorder,
  ) {
    this.passes = new Passes(parts);
    this.checkpoints = new Checkpoints(parts, this.position, this.setbacks);
    this.failures = recorder && new Failures(parts, this.position, this.setbacks, this.passes, recorder);
    this.failures?.tapInto(parts.hooks);
  }

  get progress(): Progress {
    return progressAt(this.position.step, this.parts.config.steps);
  }

  /** Fetches the micro-batches of a step, without those that are to be avoided. */
  async fetchBatches(): Promise<Batch[]> {
    const {source, config} = this.parts;
    const batches: Batch[] = [];
    while (batches.length < config.optim.microSteps) {
      const {dataIndex, avoided} = this.position;
      const next = firstOutside(avoided, dataIndex);
      if (next > dataIndex) {
        await source.seek(next);
        this.position.skipBatchesTo(next);
      }
      batches.push(await source.next());
      this.position.batchFetched();
    }
    return batches;
  }

  /** On to the next step. */
  advance(): void {
    this.position.advance();
    this.setbacks.reached(this.position.step);
  }

  /**
   * Writes a checkpoint of a run that continues. A full disk is no reason to lose the run: it is
   * logged, and the next checkpoint tries again. Where weights are not finite, the run rolls back.
   * @returns is it written?
   * @throws any other error of the save
   */
  async saveAndContinue(request: SaveRequest = {}): Promise<boolean> {
    const {logger} = this.parts;
    try {
      await this.checkpoints.save(request);
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

  /** Continues a run from a checkpoint. */
  resume(checkpoint: LoadedCheckpoint): Promise<void> {
    return this.checkpoints.resume(checkpoint);
  }

  /** Are rollbacks left? */
  get mayRollBack(): boolean {
    return this.setbacks.rollbacks < Math.max(1, this.parts.config.maxNonFinite);
  }

  /** Are weights or moments not finite? */
  async hasBrokenWeights(): Promise<boolean> {
    const {program, model} = this.parts;
    const values = await program.readVariables(stateVariables(model));
    return ![...values.values()].every(isFiniteArray);
  }

  /**
   * @throws RIFE_ERR_TRAINER_STATE outside `beforeStep`: elsewhere some plugins have seen the step,
   *   and others have not
   */
  async takeSnapshot(): Promise<MemorySnapshot> {
    const {program, model, hooks, store} = this.parts;
    const start = this.position.snapshotPoint;
    if (!start)
      throw trainerState(
        'A snapshot was asked for in the middle of a step',
        'Take it in a tap of beforeStep',
      );
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
    this.position.changing();
    await program.writeVariables(values);
    this.position.moveTo({...position, avoided: withRange(avoided, avoid)});
    await hooks.load.promise({
      step: position.step,
      directory: store.folder,
      plugins: structuredClone(plugins) as Record<string, unknown>,
      rewindsData: true,
    });
    // After `load`: batches that are drawn now get the policies of the state that was restored.
    await source.seek(position.dataIndex);
    await this.endRollback(step, `to the snapshot of step ${position.step}`, {
      to: position.step,
      avoid,
      reason,
    });
  }

  /**
   * Returns to the newest checkpoint. The data continues after the batch that failed, so that it is
   * not fed again.
   */
  async rollBack(): Promise<void> {
    const {dataIndex, step, avoided} = this.position;
    const checkpoint = await this.checkpoints.loadForRollback();
    this.position.changing();
    await this.checkpoints.restore(checkpoint);
    const restored = this.position.copy();
    this.position.moveTo({...restored, dataIndex, avoided: avoided.reduce(withRange, restored.avoided)});
    await this.endRollback(step, `to ${checkpoint.folder}`, {to: restored.step});
  }

  /**
   * Counts and logs a rollback, and writes a checkpoint that replaces those of later steps: else a
   * run that is killed now would resume from the stretch that was left, or be fed the same batches
   * again.
   */
  private async endRollback(from: number, where: string, facts: Record<string, unknown>): Promise<void> {
    const {logger} = this.parts;
    this.position.rolledBack();
    this.setbacks.rolledBack();
    logger.event({event: 'rollback', step: from, ...facts});
    logger.warn(`rolled back from step ${from} ${where}`);
    this.checkpoints.rolledBack();
    await this.saveAndContinue();
  }
}
