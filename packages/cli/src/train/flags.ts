import {dirname, join, resolve} from 'node:path';
import type {TrainConfig} from '@rife-train/core';
import type {LocatedConfig} from '../config/loadConfig.js';
import {OPTION_FLAGS} from '../config/optionFlags.js';
import {withSet, withValue} from '../config/setOptions.js';

type Mirrored =
  | 'steps'
  | 'out'
  | 'init'
  | 'initKey'
  | 'seed'
  | 'execution'
  | 'precision'
  | 'device'
  | 'devices'
  | 'launcher';

/** Flags of `rife-train train`, as commander hands them over; most set the option of their name. */
export interface TrainFlags extends Partial<Pick<TrainConfig, Mirrored>> {
  config?: string;
  /** True for `--resume` without a folder. */
  resume?: string | true;
  fresh?: true;
  /** Steps more than there are, on a schedule of their own. */
  extend?: number;
  /** Folder of the run, beside the others. */
  name?: string;
  /** `data.root` */
  data?: string;
  /** `path=value` of any option; they come before the flags above. */
  set?: string[];
}

/** Flags that set an option, with their values. */
const given = (flags: TrainFlags) =>
  OPTION_FLAGS.map(flag => ({...flag, value: flags[flag.name as 'out']})).filter(
    ({value}) => value !== undefined,
  );

/**
 * The configuration with what the flags override. A path in a flag is relative to the folder of the
 * command.
 */
export function withFlags(from: LocatedConfig, flags: TrainFlags, cwd: string): LocatedConfig {
  const set = withSet(from, flags.set ?? [], cwd);
  const named = flags.name === undefined ? set : {...set, out: join(dirname(set.out), flags.name)};
  return given(flags).reduce((config, {path, meta, value}) => {
    return withValue(config, path.split('.'), meta.isPath && value !== '' ? resolve(cwd, value!) : value);
  }, named);
}

/**
 * The flags that must be repeated so that another command means the same run: `--config a.ts --out
 * b`.
 */
export function repeatedFlags(flags: TrainFlags): string {
  const {config, name, set = []} = flags;
  const all = [
    ['config', config],
    ['name', name],
    ...given(flags).map(({flag, value}) => [flag, value]),
    ...set.map(value => ['set', value]),
  ];
  return all
    .filter(([, value]) => value !== undefined)
    .map(([flag, value]) => ` --${flag} ${quoted(String(value))}`)
    .join('');
}

const quoted = (text: string) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
