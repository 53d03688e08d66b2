/**
 * Decisions about the range that take effect later. Batches are drawn ahead, so a decision holds
 * from the first step whose batch can't have been drawn yet. Decisions are kept as a list, and the
 * policy of a step that was requested never changes.
 */
import {readAhead, type TrainConfig} from '@rife-train/core';
import {NAME} from './name.js';
import type {GapRange, ResolvedLossDriven} from './options.js';

/** Ranges by the step of the data from which each holds, rising; JSON. */
export type Decisions = readonly (readonly [fromStep: number, gaps: GapRange])[];

/**
 * Steps from the one whose batch was trained on to the first whose batch is not drawn yet. After
 * the last of its `microSteps` batches, number m d + m - 1, up to `prefetch` more are drawn, so
 * step d + floor((m - 1 + prefetch) / m) may be reached.
 */
export function leadOf({data, optim}: Pick<TrainConfig, 'data' | 'optim'>): number {
  return Math.ceil(data.prefetch / optim.microSteps) + 1;
}

/** The decision in force at a step; the first one also holds before its own. */
export const inForce = (decisions: Decisions, step: number) =>
  decisions.findLast(([from]) => from <= step) ?? decisions[0]!;

/**
 * Largest gap of the range before the one in force at a step; 0 if there is none. Gaps above it are
 * the hardest.
 */
export function gapBefore(decisions: Decisions, step: number): number {
  const index = decisions.indexOf(inForce(decisions, step));
  return decisions[index - 1]?.[1][1] ?? 0;
}

/** The next range after one, or undefined after the last. */
export const rangeAfter = ({ranges}: Pick<ResolvedLossDriven, 'ranges'>, [, max]: GapRange) =>
  ranges.find(([, other]) => other > max);

/**
 * Number of the data's step to which a batch belongs. It is the optimizer's step until a rollback,
 * or until batches are avoided: then the data is ahead.
 */
export const dataStepOf = (batch: number, {optim}: Pick<TrainConfig, 'optim'>) =>
  Math.floor(batch / optim.microSteps);

/** Inputs of a decision. */
export interface WideningMoment {
  /** Step of the data that was just trained on. */
  step: number;
  lead: number;
  /** Consecutive windows without improvement. */
  plateaus: number;
  lastAsked: number;
}

/**
 * The decisions, with one more if the range in force has to advance.
 * @throws RIFE_ERR_PLUGIN_READ_AHEAD if the policy of its first step has already been requested
 */
export function decide(decisions: Decisions, options: ResolvedLossDriven, moment: WideningMoment): Decisions {
  const [from, gaps] = decisions.at(-1)!;
  const {step, lead, plateaus, lastAsked} = moment;
  const next = rangeAfter(options, gaps);
  const isPending = from > step;
  if (!next || isPending) return decisions;
  const effective = step + lead;
  const lasts = effective - from;
  const {patience, minSteps, maxSteps = Infinity} = options;
  if (lasts < maxSteps && !(plateaus >= patience && lasts >= minSteps)) return decisions;
  if (lastAsked >= effective) throw readAhead(NAME, 'afterStep', effective, lastAsked);
  return [...decisions, [effective, next]];
}
