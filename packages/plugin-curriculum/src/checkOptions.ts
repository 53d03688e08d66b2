import {optionError, refuseUnknownOptions} from '@rife-train/core';
import type {CurriculumOptions, GrowingOptions, StagedOptions} from './index.js';

const EXAMPLE = '{from: [1, 1], to: [1, 32], over: [0, 0.5]} or {stages: [{until: 1, gaps: [1, 4]}]}';

const isGaps = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every(gap => Number.isInteger(gap) && gap >= 1) &&
  value[0] <= value[1];
const isRange = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value[0] >= 0 && value[0] < value[1] && value[1] <= 1;

function checkGaps(plugin: string, option: string, gaps: unknown) {
  const expected = 'a range of whole gaps from 1 on, smallest first, such as [1, 8]';
  if (!isGaps(gaps)) throw optionError(plugin, option, gaps, expected);
}

function checkStages(plugin: string, options: StagedOptions) {
  refuseUnknownOptions(plugin, options, ['stages']);
  const {stages} = options;
  if (!Array.isArray(stages) || stages.length === 0)
    throw optionError(plugin, 'stages', stages, 'a list of stages such as [{until: 1, gaps: [1, 4]}]');
  let before = 0;
  stages.forEach((stage: unknown, i) => {
    const option = `stages[${i}]`;
    if (typeof stage !== 'object' || stage === null)
      throw optionError(plugin, option, stage, 'an object such as {until: 1, gaps: [1, 4]}');
    refuseUnknownOptions(plugin, stage, ['until', 'gaps'], `${option}.`);
    const {until, gaps} = stage as {until: unknown; gaps: unknown};
    if (!(typeof until === 'number' && until > before && until <= 1))
      throw optionError(plugin, `${option}.until`, until, `a fraction of the run above ${before}, up to 1`);
    checkGaps(plugin, `${option}.gaps`, gaps);
    before = until;
  });
  if (before !== 1)
    throw optionError(
      plugin,
      `stages[${stages.length - 1}].until`,
      before,
      '1, so that the last stage reaches the end of the run',
    );
}

function checkGrowth(plugin: string, options: GrowingOptions) {
  refuseUnknownOptions(plugin, options, ['from', 'to', 'over']);
  const {from, to, over = [0, 0.5]} = options;
  checkGaps(plugin, 'from', from);
  checkGaps(plugin, 'to', to);
  if (!isRange(over))
    throw optionError(plugin, 'over', over, 'two rising fractions of the run, such as [0, 0.5]');
}

/**
 * The options, when they are right.
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function checkOptions(plugin: string, options: CurriculumOptions): CurriculumOptions {
  if (typeof options !== 'object' || options === null) throw optionError(plugin, 'options', options, EXAMPLE);
  if ('stages' in options) checkStages(plugin, options);
  else checkGrowth(plugin, options);
  return options;
}
