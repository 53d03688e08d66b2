import {optionError, refuseUnknownOptions, type Progress} from '@rife-train/core';
import type {DistillOptions} from './index.js';
import {scheduledWeight, type DistillSchedule} from './schedule.js';

const isWeight = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < Infinity;
const isRange = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value[0] >= 0 && value[0] < value[1] && value[1] <= 1;

function checkSchedule(plugin: string, schedule: DistillSchedule): DistillSchedule {
  if (typeof schedule !== 'object' || schedule === null)
    throw optionError(plugin, 'schedule', schedule, 'an object such as {from: 0, to: 0.01, over: [0, 0.5]}');
  refuseUnknownOptions(plugin, schedule, ['from', 'to', 'over', 'shape'], 'schedule.');
  const {from, to, over = [0, 1], shape = 'linear'} = schedule;
  if (!isWeight(from)) throw optionError(plugin, 'schedule.from', from, 'a finite number, 0 or more');
  if (!isWeight(to)) throw optionError(plugin, 'schedule.to', to, 'a finite number, 0 or more');
  if (!isRange(over))
    throw optionError(plugin, 'schedule.over', over, 'two rising fractions of the run, such as [0, 0.5]');
  if (shape !== 'linear' && shape !== 'cosine')
    throw optionError(plugin, 'schedule.shape', shape, '"linear" or "cosine"');
  return schedule;
}

/** The user's function, with its results checked: a NaN is to be blamed on the option, not on the step. */
function checkedFunction(plugin: string, weight: (progress: Progress) => number) {
  return (progress: Progress) => {
    const value = weight(progress);
    if (isWeight(value)) return value;
    const expected = `a function that returns a finite number, 0 or more (step ${progress.step})`;
    throw optionError(plugin, 'weight', typeof value === 'number' ? String(value) : value, expected);
  };
}

/**
 * The options as one value: a number that stays, or a function that is evaluated at each step.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function checkOptions(
  plugin: string,
  options: DistillOptions,
): number | ((progress: Progress) => number) {
  if (typeof options !== 'object' || options === null)
    throw optionError(plugin, 'options', options, 'an object such as {weight: 0.01}');
  refuseUnknownOptions(plugin, options, ['weight', 'schedule']);
  const {weight, schedule} = options;
  if (weight !== undefined && schedule !== undefined)
    throw optionError(plugin, 'schedule', schedule, 'left out where "weight" is given');
  if (schedule !== undefined) {
    const checked = checkSchedule(plugin, schedule);
    return ({fraction}) => scheduledWeight(checked, fraction);
  }
  if (typeof weight === 'function') return checkedFunction(plugin, weight);
  if (weight === undefined) return 0.01;
  if (!isWeight(weight))
    throw optionError(plugin, 'weight', weight, 'a finite number, 0 or more, or a function of progress');
  return weight;
}
