/** One trainer with all that a run shows: where it trains alone, and in each replica. */
import {
  Logger,
  type LogSink,
  type ReplicaGroup,
  resolveConfig,
  type RunSummary,
  Trainer,
  type TrainConfig,
} from '@rife-train/core';
import type {LocatedConfig} from '../config/loadConfig.js';
import {Previewer, type WrittenPreview} from '../preview/previewer.js';
import {takePreviewBatch} from '../preview/sample.js';
import {lossesOf} from '../progress/earlier.js';
import {ProgressMeter} from '../progress/meter.js';
import type {Reporter} from '../progress/reporter.js';
import type {LossTrend} from '../progress/trend.js';
import {readValidation} from '../validate/triplets.js';
import {Validator, type Validated} from '../validate/validator.js';
import type {Start} from './outFolder.js';
import {createParts} from './parts.js';
import {RunRecord, type StartFacts} from './runRecord.js';
import {firstPreviewText} from './summary.js';

/** Where a run shows itself: replica 0 shows it, the others only warn. */
export type RunReporter = Pick<Reporter, 'message' | 'progress'>;

export interface RunRequest {
  config: LocatedConfig;
  start: Start;
  /** The steps that are added get a schedule of their own. */
  extend: boolean;
  /** For the record of the run. */
  facts: StartFacts;
  reporter: RunReporter;
  /** What paths in messages are relative to. */
  cwd: string;
  signal: AbortSignal;
  /** Called at the first step: from there on there is something to save. */
  began(): void;
  /** @default it trains alone */
  replicas?: ReplicaGroup;
}

/** What the last lines of a run are made of. */
export interface RunOutcome {
  summary: RunSummary;
  /** Milliseconds from the first step of this process to the last. */
  elapsedMs: number;
  trend: LossTrend | undefined;
  /** Share of the time that steps waited for data. */
  waitShare: number | undefined;
  /** If one was written by this process. */
  preview: WrittenPreview | undefined;
  /** If this process validated. */
  validated: Validated | undefined;
}

/** Trains to the end. @throws coded errors */
export async function runTrainer(request: RunRequest): Promise<RunOutcome> {
  const meter = new ProgressMeter();
  const trainer = createTrainer(request, meter);
  const isFirst = (request.replicas?.rank ?? 0) === 0;
  const previewer = isFirst ? addPreviews(trainer, request) : undefined;
  const validator = isFirst ? addValidation(trainer, request.reporter, meter) : undefined;
  const record = isFirst ? new RunRecord(trainer.config.out) : undefined;
  const clock = addClock(trainer, () => {
    if (request.start === 'resume') meter.goOn(lossesOf(trainer.config.out, meter.window));
    record?.start(trainer, request.facts);
    request.began();
  });
  const summary = await trainer.run({signal: request.signal}).catch((error: unknown) => {
    record?.failed(error);
    throw error;
  });
  record?.end(summary);
  return {
    summary,
    elapsedMs: clock.elapsedMs(),
    trend: meter.trend(),
    waitShare: meter.waitShare,
    preview: previewer?.written,
    validated: validator?.validated,
  };
}

function createTrainer(
  {config, start, extend, reporter, replicas}: RunRequest,
  meter: ProgressMeter,
): Trainer {
  const warn = (text: string) => reporter.message(`warning: ${text}`);
  const isFirst = (replicas?.rank ?? 0) === 0;
  // What the trainer itself has to say, every replica would say.
  const logger = new Logger(isFirst ? sinkOf(reporter, meter) : {line: () => {}});
  const parts = createParts(resolveConfig(config), warn);
  return new Trainer({
    ...parts,
    config,
    logger,
    resume: start === 'resume',
    extend,
    ...(replicas && {replicas}),
  });
}

/** The run's lines and steps, on the reporter. */
const sinkOf = (reporter: RunReporter, meter: ProgressMeter): LogSink => ({
  line: (text, level) => reporter.message(level === 'warn' ? `warning: ${text}` : text),
  step: metrics => reporter.progress(meter.add(metrics)),
});

/** Previews every `previewEvery` steps and at the end. The first is told, so that nobody waits for the end to look. */
function addPreviews(trainer: Trainer, {reporter, cwd}: RunRequest): Previewer {
  const previewer = new Previewer({
    out: trainer.config.out,
    takeBatch: () => takePreviewBatch(trainer.config),
    predict: request => trainer.predict(request),
    warn: text => reporter.message(`warning: ${text}`),
  });
  trainer.hooks.afterStep.tapPromise('rife:preview', async ({progress}) => {
    const done = progress.step + 1;
    if (!isPreviewDue(done, trainer.config)) return;
    const isFirst = !previewer.written;
    await previewer.write(done);
    const {steps, previewEvery} = trainer.config;
    // The one at the end is named by the last lines.
    if (isFirst && previewer.written && done < steps)
      reporter.message(firstPreviewText({...previewer.written, step: done, previewEvery, cwd}));
  });
  return previewer;
}

/** Validation every `validateEvery` steps. */
function addValidation(trainer: Trainer, reporter: RunReporter, meter: ProgressMeter): Validator {
  const warn = (text: string) => reporter.message(`warning: ${text}`);
  const validator = new Validator({
    root: trainer.config.data.root,
    readTriplets: () => readValidation(trainer.config, warn),
    predict: request => trainer.predict(request),
    warn,
  });
  trainer.hooks.validate.tapPromise('rife:validate', async validation => {
    await validator.validate(validation);
    meter.score(validator.validated);
  });
  return validator;
}

const isPreviewDue = (done: number, {previewEvery, steps}: TrainConfig) =>
  previewEvery > 0 && (done % previewEvery === 0 || done === steps);

/** Measures from the first step on. */
function addClock(trainer: Trainer, began: () => void) {
  let beganMs: number | undefined;
  trainer.hooks.beforeStep.tap('rife:clock', () => {
    if (beganMs !== undefined) return;
    beganMs = performance.now();
    began();
  });
  return {elapsedMs: () => (beganMs === undefined ? 0 : performance.now() - beganMs)};
}
