/** What the installer knows about its machine; tests pass another one. */
import {accessSync, constants, existsSync, statfsSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import {delimiter, dirname, join} from 'node:path';
import util from 'node:util';
import {engineNodeError, enginePlatformError} from '@rife-train/errors';
import {ARCHIVE_SUMS} from './sums.js';

const require = createRequire(import.meta.url);

export interface Host {
  env: NodeJS.ProcessEnv;
  platform: string;
  arch: string;
  /** `process.versions.node`. */
  nodeVersion: string;
  /** Version of glibc; undefined on musl and outside Linux. */
  glibc: string | undefined;
  /** Folder of an installed package as seen from this one, or undefined. */
  packageFolder(name: string): string | undefined;
  /** True if the NVIDIA kernel driver is loaded. */
  hasNvidiaDriver(): boolean;
  /** Bytes that this user may still write in a folder, which may not exist yet. */
  freeBytes(folder: string): number;
  /** The Node that tests bindings in a process of its own. */
  node: string;
  /** SHA-256 of the archives that are known, by file name. */
  sums: Readonly<Record<string, string>>;
  /** Receives progress, one line at a time. */
  log(line: string): void;
  /** Receives the current state of something that takes long, several times a second. */
  progress(state: string): void;
}

const PROGRESS_MS = 500;
/** Pauses between progress lines: each is twice the last, so that an hour gives some 60 lines. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/** Progress goes to stderr, so that a command's own output stays clean. */
const logToStderr = (line: string) => void process.stderr.write(`[rife:engine] ${line}\n`);

/** A log that also gets some of the progress states; other lines postpone them. */
export function pacedLog(write: Host['log'], now = () => performance.now()): Pick<Host, 'log' | 'progress'> {
  let pause = FIRST_PAUSE_MS;
  let last = now();
  const log = (line: string, nextPause = FIRST_PAUSE_MS) => {
    write(line);
    pause = nextPause;
    last = now();
  };
  return {
    log: line => log(line),
    progress: state => now() - last >= pause && log(state, Math.min(2 * pause, LONGEST_PAUSE_MS)),
  };
}

/** Runs something that reports nothing itself, and reports how long it has been running. */
export async function reportElapsed<T>(host: Host, what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const report = () => host.progress(`${what}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const timer = setInterval(report, progressMs(host));
  return work().finally(() => clearInterval(timer));
}

/** Milliseconds between states. */
export const progressMs = (host: Host) => Number(host.env['RIFE_TRAIN_PROGRESS_MS'] ?? PROGRESS_MS);

export function thisHost(
  env: NodeJS.ProcessEnv = process.env,
  log: Host['log'] = logToStderr,
  progress?: Host['progress'],
): Host {
  const paced = pacedLog(log);
  return {
    env,
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.versions.node,
    glibc: glibcVersion(),
    packageFolder,
    hasNvidiaDriver: () =>
      existsSync('/proc/driver/nvidia/version') || which(env, 'nvidia-smi') !== undefined,
    freeBytes,
    node: process.execPath,
    sums: ARCHIVE_SUMS,
    log: paced.log,
    progress: progress ?? paced.progress,
  };
}

function freeBytes(folder: string): number {
  const parent = dirname(folder);
  if (!existsSync(folder) && parent !== folder) return freeBytes(parent);
  const {bavail, bsize} = statfsSync(folder);
  return bavail * bsize;
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Otherwise the report resolves the host names of all open sockets.
  const report = process.report as (NodeJS.ProcessReport & {excludeNetwork?: boolean}) | undefined;
  if (!report) return undefined;
  report.excludeNetwork = true;
  return (report.getReport() as {header?: {glibcVersionRuntime?: string}}).header?.glibcVersionRuntime;
}

function packageFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Absolute path of a program: found on the PATH, or already a path. */
export function which(env: NodeJS.ProcessEnv, program: string): string | undefined {
  const folders = program.includes('/') ? [''] : (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map(folder => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @throws RIFE_ERR_ENGINE_NODE if tfjs-node's JavaScript cannot run */
export function checkNode(host: Host): void {
  const lacks = host.nodeVersion === process.versions.node && !('isNullOrUndefined' in util);
  if (lacks || Number(host.nodeVersion.split('.')[0]) >= 23) throw engineNodeError(host.nodeVersion);
}

/** @throws RIFE_ERR_ENGINE_PLATFORM if there is no wheel to install and no library to link */
export function checkPlatform(host: Host): void {
  const why = unsupported(host);
  if (why) throw enginePlatformError(`${host.platform} ${host.arch}`, why);
}

function unsupported({platform, arch, glibc}: Host): string | undefined {
  if (platform !== 'linux') return 'only Linux is supported so far';
  if (arch !== 'x64' && arch !== 'arm64') return 'TensorFlow has no build for this processor';
  if (glibc === undefined)
    return 'its wheels need glibc, and this system has another C library (musl, as in Alpine)';
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 27)
    ? undefined
    : `its wheels need glibc 2.27, and this system has ${glibc}`;
}
