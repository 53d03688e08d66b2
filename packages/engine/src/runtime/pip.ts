/** Downloads wheels with pip, with progress and a separate error for each kind of failure. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {basename, join} from 'node:path';
import {
  engineDownloadError,
  engineNetworkError,
  engineNoPipError,
  engineNoPythonError,
  engineNoWheelError,
  engineSpaceError,
} from '@rife-train/errors';
import {sha256OfFile} from '@rife-train/files';
import {aside} from './aside.js';
import {saysDiskFull} from './cacheErrors.js';
import {Download} from './download.js';
import {exec} from './exec.js';
import {type Host, progressMs} from './host.js';
import {findPython, type Python} from './python.js';
import {downloadsFolder, type Settings} from './settings.js';
import {checkSum} from './sums.js';

/** @throws RIFE_ERR_ENGINE_NO_PYTHON, RIFE_ERR_ENGINE_NO_PIP */
export async function requirePip(host: Host): Promise<Python> {
  const python = await findPython(host);
  if (!python) throw engineNoPythonError();
  if (!python.hasPip) throw engineNoPipError(python.program);
  return python;
}

const machine = (host: Host) => (host.arch === 'arm64' ? 'aarch64' : 'x86_64');

/**
 * Name on PyPI. `tensorflow-cpu` has no wheels for arm64, where `tensorflow` is the CPU build; on
 * x64 `tensorflow` is the CUDA build.
 */
export function distribution(host: Host, settings: Settings): string {
  return settings.variant === 'gpu' || host.arch === 'arm64' ? 'tensorflow' : 'tensorflow-cpu';
}

/**
 * Makes any Python 3 choose the same wheel: the libraries in it do not depend on Python's version.
 */
export function wheelSelection(host: Host): string[] {
  const platforms = ['manylinux_2_27', 'manylinux_2_17', 'manylinux2014'].map(
    name => `${name}_${machine(host)}`,
  );
  return [
    ...[
      '--only-binary=:all:',
      '--implementation',
      'cp',
      '--python-version',
      '3.11',
      '--abi',
      'cp311',
      '--abi',
      'none',
    ],
    ...platforms.flatMap(platform => ['--platform', platform]),
  ];
}

/** Each engine has its own: the lock of an engine then guards its wheel as well. */
const wheelFolder = (settings: Settings) => join(downloadsFolder(settings), settings.key);

/** Ending of the file beside a wheel that holds its SHA-256, as it was when pip had checked it. */
const SUM_ENDING = '.sha256';

/** Name of the TensorFlow wheel that an interrupted run left, and its SHA-256. */
export function leftWheel(host: Host, settings: Settings): {name: string; sum: string} | undefined {
  const folder = wheelFolder(settings);
  const prefix = `${distribution(host, settings).replace('-', '_')}-${settings.tensorflow}-`;
  const suffix = `_${machine(host)}.whl`;
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const name = names.find(name => name.startsWith(prefix) && name.endsWith(suffix));
  if (!name) return undefined;
  const sum = host.sums[name];
  if (sum) return {name, sum};
  const recorded = `${name}${SUM_ENDING}`;
  return names.includes(recorded) ? {name, sum: readFileSync(join(folder, recorded), 'utf8')} : undefined;
}

/**
 * The TensorFlow wheel, checked by its SHA-256; one that an interrupted run left is reused.
 * @returns its path
 * @throws RIFE_ERR_ENGINE_NETWORK, _NO_WHEEL, _DOWNLOAD, _ARCHIVE, _SPACE
 */
export async function fetchWheel(host: Host, settings: Settings, python: Python): Promise<string> {
  const left = leftWheel(host, settings);
  if (!left) return download(host, settings, python);
  const file = join(wheelFolder(settings), left.name);
  await checkSum(file, left.sum, file);
  host.log(`using ${left.name}, which an earlier run has fetched`);
  return file;
}

async function download(host: Host, settings: Settings, python: Python): Promise<string> {
  const requirement = `${distribution(host, settings)}==${settings.tensorflow}`;
  const folder = wheelFolder(settings);
  return aside(folder, 'partial', async partial => {
    host.log(`fetching ${requirement} with pip (${python.program})`);
    await runPip(host, python, partial, requirement, [
      'download',
      '--no-deps',
      '--dest',
      partial,
      ...wheelSelection(host),
    ]);
    const name = readdirSync(partial).find(file => file.endsWith('.whl'));
    if (!name) throw engineDownloadError('pip', requirement, 'pip reported success, but left no wheel');
    const file = join(partial, name);
    const sum = host.sums[name];
    if (sum) await checkSum(file, sum, requirement);
    // pip copies its file here piece by piece; the rename makes sure that only a complete wheel has
    // its name in the other folder.
    rmSync(folder, {recursive: true, force: true});
    mkdirSync(folder);
    writeFileSync(join(folder, `${name}${SUM_ENDING}`), sum ?? (await sha256OfFile(file)));
    renameSync(file, join(folder, name));
    return join(folder, name);
  });
}

/** Removes a wheel that is not needed any more. */
export const removeWheel = (settings: Settings) =>
  rmSync(wheelFolder(settings), {recursive: true, force: true});

/**
 * Runs pip with its temporary files in `folder`. They are then on the disk whose space was checked,
 * and their size shows how much has arrived.
 * @throws RIFE_ERR_ENGINE_NETWORK, _NO_WHEEL, _DOWNLOAD, _SPACE
 */
export async function runPip(
  host: Host,
  python: Python,
  folder: string,
  requirement: string,
  args: string[],
): Promise<void> {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, {recursive: true});
  const watch = watchProgress(host, temporary);
  const env = {
    ...host.env,
    TMPDIR: temporary,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PYTHONUNBUFFERED: '1',
  };
  const [command = '', ...rest] = args;
  const full = ['-m', 'pip', command, '--progress-bar', 'off', '--retries', '3', ...rest];
  const {code, output} = await exec(
    python.program,
    [...full, ...(command === 'download' ? [requirement] : [])],
    {
      env,
      onLine: watch.onLine,
    },
  );
  watch.stop(code === 0);
  rmSync(temporary, {recursive: true, force: true});
  if (code !== 0) throw pipError(host, folder, requirement, output);
}

function pipError(host: Host, folder: string, requirement: string, output: string) {
  if (saysDiskFull(output)) return engineSpaceError(folder, host.freeBytes(folder));
  if (/No module named pip/.test(output)) return engineNoPipError('python3');
  if (
    // No version at all: the answer was a page of a proxy, and not of PyPI.
    /\(from versions: none\)|Retrying \(|ConnectionError|Connection(?: | to )|NameResolution|ReadTimeout|timed out|ProxyError|SSLError|Network is unreachable/.test(
      output,
    )
  ) {
    return engineNetworkError('pip', requirement, output);
  }
  if (/No matching distribution found/.test(output))
    return engineNoWheelError(requirement, `${host.platform} ${host.arch}`);
  return engineDownloadError('pip', requirement, output);
}

/** Reports how much of pip's current file has arrived, and a summary of each finished one. */
function watchProgress(host: Host, folder: string): {onLine(line: string): void; stop(all: boolean): void} {
  let download: Download | undefined;
  const finish = (next?: Download) => {
    if (download) host.log(download.summary());
    download = next;
  };
  const report = () => download && host.progress(download.progress(newestFile(folder)));
  const timer = setInterval(report, progressMs(host));
  return {
    onLine(line) {
      const found = /^\s*Downloading (\S+\.whl)(?!\.metadata)\S* \(([\d.]+ [kMG]B)\)/.exec(line);
      if (found) finish(new Download(basename(found[1] ?? ''), found[2] ?? ''));
      if (/^Installing /.test(line)) finish(); // anything written from now on is being unpacked
    },
    stop(all) {
      clearInterval(timer);
      if (all) finish();
    },
  };
}

/** Size of the file that is being written: the others there are complete. */
function newestFile(folder: string): number {
  try {
    const files = readdirSync(folder, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile());
    const states = files.map(file => statSync(join(file.parentPath, file.name)));
    return states.sort((a, b) => b.mtimeMs - a.mtimeMs)[0]?.size ?? 0;
  } catch {
    return 0; // a file that was deleted in between
  }
}
