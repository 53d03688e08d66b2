/** What the options of a RIFE 4.x network mean, and which are refused. */
import type {ModelOptions} from '@rife-train/core';
import {modelOptionError} from '@rife-train/errors';
import {checkDistill} from '../options.js';
import {RIFE4, RIFE4_VERSIONS, type Rife4Architecture} from './architecture.js';

/** The author's advice for most scenes. */
const DEFAULT_VERSION = '4.25';

/** Options that only IFNet has, and what they are without it. */
const IFNET_ONLY = {norm: 'none', zeroStages: 0, fusion: false, receptiveField: 'none'} as const;

const isPowerOfTwo = (x: unknown) => Number.isInteger(Math.log2(x as number)) && (x as number) >= 1;
const isEven = (x: unknown) => Number.isInteger(x) && (x as number) > 0 && (x as number) % 2 === 0;

/** A list of the version's length; an empty one is the version's own. */
function listOf(
  option: 'scales' | 'widths',
  given: readonly number[],
  own: readonly number[],
  fits: (x: unknown) => boolean,
  items: string,
): readonly number[] {
  if (given.length === 0) return own;
  if (given.length === own.length && given.every(fits)) return given;
  throw modelOptionError(option, given, `left out, or ${own.length} ${items}, one per block`);
}

/** The options in full, and the network that they describe. */
export interface Rife4Plan {
  options: ModelOptions & {version: string};
  arch: Rife4Architecture;
}

/** @throws RIFE_ERR_MODEL_OPTION */
export function rife4Plan(given: ModelOptions): Rife4Plan {
  const {version = DEFAULT_VERSION, scales, widths, distill} = given;
  const known = Object.hasOwn(RIFE4_VERSIONS, version) ? RIFE4_VERSIONS[version] : undefined;
  if (!known) throw modelOptionError('version', version, `one of ${Object.keys(RIFE4_VERSIONS).join(', ')}`);
  for (const [option, without] of Object.entries(IFNET_ONLY)) {
    const value = given[option as keyof typeof IFNET_ONLY];
    if (value !== undefined && value !== without)
      throw modelOptionError(option, value, `left out: ${RIFE4} does not have it`);
  }
  const arch = {
    ...known,
    scales: listOf('scales', scales, known.scales, isPowerOfTwo, 'powers of two'),
    widths: listOf('widths', widths, known.widths, isEven, 'even numbers above 0'),
  };
  if (distill !== undefined) checkDistill(distill, arch.widths.length);
  const options = {
    name: RIFE4,
    version,
    scales: [...arch.scales],
    widths: [...arch.widths],
    ...(distill ? {distill: {...distill}} : {}),
  };
  return {options, arch};
}
