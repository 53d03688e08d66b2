import {accessSync, constants, existsSync, readdirSync, renameSync, rmdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {isRifeError, outNotWritableError, runExistsError} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import {claimFolder, LOCK, type Claim, type ClaimOptions} from '../owner/lock.js';

/** What to do with an earlier run in `out`. */
export type Start = 'new' | 'fresh' | 'resume';

/** Files of a run; a folder without any of these holds no run, whatever else is in it. */
const TRACES = ['checkpoints', 'metrics.jsonl', 'previews', 'preview.png'];

/** Does the folder hold a run? One that was killed before its first checkpoint counts. */
export const holdsRun = (out: string) => TRACES.some(name => existsSync(join(out, name)));

/**
 * Refuses to mix two runs. Called early, so that nobody waits for an engine to learn this.
 *
 * @param command the command line, for the message
 * @throws RIFE_ERR_CLI_RUN_EXISTS
 */
export function checkOut(out: string, start: Start, command: string): void {
  if (start === 'new' && holdsRun(out)) throw runExistsError(out, command);
}

/** A folder that is ready for a run, and belongs to this process. */
export interface OwnedOut {
  /** Where an earlier run was moved to, if one was. */
  moved: string | undefined;
  claim: Claim;
}

/**
 * Claims `out`, and moves an earlier run aside where that is wanted: never one that is still being
 * written.
 */
function own(out: string, start: Start, options: ClaimOptions): OwnedOut {
  makeFolder(out);
  accessSync(out, constants.W_OK);
  const claim = claimFolder(out, options);
  if (start !== 'fresh' || !holdsRun(out)) return {moved: undefined, claim};
  try {
    const moved = moveAside(out);
    // A process that claims the new folder in between is then the one that the error names.
    makeFolder(out);
    const own = claimFolder(out, options);
    rmSync(join(moved, LOCK), {force: true});
    return {moved, claim: own};
  } finally {
    claim.release();
  }
}

/**
 * Makes `out` ready, for this process alone.
 * @throws RIFE_ERR_CLI_OUT_NOT_WRITABLE, RIFE_ERR_CLI_IN_USE
 */
export function prepareOut(out: string, start: Start, options: ClaimOptions): OwnedOut {
  try {
    return own(out, start, options);
  } catch (error) {
    throw isRifeError(error) ? error : outNotWritableError(out, error);
  }
}

/** Undoes {@link prepareOut} after a start that failed before it wrote anything. */
export function undoPrepareOut(out: string, {moved, claim}: OwnedOut): void {
  claim.release();
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
