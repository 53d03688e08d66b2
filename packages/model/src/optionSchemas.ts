/**
 * The options of the networks here, without the networks: `@rife-train/model/options` loads no
 * tfjs.
 */
import type {NetworkOptions} from '@rife-train/core/config';
import {IFNETS, ifNetOptions} from './options.js';
import {RIFE4} from './rife4/architecture.js';
import {rife4Options} from './rife4/options.js';

/** By name; the first is the default. */
export const NETWORK_OPTIONS: readonly NetworkOptions[] = [
  ...Object.keys(IFNETS).map(name => ({name, options: ifNetOptions})),
  {name: RIFE4, options: rife4Options},
];
