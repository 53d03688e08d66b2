import {Logger, type LogSink, resolveConfig, Trainer, type TrainConfig} from '@rife-train/core';
import type {LocatedConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import {Previewer} from '../preview/previewer.js';
import {takePreviewBatch} from '../preview/sample.js';
import {ProgressMeter} from '../progress/meter.js';
import type {Reporter} from '../progress/reporter.js';
import type {TrainFlags} from './flags.js';
import {readValidation} from '../validate/triplets.js';
import {Validator} from '../validate/validator.js';
import {prepareOut, type Start, undoPrepareOut} from './outFolder.js';
import {createParts} from './parts.js';
import {stopOnSignals, type Stopper} from './stopOnSignals.js';
import {endingText, shortPath} from './summary.js';

/** A run that is about to start; `out` was checked. */
export interface TrainRequest {
  config: LocatedConfig;
  start: Start;
  flags: TrainFlags;
  reporter: Reporter;
  cwd: string;
}

/** Trains, and tells how it ended. Returns the exit code; throws coded errors. */
export async function train({config, start, flags, reporter, cwd}: TrainRequest): Promise<number> {
  const meter = new ProgressMeter();
  const stopper = stopOnSignals(reporter);
  const trainer = createTrainer(config, start, reporter, meter);
  const previewer = addPreviews(trainer, reporter);
  addValidation(trainer, reporter);
  const clock = addClock(trainer, stopper);
  const moved = prepareOut(config.out, start);
  if (moved) reporter.message(`the earlier run is in ${shortPath(moved, cwd)} now`);
  try {
    const summary = await trainer.run({signal: stopper.signal});
    reporter.close();
    const elapsedMs = clock.elapsedMs();
    reporter.message(
      endingText({
        summary,
        elapsedMs,
        trend: meter.trend(),
        waitShare: meter.waitShare,
        preview: previewer.written,
        flags,
        cwd,
      }),
    );
    return summary.reason === 'finished' ? EXIT.ok : (stopper.exitCode ?? EXIT.ok);
  } catch (error) {
    undoPrepareOut(config.out, moved);
    throw error;
  } finally {
    stopper.close();
  }
}

function createTrainer(
  config: LocatedConfig,
  start: Start,
  reporter: Reporter,
  meter: ProgressMeter,
): Trainer {
  const logger = new Logger(sinkOf(reporter, meter));
  const parts = createParts(resolveConfig(config), text => logger.warn(text));
  return new Trainer({...parts, config, logger, resume: start === 'resume'});
}

/** The run's lines and steps, on the reporter. */
const sinkOf = (reporter: Reporter, meter: ProgressMeter): LogSink => ({
  line: (text, level) => reporter.message(level === 'warn' ? `warning: ${text}` : text),
  step: metrics => reporter.progress(meter.add(metrics)),
});

/** Previews every `previewEvery` steps and at the end. */
function addPreviews(trainer: Trainer, reporter: Reporter): Previewer {
  const previewer = new Previewer({
    out: trainer.config.out,
    takeBatch: () => takePreviewBatch(trainer.config),
    predict: request => trainer.predict(request),
    warn: text => reporter.message(`warning: ${text}`),
  });
  trainer.hooks.afterStep.tapPromise('rife:preview', async ({progress}) => {
    if (isPreviewDue(progress.step + 1, trainer.config)) await previewer.write(progress.step + 1);
  });
  return previewer;
}

/** Validation every `validateEvery` steps. */
function addValidation(trainer: Trainer, reporter: Reporter): void {
  const warn = (text: string) => reporter.message(`warning: ${text}`);
  const validator = new Validator({
    root: trainer.config.data.root,
    readTriplets: () => readValidation(trainer.config, warn),
    predict: request => trainer.predict(request),
    warn,
  });
  trainer.hooks.validate.tapPromise('rife:validate', validation => validator.validate(validation));
}

const isPreviewDue = (done: number, {previewEvery, steps}: TrainConfig) =>
  previewEvery > 0 && (done % previewEvery === 0 || done === steps);

/** Measures from the first step on; from then on signals save, too. */
function addClock(trainer: Trainer, stopper: Stopper) {
  let beganMs: number | undefined;
  trainer.hooks.beforeStep.tap('rife:clock', () => {
    beganMs ??= performance.now();
    stopper.begin();
  });
  return {elapsedMs: () => (beganMs === undefined ? 0 : performance.now() - beganMs)};
}
