/**
 * A trainer with everything that a run shows and records: of the whole run, or of one replica of
 * it.
 */
import {Logger, type LogSink, type ReplicaGroup, Trainer, type TrainConfig} from '@rife-train/core';
import {openBatchSource} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {printable} from '@rife-train/errors';
import {NETWORKS} from '@rife-train/model';
import type {LocatedConfig} from '../config/loadConfig.js';
import {Previewer} from '../preview/previewer.js';
import {takePreviewBatch} from '../preview/sample.js';
import {lossesOf} from '../progress/earlier.js';
import {ProgressMeter} from '../progress/meter.js';
import type {Reporter} from '../progress/reporter.js';
import {isDebug} from '../reportError.js';
import {readValidation} from '../validate/triplets.js';
import {Validator} from '../validate/validator.js';
import {readInitial} from '../weights/initial.js';
import type {Start} from './outFolder.js';
import {RunRecord, type StartFacts} from './runRecord.js';
import {withStrayErrors} from './strayErrors.js';
import {firstPreviewText, type RunOutcome} from './summary.js';

/** The output of a run. Replica 0 reports progress; the others only warnings. */
export type RunReporter = Pick<Reporter, 'message' | 'progress'>;

export interface SessionRequest {
  config: LocatedConfig;
  start: Start;
  /** Steps that are added get a learning rate schedule of their own. */
  extend: boolean;
  /** For the record of the run. */
  facts: StartFacts;
  reporter: RunReporter;
  /** Paths in messages are relative to it. */
  cwd: string;
  signal: AbortSignal;
  /** Called at the first step: from then on there is something to save. */
  began(): void;
  /** @default it trains alone */
  replicas?: ReplicaGroup;
}

/** Trains to the last step. @throws coded errors */
export async function runSession(request: SessionRequest): Promise<RunOutcome> {
  const meter = new ProgressMeter();
  const trainer = createTrainer(request, meter);
  const isFirst = (request.replicas?.rank ?? 0) === 0;
  const previewer = isFirst ? addPreviews(trainer, request) : undefined;
  const validator = isFirst ? await addValidation(trainer, request, meter) : undefined;
  const record = isFirst ? new RunRecord(trainer.config.out) : undefined;
  const clock = addClock(trainer, () => {
    if (request.start === 'resume') meter.resume(lossesOf(trainer.config.out, meter.window));
    record?.start(trainer, request.facts);
    request.began();
  });
  const run = withStrayErrors(request.signal, signal => trainer.run({signal}));
  const summary = await run.catch((error: unknown) => {
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
  {config, start, extend, reporter, replicas}: SessionRequest,
  meter: ProgressMeter,
): Trainer {
  const warn = (text: string) => reporter.message(`warning: ${text}`);
  const isFirst = (replicas?.rank ?? 0) === 0;
  // Every replica would log the same lines.
  const logger = new Logger(isFirst ? sinkOf(reporter, meter) : {line: () => {}});
  return new Trainer({
    config,
    logger,
    openEngine: ({execution, compile, precision, device, gpu}) =>
      createEngine({
        ...{execution, compile, precision, device, gpu},
        ...(isFirst && {info: text => reporter.message(text)}),
        ...(isDebug() && {debug: text => warn(`engine: ${text}`)}),
      }),
    networks: NETWORKS,
    readInitial,
    openBatches: ({data, seed, policyAt, shard, origin}) =>
      openBatchSource({...data, seed, policyAt, shard, origin, warn: text => warn(printable(text))}),
    resume: start === 'resume',
    extend,
    ...(replicas && {replicas}),
  });
}

/** Shows lines and steps of the run on the reporter. */
const sinkOf = (reporter: RunReporter, meter: ProgressMeter): LogSink => ({
  line: (text, level) => reporter.message(level === 'warn' ? `warning: ${text}` : text),
  step: metrics => reporter.progress(meter.add(metrics)),
});

/**
 * Previews every `previewEvery` steps and at the end. The first one is announced, so that nobody
 * waits for the end to look.
 */
function addPreviews(trainer: Trainer, {reporter, cwd}: SessionRequest): Previewer {
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
    // The last lines of the run name the one at the end.
    if (isFirst && previewer.written && done < steps)
      reporter.message(firstPreviewText({...previewer.written, step: done, previewEvery, cwd}));
  });
  return previewer;
}

/**
 * Validation every `validateEvery` steps.
 * @throws RIFE_ERR_EVAL_* for sets that can't be scored
 */
async function addValidation(
  trainer: Trainer,
  {reporter, cwd}: SessionRequest,
  meter: ProgressMeter,
): Promise<Validator> {
  const warn = (text: string) => reporter.message(`warning: ${text}`);
  const {validate, validateEvery} = trainer.config;
  // Without public sets nothing of theirs is loaded.
  const sets =
    validateEvery > 0 && validate.sets.length > 0
      ? await import('../validate/sets.js').then(({openSets}) => openSets(trainer, cwd))
      : undefined;
  const validator = new Validator({
    root: trainer.config.data.root,
    readTriplets: () => readValidation(trainer.config, warn),
    predict: request => trainer.predict(request),
    ...(sets && {scoreSets: sets}),
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
