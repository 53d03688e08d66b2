/** The learning rate of a resumed run: more steps must not raise it unnoticed. */
import type {ConfigSummary} from '../checkpoint/state.js';
import type {LoadedCheckpoint} from '../checkpoint/store.js';
import type {OptimConfig, TrainConfig} from '../contract/index.js';
import type {Logger} from '../log/logger.js';
import {defaultWarmup, firstSchedule, scheduledRate, type Schedule} from '../optim/schedule.js';

/** A change of the rate by this factor or more is a jump. */
const JUMP = 2;

const optimOf = ({optim}: ConfigSummary) => optim as unknown as OptimConfig;

/**
 * The schedule that a checkpoint was trained with. Checkpoints of older releases have none: it
 * followed from the configuration.
 */
const scheduleOf = ({state: {schedule, config}}: LoadedCheckpoint): Schedule =>
  schedule ?? firstSchedule(config.steps, optimOf(config));

/**
 * Configuration and schedule of a run from its checkpoint on. A run keeps its schedule, whatever
 * `steps` is now: a stretched schedule would return to a rate that the weights no longer need.
 * @param extend steps from the checkpoint on get a schedule of their own
 */
export function continueSchedule(
  config: TrainConfig,
  checkpoint: LoadedCheckpoint | undefined,
  extend: boolean,
) {
  if (!checkpoint) return {config, schedule: firstSchedule(config.steps, config.optim)};
  const before = scheduleOf(checkpoint);
  const {step} = checkpoint.state;
  // The default warm-up depends on `steps`, and must not change with them.
  const isDefault = config.optim.warmupSteps === defaultWarmup(config.steps);
  const warmupSteps = isDefault ? optimOf(checkpoint.state.config).warmupSteps : config.optim.warmupSteps;
  const kept = {...config, optim: {...config.optim, warmupSteps}};
  if (!extend) return {config: kept, schedule: before.from > 0 ? before : {...before, warmupSteps}};
  const steps = config.steps - step;
  const fromRate = scheduledRate(step, before, {...config.optim, scaleWithDevices: false});
  return {config: kept, schedule: {from: step, steps, warmupSteps: defaultWarmup(steps), fromRate}};
}

const rate = (value: number) => value.toExponential(2);

/**
 * Logs the rate where it differs from what the configuration alone would give, and warns of jumps.
 */
export function logRate(
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
