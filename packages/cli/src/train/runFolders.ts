/**
 * Runs without an `out`: numbered folders side by side, so that a new run needs no decision about
 * an earlier one.
 */
import {mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {outNotWritableError} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import {holdsRun} from './outFolder.js';

/** Folder of such runs, beside the configuration. */
export const RUNS = 'runs';
/** A link to the folder of the last run. */
export const LATEST_RUN = 'latest';
const NUMBERED = /^run-(\d+)/;

const namesIn = (runs: string): string[] => {
  try {
    return readdirSync(runs);
  } catch {
    return [];
  }
};

/**
 * The folder of the next run: its number is above those of all runs, those that were moved aside
 * included.
 */
export function nextRun(runs: string): string {
  const numbers = namesIn(runs).map(name => Number(NUMBERED.exec(name)?.[1] ?? 0));
  return join(runs, `run-${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}`);
}

/**
 * Makes the folder of the next run; of two that start at once, each gets its own.
 * @throws RIFE_ERR_CLI_OUT_NOT_WRITABLE
 */
export function makeNextRun(runs: string): string {
  for (;;) {
    const folder = nextRun(runs);
    try {
      makeFolder(runs);
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw outNotWritableError(folder, error);
    }
  }
}

const writtenAt = (run: string) =>
  Math.max(
    ...['metrics.jsonl', 'checkpoints'].map(
      name => statSync(join(run, name), {throwIfNoEntry: false})?.mtimeMs ?? 0,
    ),
  );

/**
 * The last run: the one that `latest` names, or, where there is no such link, the one with the
 * newest files.
 */
export function latestRun(runs: string): string | undefined {
  try {
    const named = join(runs, readlinkSync(join(runs, LATEST_RUN)));
    if (holdsRun(named)) return named;
  } catch {
    // There is no link, or its run is gone.
  }
  const all = namesIn(runs)
    .map(name => join(runs, name))
    .filter(holdsRun);
  return all.sort((a, b) => writtenAt(b) - writtenAt(a))[0];
}

/** Points `latest`, beside a run, to it. A convenience: a disk without symbolic links has none. */
export function nameLatest(run: string): void {
  const name = join(dirname(run), LATEST_RUN);
  const aside = `${name}.${process.pid}`;
  try {
    symlinkSync(basename(run), aside);
    renameSync(aside, name);
  } catch {
    rmSync(aside, {force: true});
  }
}

/** Step of the newest checkpoint; 0 where there is none. */
export function newestStep(run: string): number {
  const steps = namesIn(join(run, 'checkpoints')).map(name => Number(/^step-(\d{8,})$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...steps);
}
