/** Writes flight records: of a step that is not finite, and of one that a run was stopped at. */
import {messageOf} from '@rife-train/errors';
import {existsSync} from 'node:fs';
import {mkdir, readdir, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Batch, Engine, StepMetrics} from '../contract/index.js';
import {replaceFile, writeSealed} from '../checkpoint/files.js';
import {snapshot} from '../checkpoint/snapshot.js';
import {OPTIMIZER_FILE, stepFolder, summarizeConfig, WEIGHTS_FILE} from '../checkpoint/state.js';
import {jsonNumber} from '../metricsFile.js';
import type {Run} from '../run.js';
import type {BatchShape} from '../traced/gradients.js';
import type {TracedContext} from '../traced/trace.js';
import {describeExamination, examine, type Examination} from './examine.js';
import {BATCHES_FILE, encodeBatches, RECORD_FILE, RECORD_VERSION, type FlightRecord} from './record.js';

/** The first of a run, and the newest. */
const MOST_RECORDS = 3;

/** What a recorder needs beside the run. */
export interface RecorderParts {
  engine: Engine;
  traced: TracedContext;
  shape: BatchShape;
}

/** A step that ended badly. */
export interface BadStep {
  kind: FlightRecord['kind'];
  metrics: StepMetrics;
  batches: readonly Batch[];
  /** Micro-step that is not finite; -1 for none. */
  microStep: number;
  reason: string;
}

/** What was found, and where it lies. */
export interface Recorded {
  /** Folder of the record; none when it could not be written. */
  record?: string;
  /** One sentence; none when the step was not examined. */
  finding?: string;
}

export class FlightRecorder {
  constructor(
    private readonly run: Run,
    private readonly parts: RecorderParts,
  ) {}

  /** Never throws: what can't be examined or written is told, and is not the end of a run. */
  async record(step: BadStep): Promise<Recorded> {
    const {logger, config} = this.run.parts;
    const examination = config.examine && step.microStep >= 0 ? await this.examine(step) : undefined;
    const finding = examination && describeExamination(examination);
    const record = await this.write(step, examination);
    const {step: number} = step.metrics.progress;
    logger.event({
      event: 'flight record',
      step: number,
      kind: step.kind,
      ...(finding && {finding}),
      ...(record && {record: path.relative(config.out, record)}),
    });
    const samples = step.metrics.perSample.map(
      ({gap, timestep}, i) => `${step.metrics.samples[i]} (gap ${gap}, t ${timestep})`,
    );
    const facts = [finding, `samples: ${samples.join(', ')}`, record && `record: ${record}`].filter(Boolean);
    logger.warn(`step ${number} is ${step.kind}: ${facts.join('; ')}`);
    return {...(record && {record}), ...(finding && {finding})};
  }

  private async examine({batches, microStep}: BadStep): Promise<Examination | undefined> {
    const {program, scalars, logger} = this.run.parts;
    try {
      return await examine({
        ...this.parts,
        program,
        batch: batches[microStep]!,
        microStep,
        scalars: {...scalars.valuesOf('gradients')},
      });
    } catch (error) {
      logger.warn(`the step could not be examined: ${messageOf(error)}`);
      return undefined;
    }
  }

  private async write(step: BadStep, examination: Examination | undefined): Promise<string | undefined> {
    const {config, logger} = this.run.parts;
    const folder = path.join(config.out, 'flight');
    const name = stepFolder(step.metrics.progress.step);
    const aside = path.join(folder, `.new-${name}`);
    try {
      await rm(aside, {recursive: true, force: true});
      await mkdir(aside, {recursive: true});
      await this.writeFiles(aside, step, examination);
      await rm(path.join(folder, name), {recursive: true, force: true});
      await rename(aside, path.join(folder, name));
      await prune(folder);
      return path.join(folder, name);
    } catch (error) {
      await rm(aside, {recursive: true, force: true}).catch(() => {});
      logger.warn(
        `the flight record of step ${step.metrics.progress.step} could not be written: ${messageOf(error)}`,
      );
      return undefined;
    }
  }

  private async writeFiles(
    folder: string,
    step: BadStep,
    examination: Examination | undefined,
  ): Promise<void> {
    const {model, program} = this.run.parts;
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
    const record = {...(await this.describe(step)), ...(examination && {examination}), files};
    await replaceFile(at(RECORD_FILE), `${JSON.stringify(record, jsonNumber, 2)}\n`);
  }

  private async describe({
    kind,
    reason,
    metrics,
    batches,
  }: BadStep): Promise<Omit<FlightRecord, 'files' | 'examination'>> {
    const {config, plugins, model, scalars, hooks, logger} = this.run.parts;
    const {step, steps} = metrics.progress;
    const context = {step, directory: path.join(config.out, 'flight'), plugins: {}};
    await hooks.save.promise(context);
    return {
      version: RECORD_VERSION,
      kind,
      reason,
      step,
      steps,
      position: {...this.run.position},
      shape: this.parts.shape,
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
      scalars: {...scalars.valuesOf('gradients')},
      rng: {seed: config.seed},
      model: {name: model.name, options: model.options},
      config: summarizeConfig(config, plugins, this.run.origin),
      plugins: context.plugins,
      metrics: [...logger.recent],
    };
  }
}

/** Removes all but the first and the newest ones. */
async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(name => name.startsWith('step-')).sort();
  for (const name of names.slice(1, names.length - (MOST_RECORDS - 1)))
    if (existsSync(path.join(folder, name)))
      await rm(path.join(folder, name), {recursive: true, force: true});
}
