/**
 * One training step, top to bottom:
 * batches -> beforeStep -> gradients -> finite guard -> (beforeUpdate -> update | onNaN) -> verdict? -> afterStep -> on to the next.
 */
import type {Batch, HostTensor, NonFiniteEvent, StepContext, StepMetrics, Verdict} from './contract/index.js';
import {nonFiniteError, nonFiniteEvent, reasonToStop, stoppedError} from './nonFinite.js';
import {adamWScalars} from './optim/adamW.js';
import {learningRateAt} from './optim/schedule.js';
import type {Run} from './run.js';
import {FIRST_MICRO_STEP} from './traced/gradients.js';
import {isRollbackTo, wordOf} from './verdicts.js';

type Fetches = Record<string, HostTensor>;

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
  const micro = await runMicroSteps(run, batches);
  const metrics: StepMetrics = {...context, ...summarize(micro, batches), updated: false, stepMs: 0, dataMs};

  // The guard stands before the update and before everything that a plugin does to gradients.
  const isFinite = micro.every(fetches => scalarOf(fetches, 'finite') === 1);
  run.nonFiniteInARow = isFinite ? 0 : run.nonFiniteInARow + 1;
  const event = isFinite
    ? undefined
    : nonFiniteEvent(metrics, run.nonFiniteInARow, await run.hasBrokenWeights());
  // Before a verdict moves anything: the record is of the weights that the step began with.
  if (event && run.nonFiniteInARow === 1)
    Object.assign(event, await recordNonFinite(run, event, batches, micro));
  const verdict = event
    ? await verdictOnNaN(run, event)
    : ((await hooks.beforeUpdate.promise(metrics)) ?? undefined);
  run.refusedInARow = isFinite && verdict ? run.refusedInARow + 1 : 0;
  if (verdict) metrics.verdict = wordOf(verdict);
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
  const microStep = micro.findIndex(fetches => scalarOf(fetches, 'finite') !== 1);
  return run.recorder?.record({
    kind: 'not finite',
    metrics,
    batches,
    microStep,
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

/** Forward and backward of each micro-batch; the program sums the gradients up. */
async function runMicroSteps(run: Run, batches: readonly Batch[]): Promise<Fetches[]> {
  const {program, scalars} = run.parts;
  const results: Fetches[] = [];
  for (const [i, {images, gap, timestep}] of batches.entries()) {
    if (batches.length > 1) scalars.set('gradients', {[FIRST_MICRO_STEP]: i === 0 ? 1 : 0});
    results.push(await program.run('gradients', {images, gap, timestep}, scalars.valuesOf('gradients')));
  }
  return results;
}

const scalarOf = (fetches: Fetches, name: string) => Number(fetches[name]!.values[0]);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Means over micro-steps of all fetches under a prefix, by what follows it. */
function meansUnder(prefix: string, micro: readonly Fetches[]): Record<string, number> {
  const names = Object.keys(micro[0]!).filter(name => name.startsWith(prefix));
  return Object.fromEntries(
    names.map(name => [name.slice(prefix.length), mean(micro.map(fetches => scalarOf(fetches, name)))]),
  );
}

function summarize(micro: readonly Fetches[], batches: readonly Batch[]) {
  return {
    loss: mean(micro.map(fetches => scalarOf(fetches, 'loss'))),
    terms: meansUnder('term/', micro),
    // The last micro-step's norm is that of the whole sum.
    gradNorm: scalarOf(micro.at(-1)!, 'gradNorm'),
    maxFlow: micro.map(fetches => scalarOf(fetches, 'maxFlow')).reduce((a, b) => Math.max(a, b)),
    logs: meansUnder('log/', micro),
    perSample: batches.flatMap(({gap, timestep}, m) =>
      [...gap].map((sampleGap, i) => ({
        gap: sampleGap,
        timestep: timestep[i]!,
        loss: Number(micro[m]!['perSample']!.values[i]),
        ...psnrOf(micro[m]!['squaredError'], i),
      })),
    ),
  };
}

/** PSNR in dB of a sample, of images in 0..1; a perfect one counts as 100 dB, since JSON has no infinity. */
function psnrOf(squaredError: HostTensor | undefined, sample: number): {psnr?: number} {
  if (!squaredError) return {};
  return {psnr: Math.min(100, -10 * Math.log10(Number(squaredError.values[sample])))};
}

const joined = (parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap(part => [...part]));

/** The `gradients` hook and AdamW, in the graph. Only updates count for Adam's bias correction. */
async function applyUpdate(run: Run, batches: readonly Batch[], metrics: StepMetrics): Promise<void> {
  const {config, program, scalars} = run.parts;
  const update = run.position.updates + 1;
  scalars.set('update', adamWScalars(update, metrics.learningRate, config.optim));
  const feeds = {
    gap: joined(batches.map(batch => batch.gap)),
    timestep: joined(batches.map(batch => batch.timestep)),
  };
  const fetches = await program.run('update', feeds, scalars.valuesOf('update'));
  run.position.updates = update;
  metrics.updated = true;
  Object.assign(metrics.logs, meansUnder('log/', [fetches]));
}
