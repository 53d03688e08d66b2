import {dirname, join, resolve} from 'node:path';
import type {LocatedConfig} from '../config/loadConfig.js';
import {withSet} from '../config/setOptions.js';

/** Flags of `rife-train train`, as commander hands them over. */
export interface TrainFlags {
  config?: string;
  /** True for `--resume` without a folder. */
  resume?: string | true;
  fresh?: true;
  /** Steps more than there are, on a schedule of their own. */
  extend?: number;
  steps?: number;
  out?: string;
  /** Folder of the run, beside the others. */
  name?: string;
  init?: string;
  initKey?: string;
  seed?: number;
  data?: string;
  execution?: 'captured' | 'eager';
  device?: string;
  devices?: number;
  launcher?: 'process' | 'thread' | 'inline';
  /** `path=value` of any option; they come before the flags above. */
  set?: string[];
}

/** The configuration with what the flags override. A path in a flag is relative to the folder of the command. */
export function withFlags(from: LocatedConfig, flags: TrainFlags, cwd: string): LocatedConfig {
  const config = withSet(from, flags.set ?? [], cwd);
  const {steps, seed, initKey, execution, device, devices, launcher} = flags;
  const overrides = {steps, seed, initKey, execution, device, devices, launcher};
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return {
    ...config,
    ...Object.fromEntries(given),
    ...(flags.data === undefined ? {} : {data: {...config.data, root: resolve(cwd, flags.data)}}),
    ...(flags.name === undefined ? {} : {out: join(dirname(config.out), flags.name)}),
    ...(flags.out === undefined ? {} : {out: resolve(cwd, flags.out)}),
    ...(flags.init === undefined ? {} : {init: resolve(cwd, flags.init)}),
  };
}

/** The flags that must be repeated so that another command means the same run: `--config a.ts --out b`. */
export function repeatedFlags(given: TrainFlags): string {
  const {config, steps, out, name, init, initKey, seed, data, execution, device, devices, launcher} = given;
  const flags = {
    ...{config, steps, out, name, init, 'init-key': initKey, seed, data},
    ...{execution, device, devices, launcher},
  };
  const one = Object.entries(flags).filter(([, value]) => value !== undefined);
  return [...one, ...(given.set ?? []).map(value => ['set', value] as const)]
    .map(([name, value]) => ` --${name} ${quoted(String(value))}`)
    .join('');
}

const quoted = (text: string) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
