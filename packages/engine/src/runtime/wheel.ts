/** Extracts from TensorFlow's wheel what the engine needs: two libraries and the C headers. */
import {existsSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {engineArchiveError, engineSpaceError} from '@rife-train/errors';
import {saysDiskFull} from './cacheErrors.js';
import {exec} from './exec.js';
import {type Host, reportElapsed} from './host.js';
import {LIBRARIES, missingFrom} from './layout.js';
import {runPip, wheelSelection} from './pip.js';
import type {Python} from './python.js';

// Python is needed for pip anyway; unzip is not on every machine.
const UNPACK = `
import sys, zipfile
wheel, target = sys.argv[1:3]
libraries = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
include = "tensorflow/include/"
plugin = "tensorflow/core/common_runtime/next_pluggable_device/c/" # included by tensorflow/c/kernels.h
headers = tuple(include + f for f in ("tensorflow/c/", "tensorflow/core/platform/", plugin, "tsl/", "xla/tsl/"))
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        header = name.startswith(headers) and name.endswith(".h")
        if name in libraries or header or name.endswith(".dist-info/METADATA"):
            archive.extract(name, target)
`;

/**
 * Unpacks `tensorflow/` (libraries and `include/`) into a folder.
 *
 * @throws RIFE_ERR_ENGINE_ARCHIVE after deleting a wheel that cannot be read; RIFE_ERR_ENGINE_SPACE
 */
export async function unpackWheel(host: Host, python: Python, wheel: string, target: string): Promise<void> {
  host.log(`unpacking the libraries of ${basename(wheel)}`);
  const {code, output} = await reportElapsed(host, 'unpacking', () =>
    exec(python.program, ['-c', UNPACK, wheel, target], {env: host.env}),
  );
  if (saysDiskFull(output)) throw engineSpaceError(target, host.freeBytes(target));
  const missing = missingFrom(join(target, 'tensorflow'), LIBRARIES);
  if (code === 0 && !missing.length) return;
  rmSync(wheel, {force: true});
  throw engineArchiveError(wheel, code === 0 ? `it lacks ${missing.join(' and ')}` : output);
}

/** The CUDA wheels that this TensorFlow requires with `tensorflow[and-cuda]`. */
export function cudaRequirements(metadata: string): string[] {
  const lines = [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+);.*extra == ['"]and-cuda['"]/gm)];
  return lines.map(line => (line[1] ?? '').replaceAll(/[\s()]/g, ''));
}

/**
 * Installs the CUDA libraries beside `tensorflow/`, as `nvidia/<library>/lib`: TensorFlow's
 * libraries look for them in `$ORIGIN/../nvidia`.
 * Not yet run on a GPU. The wheels install, and the libraries load on a machine without a GPU; no
 * more is known.
 */
export async function installCuda(host: Host, python: Python, target: string): Promise<void> {
  const info = readdirSync(target).find(name => name.endsWith('.dist-info')) ?? '';
  const requirements = cudaRequirements(readFileSync(join(target, info, 'METADATA'), 'utf8'));
  if (!requirements.length) return;
  host.log(`fetching the CUDA libraries with pip: ${requirements.length} wheels, about 3 GB`);
  const place = join(target, 'cuda');
  const args = ['install', '--no-compile', '--target', target, ...wheelSelection(host), ...requirements];
  await runPip(host, python, place, 'the CUDA libraries', args);
  rmSync(place, {recursive: true, force: true});
  removeHeaders(join(target, 'nvidia'));
}

/** Of the CUDA wheels only libraries and ptxas are used; the headers are for compiling. */
function removeHeaders(nvidia: string): void {
  if (!existsSync(nvidia)) return;
  const libraries = readdirSync(nvidia, {withFileTypes: true}).filter(entry => entry.isDirectory());
  for (const {name} of libraries) rmSync(join(nvidia, name, 'include'), {recursive: true, force: true});
}

/** Removes pip's own records, which nothing reads here. */
export function removeRecords(target: string): void {
  const records = readdirSync(target).filter(name => name.endsWith('.dist-info'));
  for (const name of [...records, 'bin']) rmSync(join(target, name), {recursive: true, force: true});
}
