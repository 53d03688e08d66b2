/** Processes of a benchmark: their resources, how they are started, and their output. */
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';

/**
 * Bytes of a field of /proc/self/status (`VmRSS`, `VmHWM`); undefined where there is no such file.
 */
function statusBytes(field) {
  try {
    const [, kib] = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'ascii'));
    return Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

/** Largest resident size of this process so far. */
export const peakRssBytes = () => statusBytes('VmHWM') ?? process.resourceUsage().maxRSS * 1024;

/** User and system time of the children that have ended, in ms; 0 where there is no /proc. */
function endedChildrenMs() {
  try {
    // The name in brackets may hold spaces; of what follows, fields 14 and 15, in hundredths of a
    // second.
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ');
    return 10 * (Number(fields[13]) + Number(fields[14]));
  } catch {
    return 0;
  }
}

/**
 * User and system time of all threads of this process, and of its children that have ended, in ms.
 */
export function cpuMs() {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000 + endedChildrenMs();
}

/** Runs, with milliseconds of the clock and of all cores. */
export async function timed(run) {
  const [start, before] = [performance.now(), cpuMs()];
  const result = await run();
  return {result, wallMs: performance.now() - start, cpuMs: cpuMs() - before};
}

/** Options as arguments of a command: `--name value`. */
export const flags = options => Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);

/** Resident size of this process now. */
export const rssBytes = () => statusBytes('VmRSS') ?? process.memoryUsage.rss();

/**
 * Runs a command.
 * @param timeoutMs after which it is killed; 0 for never
 * @returns its standard output @throws Error with the end of its output
 */
export function runText(command, args, env = {}, timeoutMs = 0) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...process.env, ...env},
      ...(timeoutMs > 0 && {timeout: timeoutMs, killSignal: 'SIGKILL'}),
    });
    let out = '';
    let err = '';
    child.stdout.on('data', chunk => (out += chunk));
    child.stderr.on('data', chunk => (err += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      reject(new Error(`exit ${code ?? signal}: ${(err || out).trim().slice(-600)}`));
    });
  });
}

/** What a function returns, or {error} with the message of what it throws. */
export const orError = async run => {
  try {
    return await run();
  } catch ({message}) {
    return {error: message};
  }
};

/**
 * {@link runText} of a command whose last line is JSON.
 * @returns the object, or {error} with the end of the command's output
 */
export const runJson = (...command) =>
  orError(async () => JSON.parse((await runText(...command)).trim().split('\n').at(-1)));
