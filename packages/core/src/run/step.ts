/**
 * One training step, top to bottom:
 * batches -> beforeStep -> gradients -> (mean over replicas) -> finite guard -> (beforeUpdate -> update | onNaN) -> verdict? -> afterStep -> on to the next.
 */
import type {Batch, NonFiniteEvent, StepContext, StepMetrics, Verdict} from '../contract/index.js';
import type {Recorded} from '../flight/recorder.js';
import {nonFiniteError, nonFiniteEvent, reasonToStop, stoppedError} from './nonFinite.js';
import {adamWScalars, gradientOf} from '../optim/adamW.js';
import {scheduledRate} from '../optim/schedule.js';
import type {Run} from './run.js';
import {
  firstNonFinite,
  meansUnder,
  runMicroSteps,
  summarize,
  type Fetches,
  type MicroSummary,
} from './microSteps.js';
import type {Fed} from './replicas.js';
import {nextOf} from '../weights/tensors.js';
import {isRollbackTo, verdictWord} from '../plugins/verdicts.js';

/**
 * Runs one step and moves the run on: to the next step, or back to a checkpoint.
 * @throws RIFE_ERR_NON_FINITE, RIFE_ERR_RUN_STOPPED when the verdict, or too many bad steps, end the run
 */
export async function trainingStep(run: Run): Promise<StepMetrics> {
  const {hooks, logger, replicas} = run.parts;
  const startMs = performance.now();

  const start = run.enter();
  const batches = await fetchMicroBatches(run);
  const fed = await replicas.feed(batches, performance.now() - startMs);
  const context = stepContext(run, batches, fed);
  run.stepStart = start;
  await hooks.beforeStep.promise(context);
  run.stepStart = undefined;

  run.parts.scalars.moveTo(context.progress);
  const micro = await runMicroSteps(run.parts, batches);
  const own = summarize(micro, batches);
  const {summary, brokenRank} = await replicas.find(own, firstNonFinite(micro) < 0, batches.length);
  const metrics: StepMetrics = {...context, ...summary, updated: false, stepMs: 0, dataMs: fed.dataMs};
  if (fed.replaced > 0) metrics.logs['data/replaced'] = fed.replaced;
  if (brokenRank < 0 && replicas.count > 1) await takeMean(run, metrics);

  // The guard stands before the update and before everything that a plugin does to gradients.
  const isFinite = brokenRank < 0 && Number.isFinite(metrics.gradNorm);
  run.setbacks.finite(isFinite);
  const event = isFinite
    ? undefined
    : nonFiniteEvent(metrics, run.setbacks.nonFiniteInARow, await run.hasBrokenWeights());
  // Before a verdict moves anything: the record is of the weights that the step began with.
  if (event && run.setbacks.nonFiniteInARow === 1)
    Object.assign(event, await recordNonFinite(run, {event, own, brokenRank, batches, micro}));
  const verdict = event
    ? await verdictOnNaN(run, event)
    : ((await hooks.beforeUpdate.promise(metrics)) ?? undefined);
  await replicas.agreeOn(context.progress.step, decisionText(verdict));
  run.setbacks.refused(isFinite && verdict !== undefined);
  if (verdict) metrics.verdict = verdictWord(verdict);
  else await applyUpdate(run, fed, metrics);
  // From here on the step counts as made, with its line in metrics.jsonl, also where a tap throws.
  run.standing = 'stepped';

  metrics.stepMs = performance.now() - startMs;
  // The line is written behind the taps, with what they add to its logs, and also when one of them throws.
  await hooks.afterStep.promise(metrics).finally(() => logger.step(metrics));

  const reason = verdict && reasonToStop(run, verdict);
  if (reason && event) throw nonFiniteError(event, reason);
  if (reason) {
    await replicas.byFirst(async () =>
      run.recorder?.record({
        kind: 'stopped',
        metrics: ofOne(metrics, own, batches),
        batches,
        microStep: -1,
        reason,
      }),
    );
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

interface NonFiniteStep {
  event: StepMetrics;
  own: MicroSummary;
  /** The replica whose numbers it is; -1 where only the mean is not finite. */
  brokenRank: number;
  batches: readonly Batch[];
  micro: readonly Fetches[];
}

/** The replica that it happened to writes the record: the others do not have its batches. */
async function recordNonFinite(run: Run, {event, own, brokenRank, batches, micro}: NonFiniteStep) {
  const {replicas, logger} = run.parts;
  const rank = Math.max(0, brokenRank);
  const recorded = await replicas.by(rank, async () =>
    run.recorder?.record({
      kind: 'not finite',
      metrics: ofOne(event, own, batches),
      batches,
      microStep: firstNonFinite(micro),
      reason: 'a number that is not finite',
    }),
  );
  if (replicas.count === 1) return recorded;
  logger.event({event: 'replica not finite', step: event.progress.step, replica: rank, ...recorded});
  const where = `on replica ${rank} of ${replicas.count}`;
  if (rank > 0) logger.warn(`step ${event.progress.step} is not finite ${where}: ${factsOf(recorded)}`);
  return {
    ...recorded,
    finding: `replica ${rank} of ${replicas.count}: ${recorded?.finding ?? 'its numbers'}`,
  };
}

const factsOf = ({finding, record}: Recorded = {}) =>
  [finding, record && `record: ${record}`].filter(Boolean).join('; ') || 'not recorded';

/** The metrics of one replica's part of a step, which is what its record can be compared with. */
const ofOne = (metrics: StepMetrics, own: MicroSummary, batches: readonly Batch[]): StepMetrics => ({
  ...metrics,
  ...own,
  samples: batches.flatMap(({names}) => names),
});

/** What a verdict means, in words that are the same on every replica. */
function decisionText(verdict: Verdict | undefined): string {
  if (!verdict) return 'update';
  if (!isRollbackTo(verdict)) return verdictWord(verdict);
  return `back to the snapshot of step ${verdict.rollback.step}, without ${JSON.stringify(verdict.avoid ?? [])}`;
}

/** The mean gradient takes the place of each replica's own. */
async function takeMean({parts: {replicas, program, model}}: Run, metrics: StepMetrics): Promise<void> {
  const {norm, effort} = await replicas.reduce(
    program,
    model.parameters.map(({name}) => gradientOf(name)),
    (model.buffers ?? []).map(({name}) => nextOf(name)),
  );
  metrics.gradNorm = norm;
  for (const [key, value] of Object.entries(effort)) metrics.logs[`parallel/${key}`] = value;
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

function stepContext(run: Run, batches: readonly Batch[], {samples}: Fed): StepContext {
  const {config, replicas, schedule} = run.parts;
  return {
    progress: run.progress,
    learningRate: scheduledRate(run.position.step, schedule, config.optim, replicas.count),
    samples,
    policy: batches[0]!.policy,
    batches: [batches[0]!.index, batches.at(-1)!.index + 1],
  };
}

/** The `gradients` hook and AdamW, in the graph. Only updates count for Adam's bias correction. */
async function applyUpdate(run: Run, {gap, timestep}: Fed, metrics: StepMetrics): Promise<void> {
  const {config, program, scalars} = run.parts;
  const update = run.position.updates + 1;
  scalars.set('update', adamWScalars(update, metrics.learningRate, config.optim));
  run.standing = 'changing';
  const fetches = await program.run('update', {gap, timestep}, scalars.valuesOf('update'));
  run.position.updates = update;
  metrics.updated = true;
  Object.assign(metrics.logs, meansUnder('log/', [fetches]));
}
