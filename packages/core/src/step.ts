/**
 * One training step, top to bottom:
 * batches -> beforeStep -> gradients -> finite guard -> (beforeUpdate -> update | onNaN) -> verdict? -> afterStep -> on to the next.
 */
import type {Batch, NonFiniteEvent, StepContext, StepMetrics, Verdict} from './contract/index.js';
import {nonFiniteError, nonFiniteEvent, reasonToStop, stoppedError} from './nonFinite.js';
import {adamWScalars} from './optim/adamW.js';
import {learningRateAt} from './optim/schedule.js';
import type {Run} from './run.js';
import {
  firstNonFinite,
  meansUnder,
  runMicroSteps,
  summarize,
  updateFeeds,
  type Fetches,
} from './microSteps.js';
import {isRollbackTo, verdictWord} from './verdicts.js';

/**
 * Runs one step and moves the run on: to the next step, or back to a checkpoint.
 * @throws RIFE_ERR_NON_FINITE, RIFE_ERR_RUN_STOPPED when the verdict, or too many bad steps, end the run
 */
export async function trainingStep(run: Run): Promise<StepMetrics> {
  const {hooks, logger} = run.parts;
  const startMs = performance.now();

  const start = {...run.position};
  const batches = await fetchMicroBatches(run);
  const dataMs = performance.now() - startMs;
  const context = stepContext(run, batches);
  run.stepStart = start;
  await hooks.beforeStep.promise(context);
  run.stepStart = undefined;

  run.parts.scalars.moveTo(context.progress);
  const micro = await runMicroSteps(run.parts, batches);
  const metrics: StepMetrics = {...context, ...summarize(micro, batches), updated: false, stepMs: 0, dataMs};

  // The guard stands before the update and before everything that a plugin does to gradients.
  const isFinite = firstNonFinite(micro) < 0;
  run.setbacks.finite(isFinite);
  const event = isFinite
    ? undefined
    : nonFiniteEvent(metrics, run.setbacks.nonFiniteInARow, await run.hasBrokenWeights());
  // Before a verdict moves anything: the record is of the weights that the step began with.
  if (event && run.setbacks.nonFiniteInARow === 1)
    Object.assign(event, await recordNonFinite(run, event, batches, micro));
  const verdict = event
    ? await verdictOnNaN(run, event)
    : ((await hooks.beforeUpdate.promise(metrics)) ?? undefined);
  run.setbacks.refused(isFinite && verdict !== undefined);
  if (verdict) metrics.verdict = verdictWord(verdict);
  else await applyUpdate(run, batches, metrics);

  metrics.stepMs = performance.now() - startMs;
  // The line is written behind the taps, with what they add to its logs, and also when one of them throws.
  await hooks.afterStep.promise(metrics).finally(() => logger.step(metrics));

  const reason = verdict && reasonToStop(run, verdict);
  if (reason && event) throw nonFiniteError(event, reason);
  if (reason) {
    await run.recorder?.record({kind: 'stopped', metrics, batches, microStep: -1, reason});
    throw stoppedError(metrics, reason);
  }
  await moveOn(run, verdict);
  return metrics;
}

/** The first verdict of a tap; without one `skip`, but for weights that are broken: those only going back mends. */
async function verdictOnNaN({parts: {hooks, logger}}: Run, event: NonFiniteEvent): Promise<Verdict> {
  const verdict = (await hooks.onNaN.promise(event)) ?? 'skip';
  if (verdict !== 'skip' || !event.weightsBroken) return verdict;
  logger.warn(
    `step ${event.progress.step}: weights are not finite, which skipping can't mend: back to the newest checkpoint`,
  );
  return 'rollback';
}

async function recordNonFinite(
  run: Run,
  metrics: StepMetrics,
  batches: readonly Batch[],
  micro: readonly Fetches[],
) {
  return run.recorder?.record({
    kind: 'not finite',
    metrics,
    batches,
    microStep: firstNonFinite(micro),
    reason: 'a number that is not finite',
  });
}

/** To the next step, a refused one counts for the schedule; or back. */
async function moveOn(run: Run, verdict: Verdict | undefined): Promise<void> {
  if (verdict === 'rollback') await run.rollBack();
  else if (verdict && isRollbackTo(verdict)) await run.rollBackTo(verdict);
  else run.advance();
}

async function fetchMicroBatches(run: Run): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let i = 0; i < run.parts.config.optim.microSteps; i++) batches.push(await run.nextBatch());
  return batches;
}

function stepContext(run: Run, batches: readonly Batch[]): StepContext {
  const {config} = run.parts;
  return {
    progress: run.progress,
    learningRate: learningRateAt(run.position.step, config.steps, config.optim),
    samples: batches.flatMap(batch => batch.names),
    policy: batches[0]!.policy,
    batches: [batches[0]!.index, batches.at(-1)!.index + 1],
  };
}

/** The `gradients` hook and AdamW, in the graph. Only updates count for Adam's bias correction. */
async function applyUpdate(run: Run, batches: readonly Batch[], metrics: StepMetrics): Promise<void> {
  const {config, program, scalars} = run.parts;
  const update = run.position.updates + 1;
  scalars.set('update', adamWScalars(update, metrics.learningRate, config.optim));
  const fetches = await program.run('update', updateFeeds(batches), scalars.valuesOf('update'));
  run.position.updates = update;
  metrics.updated = true;
  Object.assign(metrics.logs, meansUnder('log/', [fetches]));
}
