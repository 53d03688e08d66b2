/** Writes flight records: of a step that is not finite, and of one that a run was stopped at. */
import {messageOf} from '@rife-train/errors';
import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import type {
  Batch,
  Engine,
  Model,
  ModelOptions,
  Program,
  RifePlugin,
  StepMetrics,
  TrainConfig,
  TrainerHooks,
  WeightsOrigin,
} from '../contract/index.js';
import {replaceFile, writeSealed} from '@rife-train/files';
import {snapshot} from '../checkpoint/snapshot.js';
import {OPTIMIZER_FILE, summarizeConfig, WEIGHTS_FILE, type RunPosition} from '../checkpoint/state.js';
import {adamWScalars} from '../optim/adamW.js';
import type {ScalarTable} from '../traced/scalars.js';
import type {Logger} from '../log/logger.js';
import {gradientsOf, type BatchShape} from '../traced/gradients.js';
import type {TracedContext} from '../traced/trace.js';
import {describeExamination, describeUpdate, examine, type Examination} from './examine.js';
import {
  BATCHES_FILE,
  encodeBatches,
  RECORD_FILE,
  RECORD_VERSION,
  recordText,
  type FlightRecord,
} from './record.js';
import {flightFolder, moveIntoPlace, prune} from './recordFolder.js';
import {suspectsText} from './suspects.js';

/** The parts of the run that a record describes. */
export interface RecordedRun {
  config: TrainConfig;
  hooks: TrainerHooks;
  plugins: readonly RifePlugin[];
  model: Model;
  program: Program;
  scalars: ScalarTable;
  logger: Logger;
  origin: WeightsOrigin | undefined;
}

/** What a recorder needs besides. */
export interface RecorderParts {
  engine: Engine;
  traced: TracedContext;
  shape: BatchShape;
  /** Options of the model before any plugin changed them. */
  configured: ModelOptions;
}

/** A step that ended badly. */
export interface BadStep {
  kind: FlightRecord['kind'];
  metrics: StepMetrics;
  position: RunPosition;
  batches: readonly Batch[];
  /** Number of the record, in the order in which the run writes them. */
  sequence: number;
  /** Micro-step that is not finite; -1 for none. */
  microStep: number;
  /** Is it the update that is not finite, after the last micro-step? */
  withUpdate: boolean;
  reason: string;
}

/** What was found, and where the record is. */
export interface Recorded {
  /** Folder of the record; undefined when it could not be written. */
  record?: string;
  /** One sentence; undefined when the step was not examined. */
  finding?: string;
}

/** A record on disk. */
interface Written {
  folder: string;
  record: FlightRecord;
}

export class FlightRecorder {
  constructor(
    private readonly run: RecordedRun,
    private readonly parts: RecorderParts,
  ) {}

  /**
   * The record is on disk before the step is examined: examination takes much memory, and a process
   * that is killed for it still leaves a record. Never throws: a step that can't be examined or
   * recorded is logged, and the run continues.
   */
  async record(step: BadStep): Promise<Recorded> {
    const {logger, config} = this.run;
    const written = await this.write(step);
    const examination = config.examine && step.microStep >= 0 ? await this.examine(step) : undefined;
    const sentences = examination && [describeExamination(examination), describeUpdate(examination)];
    const finding = sentences?.filter(Boolean).join('; ');
    if (written && examination) await this.complete(written, examination);
    const record = written?.folder;
    const {step: number} = step.metrics.progress;
    logger.event({
      event: 'flight record',
      step: number,
      kind: step.kind,
      ...(finding && {finding}),
      ...(record && {record: path.relative(config.out, record)}),
    });
    const facts = [finding, suspectsText(step.metrics), record && `record: ${record}`].filter(Boolean);
    logger.warn(`step ${number} is ${step.kind}: ${facts.join('; ')}`);
    return {...(record && {record}), ...(finding && {finding})};
  }

  private async examine(bad: BadStep): Promise<Examination | undefined> {
    const {
      batches,
      microStep,
      withUpdate,
      metrics: {variant},
    } = bad;
    const {program, scalars, logger} = this.run;
    try {
      return await examine({
        ...this.parts,
        program,
        ...{batches, microStep, variant},
        scalars: {...scalars.valuesOf(gradientsOf(variant))},
        ...(withUpdate && {updateScalars: {...scalars.valuesOf('update')}}),
      });
    } catch (error) {
      logger.warn(`the step could not be examined: ${messageOf(error)}`);
      return undefined;
    }
  }

  private async write(step: BadStep): Promise<Written | undefined> {
    const {config, logger} = this.run;
    const folder = flightFolder(config.out);
    const {step: number} = step.metrics.progress;
    const aside = path.join(folder, `.new-${number}`);
    try {
      await rm(aside, {recursive: true, force: true});
      await mkdir(aside, {recursive: true});
      const record = await this.writeFiles(aside, step);
      const place = await moveIntoPlace(aside, folder, number, step.sequence);
      await prune(folder);
      return {folder: place, record};
    } catch (error) {
      await rm(aside, {recursive: true, force: true}).catch(() => {});
      logger.warn(`the flight record of step ${number} could not be written: ${messageOf(error)}`);
      return undefined;
    }
  }

  private async writeFiles(folder: string, step: BadStep): Promise<FlightRecord> {
    const {model, program} = this.run;
    const {weights, optimizer} = snapshot({
      model,
      program,
      step: step.metrics.progress.step,
      allowBroken: true,
    });
    const at = (name: string) => path.join(folder, name);
    const files = {
      [BATCHES_FILE]: await writeSealed(at(BATCHES_FILE), encodeBatches(step.batches, this.parts.shape)),
      [WEIGHTS_FILE]: await writeSealed(at(WEIGHTS_FILE), weights),
      [OPTIMIZER_FILE]: await writeSealed(at(OPTIMIZER_FILE), optimizer),
    };
    const record: FlightRecord = {...(await this.describe(step)), sequence: step.sequence, files};
    await replaceFile(at(RECORD_FILE), recordText(record));
    return record;
  }

  /** Adds the examination to a record that is already on disk. */
  private async complete({folder, record}: Written, examination: Examination): Promise<void> {
    try {
      await replaceFile(path.join(folder, RECORD_FILE), recordText({...record, examination}));
    } catch (error) {
      this.run.logger.warn(`the finding could not be added to ${folder}: ${messageOf(error)}`);
    }
  }

  private async describe({
    kind,
    reason,
    metrics,
    position,
    batches,
  }: BadStep): Promise<Omit<FlightRecord, 'files' | 'sequence' | 'examination'>> {
    const {config, plugins, model, scalars, hooks, logger, origin} = this.run;
    const {variant} = metrics;
    const {step, steps} = metrics.progress;
    const context = {step, directory: flightFolder(config.out), plugins: {}};
    await hooks.save.promise(context);
    return {
      version: RECORD_VERSION,
      kind,
      reason,
      step,
      steps,
      position,
      shape: this.parts.shape,
      ...(variant !== undefined && {variant}),
      batches: batches.map(({index, names, gap, timestep, policy}) => ({
        index,
        names,
        gap: [...gap],
        timestep: [...timestep],
        policy,
      })),
      loss: metrics.loss,
      gradNorm: metrics.gradNorm,
      maxFlow: metrics.maxFlow,
      terms: metrics.terms,
      learningRate: metrics.learningRate,
      scalars: {...scalars.valuesOf(gradientsOf(variant))},
      updateScalars: {
        ...scalars.valuesOf('update'),
        ...adamWScalars(position.updates + 1, metrics.learningRate, config.optim),
      },
      rng: {seed: config.seed},
      model: {name: model.name, options: model.options, configured: this.parts.configured},
      config: summarizeConfig(config, plugins, origin),
      plugins: context.plugins,
      metrics: [...logger.recent],
    };
  }
}
