/** `rife-train train --dry-run`. */
import {usageError} from '@rife-train/errors';
import {Option, type Command} from 'commander';
import {wholeNumber} from '../commandOptions.js';
import type {TrainFlags} from '../train/flags.js';

/** Flags of a dry run: those of `train`, and some of its own. */
export interface DryRunFlags extends TrainFlags {
  dryRun?: true;
  /** Side of the crop, in place of the configuration's. */
  crop?: number;
  /** Triplets per micro-batch, in place of the configuration's. */
  batch?: number;
  /** Time two steps, to estimate how long the run will take. */
  measure?: true;
  json?: true;
}

/** Flags that mean nothing without `--dry-run`. */
const OWN = ['crop', 'batch', 'measure', 'json'] as const;

/** Adds them to the command. */
export const addDryRun = (command: Command): Command =>
  command
    .addOption(
      new Option('--dry-run', 'build everything, train nothing, write nothing: print the plan').conflicts([
        'resume',
        'fresh',
      ]),
    )
    .option('--crop <n>', 'with --dry-run: side of the crop, to see what fits', wholeNumber(32))
    .option('--batch <n>', 'with --dry-run: triplets per micro-batch', wholeNumber(1))
    .option(
      '--measure',
      'with --dry-run: time two steps on this machine, and estimate how long the run takes',
    )
    .option('--json', 'with --dry-run: print JSON');

/** @throws RIFE_ERR_CLI_USAGE for a flag that has no meaning in a real run */
export function refuseDryRunFlags(flags: DryRunFlags): void {
  const given = OWN.find(name => flags[name] !== undefined);
  if (given !== undefined)
    throw usageError(
      `"--${given}" goes with "--dry-run" alone; a run takes it from the configuration`,
      'rife-train train --help',
    );
}
