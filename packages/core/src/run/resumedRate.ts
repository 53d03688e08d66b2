/** The learning rate of a run that goes on: more steps must not turn it up unseen. */
import type {ConfigSummary} from '../checkpoint/state.js';
import type {LoadedCheckpoint} from '../checkpoint/store.js';
import type {OptimConfig, TrainConfig} from '../contract/index.js';
import type {Logger} from '../log/logger.js';
import {defaultWarmup, firstSchedule, scheduledRate, type Schedule} from '../optim/schedule.js';

/** From this factor on a change of the rate is a jump. */
const JUMP = 2;

const optimOf = ({optim}: ConfigSummary) => optim as unknown as OptimConfig;

/** The schedule that a checkpoint was trained with; one of before was the run's own. */
const scheduleOf = ({state: {schedule, config}}: LoadedCheckpoint): Schedule =>
  schedule ?? firstSchedule(config.steps, optimOf(config));

/**
 * The configuration and the schedule that a run goes on with. A run keeps its schedule, whatever `steps` says now: stretched, it would give
 * back a rate that the weights have left behind.
 * @param extend the steps from here on get a schedule of their own
 */
export function goOnWith(config: TrainConfig, checkpoint: LoadedCheckpoint | undefined, extend: boolean) {
  if (!checkpoint) return {config, schedule: firstSchedule(config.steps, config.optim)};
  const before = scheduleOf(checkpoint);
  const {step} = checkpoint.state;
  // A warm-up that nobody chose depends on `steps`: it stays what it was.
  const isDefault = config.optim.warmupSteps === defaultWarmup(config.steps);
  const warmupSteps = isDefault ? optimOf(checkpoint.state.config).warmupSteps : config.optim.warmupSteps;
  const kept = {...config, optim: {...config.optim, warmupSteps}};
  if (!extend) return {config: kept, schedule: before.from > 0 ? before : {...before, warmupSteps}};
  const steps = config.steps - step;
  const fromRate = scheduledRate(step, before, {...config.optim, scaleWithDevices: false});
  return {config: kept, schedule: {from: step, steps, warmupSteps: defaultWarmup(steps), fromRate}};
}

const rate = (value: number) => value.toExponential(2);

/** Says what becomes of the rate where that is not what the configuration alone would say; warns of jumps. */
export function tellOfRate(
  checkpoint: LoadedCheckpoint,
  {config, schedule, devices}: {config: TrainConfig; schedule: Schedule; devices: number},
  logger: Logger,
): void {
  const {step} = checkpoint.state;
  const {steps, optim} = config;
  const at = (moment: number) => scheduledRate(moment, schedule, optim, devices);
  const end = schedule.from + schedule.steps;
  if (schedule.from === step && step > 0)
    logger.info(
      `the learning rate has a schedule of its own from here: ${rate(at(step))} at step ${step}, ${rate(at(step + schedule.warmupSteps))} at step ${step + schedule.warmupSteps}, ${rate(at(end))} at step ${end}`,
    );
  else if (steps > end)
    logger.info(
      `the learning rate keeps its schedule of ${end} steps: ${rate(at(step))} now, ${rate(at(end))} from step ${end} on (--extend in place of --steps gives the steps from here a schedule of their own)`,
    );
  else if (steps < end)
    logger.info(
      `the learning rate keeps its schedule of ${end} steps: ${rate(at(step))} now, ${rate(at(steps - 1))} at the last step, ${steps}`,
    );
  const {config: old} = checkpoint.state;
  const before = scheduledRate(step, scheduleOf(checkpoint), optimOf(old), old.devices ?? 1);
  const now = at(step);
  const factor = now / before;
  if (before > 0 && (factor >= JUMP || factor <= 1 / JUMP))
    logger.warn(
      `the learning rate jumps at step ${step}: ${rate(before)} before, ${rate(now)} from here on, ${factor.toPrecision(2)} times as much; optim or devices differ from the checkpoint's`,
    );
}
