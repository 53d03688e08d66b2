/** One training step, in the order of docs/hooks.md. */
import type {Batch, NonFiniteEvent, StepContext, StepMetrics, Verdict} from '../contract/index.js';
import {adamWScalars} from '../optim/adamW.js';
import {scheduledRate} from '../optim/schedule.js';
import {forTaps} from '../plugins/hookContexts.js';
import {isRollbackTo, verdictWord} from '../plugins/verdicts.js';
import {variantAt} from '../traced/draw.js';
import {meansUnder, runMicroSteps} from '../traced/microSteps.js';
import type {PassResults} from './passes.js';
import type {AllBatches, ReduceCost} from './replicas.js';
import type {Run} from './run.js';
import {nonFiniteError, nonFiniteEvent, reasonToStop, refusedUpdate, stoppedError} from './stopping.js';

/**
 * Runs one step and moves the run: to the next step, or back to a checkpoint.
 * @throws RIFE_ERR_NON_FINITE, RIFE_ERR_RUN_STOPPED when a verdict, or too many bad steps, stop the
 *   run
 */
export async function trainingStep(run: Run): Promise<StepMetrics> {
  const {hooks, logger, replicas, scalars} = run.parts;
  const startMs = performance.now();

  run.position.beginStep();
  const own = await run.fetchBatches();
  const all = await replicas.exchangeBatches({batches: own, dataMs: performance.now() - startMs});
  const context = contextOf(run, own, all);
  run.position.ready();
  await hooks.beforeStep.promise(context);

  run.position.computing();
  scalars.moveTo(context.progress);
  const micro = await runMicroSteps(run.parts, own, context.variant);
  const passes = await run.passes.combine(own, micro);
  const metrics = metricsOf(context, passes, all);

  // The guard: before the update, and before plugins change gradients.
  let event = passes.isFinite ? undefined : await eventOf(run, metrics);
  let verdict = event
    ? await verdictOnNaN(run, event)
    : ((await hooks.beforeUpdate.promise(forTaps(metrics, ['logs']))) ?? undefined);
  const cost = await replicas.exchangeDecisions(
    context.progress.step,
    decisionText(verdict),
    passes.reduceTimes,
  );
  logReduceCost(metrics, cost);
  run.setbacks.refused(passes.isFinite && verdict !== undefined);
  // The second guard: an update that plugins make not finite changes nothing.
  if (!verdict && !(await applyUpdate(run, all, metrics))) {
    event = await eventOf(run, metrics, refusedUpdate(hooks));
    verdict = await verdictOnNaN(run, event);
    await replicas.exchangeDecisions(context.progress.step, decisionText(verdict), undefined);
  }
  if (!event) run.setbacks.finite();
  if (verdict) metrics.verdict = verdictWord(verdict);
  // From here on the step counts as made, with its line in metrics.jsonl, also where a tap throws.
  run.position.made();

  metrics.stepMs = performance.now() - startMs;
  await hooks.afterStep.promise(forTaps(metrics, ['logs'])).finally(() => logger.step(metrics));

  await stopIfDecided(run, metrics, verdict, event);
  await moveOn(run, verdict);
  return metrics;
}

function contextOf(
  {position, progress, parts}: Run,
  own: readonly Batch[],
  {samples}: AllBatches,
): StepContext {
  const {config, replicas, schedule, model} = parts;
  const variant = variantAt(model.variants, config.seed, position.step);
  const context: StepContext = {
    progress,
    learningRate: scheduledRate(position.step, schedule, config.optim, replicas.count),
    samples,
    policy: own[0]!.policy,
    ...(variant !== undefined && {variant}),
    batches: [own[0]!.index, own.at(-1)!.index + 1],
  };
  return forTaps(context, ['learningRate']);
}

function metricsOf(
  context: StepContext,
  {summary}: PassResults,
  {dataMs, replaced}: AllBatches,
): StepMetrics {
  const logs = replaced > 0 ? {...summary.logs, 'data/replaced': replaced} : summary.logs;
  return {...context, ...summary, logs, updated: false, stepMs: 0, dataMs};
}

async function eventOf(run: Run, metrics: StepMetrics, finding?: string): Promise<NonFiniteEvent> {
  const consecutive = run.setbacks.notFinite();
  const event = nonFiniteEvent(metrics, consecutive, await run.hasBrokenWeights());
  if (finding === undefined) return event;
  run.parts.logger.warn(`step ${metrics.progress.step} is refused. ${finding}`);
  return {...event, finding};
}

/**
 * The first verdict of a tap, or else `skip`. Broken weights need a rollback: skipping steps can't
 * repair them.
 */
async function verdictOnNaN({parts: {hooks, logger}}: Run, event: NonFiniteEvent): Promise<Verdict> {
  const verdict = (await hooks.onNaN.promise(event)) ?? 'skip';
  if (verdict !== 'skip' || !event.weightsBroken) return verdict;
  logger.warn(
    `step ${event.progress.step}: weights are not finite, which skipping can't mend: back to the newest checkpoint`,
  );
  return 'rollback';
}

/** A verdict in words that are the same on every replica. */
function decisionText(verdict: Verdict | undefined): string {
  if (!verdict) return 'update';
  if (!isRollbackTo(verdict)) return verdictWord(verdict);
  return `back to the snapshot of step ${verdict.rollback.step}, without ${JSON.stringify(verdict.avoid ?? [])}`;
}

function logReduceCost({logs}: StepMetrics, cost: ReduceCost | undefined): void {
  for (const [key, value] of Object.entries(cost ?? {})) logs[`parallel/${key}`] = value;
}

/**
 * The `gradients` hook and AdamW, in the graph. Only updates count for Adam's bias correction.
 * @returns false where its results are not finite; then nothing has changed
 */
async function applyUpdate(run: Run, {gap, timestep}: AllBatches, metrics: StepMetrics): Promise<boolean> {
  const {config, program, scalars} = run.parts;
  const update = run.position.updates + 1;
  scalars.set('update', adamWScalars(update, metrics.learningRate, config.optim));
  run.position.changing();
  const fetches = await program.run('update', {gap, timestep}, scalars.valuesOf('update'));
  Object.assign(metrics.logs, meansUnder('log/', [fetches]));
  metrics.updated = fetches['finite']?.values[0] !== 0;
  if (metrics.updated) run.position.updated();
  else run.position.computing();
  return metrics.updated;
}

/** @throws the error that stops the run, where the verdict or too many bad steps say so */
async function stopIfDecided(
  run: Run,
  metrics: StepMetrics,
  verdict: Verdict | undefined,
  event: NonFiniteEvent | undefined,
): Promise<void> {
  const reason = verdict && reasonToStop(run, verdict);
  if (!reason) return;
  if (event) throw nonFiniteError(event, reason);
  await run.failures?.recordStop(metrics, reason);
  throw stoppedError(metrics, reason);
}

/** On to the next step, a skipped one counts for the schedule; or back. */
async function moveOn(run: Run, verdict: Verdict | undefined): Promise<void> {
  if (verdict === 'rollback') await run.rollBack();
  else if (verdict && isRollbackTo(verdict)) await run.rollBackTo(verdict);
  else run.advance();
}
