/**
 * A folder, or a file, has one owner at a time: a process claims it before it writes. The lock is a
 * file beside it, made in one step with its content, on network disks too. A lock whose owner no
 * longer runs is taken over. Why no library: docs/decisions/0020-one-owner.md.
 */
import {randomUUID} from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {inUseError} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import {BEAT_MS, startHeartbeat} from './heartbeat.js';
import {isThere, thisOwner, type Owner} from './identity.js';

/** Name of the lock in a folder. Hidden: no scan of clips sees it. */
export const LOCK = '.rife-train.lock';

/** An owner that can't be checked counts as gone after this time without a sign of life. */
export const SILENT_MS = 8 * BEAT_MS;

export interface Claim {
  /** Path of the lock. */
  readonly file: string;
  /** Has another process taken it over, because this one was suspended for minutes? */
  readonly isLost: boolean;
  /** Gives it back. */
  release(): void;
}

export interface ClaimOptions {
  /** The command that claims, for the message that others see. */
  command: string;
  /** Called once when another process has taken it over. */
  lost?: () => void;
  /** Called when the lock, or its folder, had been removed, and was made again. */
  remade?: () => void;
  /** @default SILENT_MS */
  silentMs?: number;
  /** Milliseconds between two signs of life. @default BEAT_MS */
  beatMs?: number;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** Makes `file` out of `aside`, whole, unless it is there. Returns whether it did. */
function makeOnce(aside: string, file: string, content: string): boolean {
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error;
  }
  // A disk without second names for files: for a moment the lock may be seen empty.
  try {
    writeFileSync(file, content, {flag: 'wx'});
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * The owner that a lock names, and when it last gave a sign of life; undefined where the lock is
 * gone.
 * @throws an error where a link, a pipe or the like is in its place
 */
function ownerOf(file: string): {owner: Owner | undefined; text: string; beatMs: number} | undefined {
  try {
    // A link to nothing could be neither made nor read, for ever; a pipe would be waited for.
    if (!lstatSync(file).isFile()) throw new Error(`"${file}" is not a plain file`);
    const text = readFileSync(file, 'utf8');
    const beatMs = statSync(file).mtimeMs;
    try {
      const owner = JSON.parse(text) as Owner;
      return {owner: typeof owner?.token === 'string' ? owner : undefined, text, beatMs};
    } catch {
      return {owner: undefined, text, beatMs};
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes the lock of an owner that no longer runs. Two processes may try: one that has taken
 * another owner's lock puts it back.
 */
function takeAway(file: string, text: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== text) makeOnce(aside, file, readFileSync(aside, 'utf8'));
  rmSync(aside, {force: true});
}

/**
 * Milliseconds since the last sign of life. Both times are the disk's, which need not have our
 * clock. A sign of the future is from before that clock was set back: it counts from now on, or the
 * lock would hold until that time comes.
 */
function silence(file: string, aside: string, beatMs: number): number {
  const now = statSync(aside).mtime;
  const silentFor = now.getTime() - beatMs;
  if (silentFor >= -BEAT_MS) return silentFor;
  try {
    utimesSync(file, now, now);
  } catch {
    // It is another user's.
  }
  return 0;
}

/** Tries until the lock is ours, or its owner is found to be there. */
function take(what: string, file: string, aside: string, content: string, silentMs: number): void {
  while (!makeOnce(aside, file, content)) {
    const held = ownerOf(file);
    if (!held) continue;
    const {owner, text, beatMs} = held;
    const silentFor = silence(file, aside, beatMs);
    const there = owner && isThere(owner, beatMs);
    if (there === true || (there === undefined && silentFor < silentMs))
      throw inUseError(what, {...owner, lock: file, waitMs: there ? undefined : silentMs - silentFor});
    takeAway(file, text, `${aside}.gone`);
  }
}

/**
 * Claims a file.
 * @param what path to name in the message
 * @param file path of its lock
 * @throws RIFE_ERR_CLI_IN_USE, or the error of the disk where nothing can be written
 */
export function claim(
  what: string,
  file: string,
  {command, lost, remade, silentMs = SILENT_MS, beatMs}: ClaimOptions,
): Claim {
  const token = randomUUID();
  const content = `${JSON.stringify(thisOwner(token, command), null, 1)}\n`;
  const aside = `${file}.${token.slice(0, 8)}`;
  /** Calls `act` while the content is in a file of another name. */
  const withAside = <T>(act: () => T): T => {
    writeFileSync(aside, content);
    try {
      return act();
    } finally {
      rmSync(aside, {force: true});
    }
  };
  withAside(() => take(what, file, aside, content, silentMs));
  let isLost = false;
  const isOurs = () => existsSync(file) && readFileSync(file, 'utf8') === content;
  const lose = () => {
    isLost = true;
    lost?.();
  };
  const remake = () => {
    try {
      makeFolder(dirname(file));
      if (withAside(() => makeOnce(aside, file, content))) remade?.();
      else if (!isOurs()) lose();
    } catch {
      // The next sign of life tries again.
    }
  };
  const stop = startHeartbeat(file, content, {lost: lose, gone: remake}, beatMs);
  return {
    file,
    get isLost() {
      return isLost || !isOurs();
    },
    release() {
      void stop();
      try {
        if (isOurs()) rmSync(file, {force: true});
      } catch {
        // A disk that is gone has no lock either; one that is read-only keeps it, and its owner is
        // seen to be gone.
      }
    },
  };
}

/** Claims a folder that is there. @throws RIFE_ERR_CLI_IN_USE */
export const claimFolder = (folder: string, options: ClaimOptions): Claim =>
  claim(folder, join(folder, LOCK), options);
