import {accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync} from 'node:fs';
import {join} from 'node:path';
import {outNotWritableError, runExistsError} from '@rife-train/errors';

/** What to do with an earlier run in `out`. */
export type Start = 'new' | 'fresh' | 'resume';

/** What a run leaves in `out`; a folder without any of these holds no run, whatever else is in it. */
const TRACES = ['checkpoints', 'metrics.jsonl', 'previews', 'preview.png'];

/** Does the folder hold a run, even one that was killed before its first checkpoint? */
export const holdsRun = (out: string) => TRACES.some(name => existsSync(join(out, name)));

/**
 * Refuses to mix two runs. Called early: nobody should wait for an engine to learn this.
 *
 * @param command the command line, for the message
 * @throws RIFE_ERR_CLI_RUN_EXISTS
 */
export function checkOut(out: string, start: Start, command: string): void {
  if (start === 'new' && holdsRun(out)) throw runExistsError(out, command);
}

/**
 * Makes `out` ready.
 *
 * @returns where an earlier run was moved to, if one was
 * @throws RIFE_ERR_CLI_OUT_NOT_WRITABLE
 */
export function prepareOut(out: string, start: Start): string | undefined {
  try {
    const moved = start === 'fresh' && holdsRun(out) ? moveAside(out) : undefined;
    mkdirSync(out, {recursive: true});
    accessSync(out, constants.W_OK);
    return moved;
  } catch (error) {
    throw outNotWritableError(out, error);
  }
}

/** Undoes {@link prepareOut} after a start that failed before it wrote anything. */
export function undoPrepareOut(out: string, moved: string | undefined): void {
  if (!existsSync(out) || readdirSync(out).length > 0) return;
  rmdirSync(out);
  if (moved !== undefined) renameSync(moved, out);
}

/** Renames `out` to the first of out.1, out.2 ... that is free. Nothing is ever deleted. */
function moveAside(out: string): string {
  for (let number = 1; ; number++) {
    const target = `${out}.${number}`;
    if (existsSync(target)) continue;
    renameSync(out, target);
    return target;
  }
}
