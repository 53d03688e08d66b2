/** What the options mean, and which are refused. */
import type {DistillTermOptions, ModelOptions} from '@rife-train/core';
import {modelOptionError, modelScalesError, modelUnknownError} from '@rife-train/errors';
import {RIFE4} from './rife4/architecture.js';

/** What differs between the networks. */
export interface NetworkKind {
  /** Does every block see the timestep as one more channel? */
  timestep: boolean;
  /** Default weight of the term `distill`; the author's advice for IFNet_m is 0.005. */
  distillWeight: number;
}

export const NETWORKS: Readonly<Record<string, NetworkKind>> = {
  IFNet: {timestep: false, distillWeight: 0.01},
  IFNet_m: {timestep: true, distillWeight: 0.005},
};

/** Names of the networks that there are. */
export const NETWORK_NAMES: readonly string[] = [...Object.keys(NETWORKS), RIFE4];

const isPowerOfTwo = (x: unknown) =>
  typeof x === 'number' && Number.isInteger(Math.log2(x)) && x >= 1 && x <= 32;
const isEven = (x: unknown) => typeof x === 'number' && Number.isInteger(x) && x > 0 && x % 2 === 0;

function checkList(
  option: 'scales' | 'widths',
  list: unknown,
  item: (x: unknown) => boolean,
  expected: string,
): void {
  if (!Array.isArray(list) || list.length === 0 || !list.every(item))
    throw modelOptionError(option, list, expected);
}

const isFrom0 = (x: unknown) => typeof x === 'number' && x >= 0 && x < Infinity;

export function checkDistill(distill: DistillTermOptions, blocks: number): void {
  if (typeof distill !== 'object' || distill === null)
    throw modelOptionError('distill', distill, 'an object such as {margin: 0.01}');
  const {margin = 0, root = 'safe', stages, teacherInput = 'live', ...others} = distill;
  const [unknown] = Object.entries(others);
  if (unknown)
    throw modelOptionError(
      `distill.${unknown[0]}`,
      unknown[1],
      'left out (there are margin, root, stages, teacherInput)',
    );
  if (!isFrom0(margin)) throw modelOptionError('distill.margin', margin, 'a finite number, 0 or more');
  if (root !== 'safe' && root !== 'reference')
    throw modelOptionError('distill.root', root, '"safe" or "reference"');
  if (teacherInput !== 'live' && teacherInput !== 'detached')
    throw modelOptionError('distill.teacherInput', teacherInput, '"live" or "detached"');
  if (stages === undefined) return;
  const fits = Array.isArray(stages) && stages.length === blocks && stages.every(isFrom0);
  if (!fits || !stages.some(factor => factor > 0))
    throw modelOptionError(
      'distill.stages',
      stages,
      `a list of ${blocks} numbers, 0 or more and not all 0, one per student block`,
    );
}

const WIDE_KINDS = ['none', 'dilated', 'large-kernel'];

function checkExtras({scales, zeroStages = 0, fusion = false, receptiveField = 'none'}: ModelOptions): void {
  const blocks = scales.length;
  if (!(Number.isInteger(zeroStages) && zeroStages >= 0 && zeroStages < blocks))
    throw modelOptionError(
      'zeroStages',
      zeroStages,
      `a whole number from 0 to ${blocks - 1}, less than the student blocks`,
    );
  if (typeof fusion !== 'boolean') throw modelOptionError('fusion', fusion, 'true or false');
  if (!WIDE_KINDS.includes(receptiveField))
    throw modelOptionError('receptiveField', receptiveField, '"none", "dilated" or "large-kernel"');
}

/**
 * Checks the options and returns what the network of that name is.
 * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
 */
export function checkOptions(options: ModelOptions): NetworkKind {
  const {name, scales, widths, norm = 'none', distill} = options;
  const kind = Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined;
  if (!kind) throw modelUnknownError(name, NETWORK_NAMES);
  // Powers of two, because a resize by them is exact and commutes with the scaling of the flow.
  checkList('scales', scales, isPowerOfTwo, 'a list of powers of two from 1 to 32, one per student block');
  checkList('widths', widths, isEven, 'a list of even numbers above 0, one per student block');
  if (scales.length !== widths.length) {
    throw modelOptionError('widths', widths, `as long as "model.scales", which has ${scales.length}`);
  }
  if (norm !== 'none' && norm !== 'batch') throw modelOptionError('norm', norm, '"none" or "batch"');
  if (distill !== undefined) checkDistill(distill, scales.length);
  checkExtras(options);
  return kind;
}

/** The largest scale of a network, 32, for frames of the largest `--scale`, 1/4. */
const LARGEST_PREDICT_SCALE = 128;
const isPredictScale = (x: unknown) =>
  typeof x === 'number' && Number.isInteger(Math.log2(x)) && x >= 1 / 32 && x <= LARGEST_PREDICT_SCALE;

/**
 * Checks the scales of a prediction; here they may be below 1, which enlarges the images.
 * @throws RIFE_ERR_MODEL_SCALES
 */
export function checkPredictScales(scales: readonly number[], blocks: number): void {
  if (!Array.isArray(scales) || scales.length !== blocks || !scales.every(isPredictScale))
    throw modelScalesError(scales, blocks);
}
