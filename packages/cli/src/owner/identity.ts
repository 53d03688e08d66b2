/**
 * The identity of a process, from which another one sees whether it still runs: process numbers
 * alone are reused.
 */
import {readFileSync, readlinkSync} from 'node:fs';
import {hostname, uptime} from 'node:os';

/** The content of a folder's lock. */
export interface Owner {
  /** Tells two claims of one process apart. */
  token: string;
  /** The command, for the message. */
  command: string;
  host: string;
  pid: number;
  /** When the process began, in ticks since the machine did. Absent where there is no /proc. */
  started?: string;
  /** Changes with each start of the machine. Absent where there is no /proc. */
  boot?: string;
  /** Process numbers mean something within one namespace only: containers have their own. */
  pids?: string;
  /** ISO date. */
  since: string;
}

const textOf = (read: () => string): string | undefined => {
  try {
    return read().trim();
  } catch {
    return undefined;
  }
};

/**
 * Fields of a process in /proc, from its state on: `pid (name) state ppid ...`; the name may hold
 * blanks and brackets. Undefined if there is no such process, or no /proc.
 */
function fieldsOf(pid: number): string[] | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** When a process began. The 22nd field, counted from 1. */
const startedAt = (pid: number): string | undefined => fieldsOf(pid)?.[19];

/** A process that has ended, and that its parent has not asked about. */
const isZombie = (pid: number) => ['Z', 'X'].includes(fieldsOf(pid)?.[0] ?? '');

/** The part of an {@link Owner} that names its machine. */
export interface Machine {
  host: string;
  boot?: string | undefined;
  pids?: string | undefined;
  /** When it was started, by its own clock; milliseconds. */
  bootedAtMs: number;
}

export const thisMachine = (): Machine => ({
  host: hostname(),
  boot: textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
  pids: textOf(() => readlinkSync('/proc/self/ns/pid')),
  bootedAtMs: Date.now() - 1000 * uptime(),
});

/** This process as the owner of something. */
export function thisOwner(token: string, command: string): Owner {
  const {host, boot, pids} = thisMachine();
  const started = startedAt(process.pid);
  return {
    ...{token, command, host, pid: process.pid},
    ...(started !== undefined && {started}),
    ...(boot !== undefined && {boot}),
    ...(pids !== undefined && {pids}),
    since: new Date().toISOString(),
  };
}

function isRunning({pid, started}: Owner): boolean | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is one all the same.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (started === undefined) return true;
  const now = startedAt(pid);
  // A machine may hide the processes of other users.
  return now === undefined ? undefined : now === started && !isZombie(pid);
}

/**
 * Does the owner still run? Undefined where that can't be known from here: it is on another
 * machine, or in another container.
 * @param beatMs when it last gave a sign of life
 */
export function isThere(owner: Owner, beatMs: number, here = thisMachine()): boolean | undefined {
  if (owner.host !== here.host) return undefined;
  if (owner.boot !== here.boot) return beatMs < here.bootedAtMs ? false : undefined;
  return owner.pids === here.pids ? isRunning(owner) : undefined;
}
