import {messageOf, RifeError} from './rifeError.js';

const part = 'engine';

/** Last lines of a program's output, to end a message. */
const lastLines = (output: string, count = 12) => output.trim().split('\n').slice(-count).join('\n');
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/** tfjs-node 4.22 calls functions that Node 23 removed. */
export const engineNodeError = (version: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NODE',
    part,
    what: `Node ${version} cannot run tfjs-node 4.22: it lacks util.isNullOrUndefined, which Node 23 removed`,
    expected: 'Expected Node ^20.19 or ^22.12',
    fix: 'Install Node 22, for example with `nvm install 22`',
  });

/** No wheel and no libraries exist for this system. */
export const enginePlatformError = (system: string, why: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_PLATFORM',
    part,
    what: `TensorFlow cannot be installed on ${system}: ${why}`,
    expected: 'Expected Linux with glibc 2.27 or newer on x64 or arm64',
    fix: "Install tfjs-node's own build (`npm install @tensorflow/tfjs-node --ignore-scripts=false`), which rife-train uses if it loads",
  });

/** RIFE_TRAIN_ENGINE names an unusable folder. */
export const engineFolderError = (folder: string, why: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_FOLDER',
    part,
    what: `RIFE_TRAIN_ENGINE is "${folder}", but ${why}`,
    expected:
      'Expected a folder with libtensorflow_cc.so.2, libtensorflow_framework.so.2 and tfjs_binding.node (or include/)',
    fix: 'Correct RIFE_TRAIN_ENGINE, or unset it to let rife-train install TensorFlow itself',
  });

/** An environment variable of the runtime with an invalid value. */
export const engineSettingError = (name: string, got: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_SETTING',
    part,
    what: `${name} is "${got}"`,
    expected: `It must be ${expected}`,
    fix: `Correct ${name} or unset it`,
  });

/** No TensorFlow was found, and installing it was not allowed. */
export const engineNotInstalledError = (tried: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NOT_INSTALLED',
    part,
    what: `No TensorFlow was found (${tried}), and installing it was not allowed here`,
    fix: 'Run `npx rife-train doctor` to see why, or start once where installing is allowed',
  });

export const engineNoPythonError = () =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NO_PYTHON',
    part,
    what: 'Neither python3 nor python (version 3) is on the PATH; TensorFlow is fetched with its pip',
    fix: 'Install Python 3 with pip (Debian, Ubuntu: `apt install python3 python3-pip`), or set RIFE_TRAIN_PYTHON or RIFE_TRAIN_ENGINE',
  });

export const engineNoPipError = (python: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NO_PIP',
    part,
    what: `${python} has no pip; TensorFlow is fetched with it`,
    fix: 'Install it (Debian, Ubuntu: `apt install python3-pip`; elsewhere: `python3 -m ensurepip`)',
  });

export const engineNoNpmError = () =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NO_NPM',
    part,
    what: '@tensorflow/tfjs-node is not installed, and npm, which would fetch it, is not on the PATH',
    fix: 'Put npm on the PATH, or run `npm install @tensorflow/tfjs-node@4.22.0 --ignore-scripts` in your project',
  });

/** `$CXX`, or no compiler at all. */
export const engineNoCompilerError = (asked: string | undefined) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NO_COMPILER',
    part,
    what: asked
      ? `CXX is "${asked}", which is not on the PATH`
      : 'No C++ compiler (g++, clang++ or c++) is on the PATH; the binding between Node and TensorFlow is compiled with it',
    fix: 'Install one (Debian, Ubuntu: `apt install g++`) or set CXX',
  });

/** pip or npm could not reach its registry. */
export const engineNetworkError = (tool: string, what: string, output: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NETWORK',
    part,
    what: `${tool} could not reach its registry for ${what}. Its last lines:\n${lastLines(output)}\n`,
    fix: `Check the network and the proxy or mirror set for ${tool}, and start again: finished downloads are kept. For a machine without network access see docs/engine.md`,
  });

/** pip answered, but has no such wheel. */
export const engineNoWheelError = (requirement: string, system: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_NO_WHEEL',
    part,
    what: `pip found no wheel of ${requirement} for ${system}`,
    fix: 'Unset RIFE_TRAIN_TF_VERSION or name a version that is on PyPI; if you use a mirror, check that it has this one',
  });

/** pip or npm failed for a reason of its own. */
export const engineDownloadError = (tool: string, what: string, output: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_DOWNLOAD',
    part,
    what: `${tool} failed to fetch ${what}. Its last lines:\n${lastLines(output)}\n`,
    fix: `Fix the problem that ${tool} reports and start again: finished downloads are kept`,
  });

/** `neededBytes` is undefined if the disk filled up during the installation. */
export const engineSpaceError = (folder: string, freeBytes: number, neededBytes?: number) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_SPACE',
    part,
    what: neededBytes
      ? `Installing TensorFlow takes ${gigabytes(neededBytes)} in "${folder}", but only ${gigabytes(freeBytes)} are free`
      : `The disk of "${folder}" filled up while TensorFlow was installed (${gigabytes(freeBytes)} are free now)`,
    fix: 'Free some space, or set RIFE_TRAIN_CACHE to a folder on another disk',
  });

/** npm's cache, which is elsewhere, may be what is full. */
export const engineToolSpaceError = (tool: string, folder: string, freeBytes: number, output: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_SPACE',
    part,
    what: `${tool} found a disk full. Its last lines:\n${lastLines(output)}\n`,
    fix: `Free some space where ${tool} keeps its files; "${folder}" has ${gigabytes(freeBytes)} free`,
  });

/** A downloaded archive that cannot be read, or is not the one that was published. */
export const engineArchiveError = (file: string, output: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_ARCHIVE',
    part,
    what: `The download "${file}" can't be used and was deleted: ${lastLines(output, 3)}`,
    fix: 'Start again to download it anew; if that fails too, check the proxy or mirror in use',
  });

export const engineCompileError = (compiler: string, output: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_COMPILE',
    part,
    what: `${compiler} could not compile the binding between Node and TensorFlow. Its last lines:\n${lastLines(output, 20)}\n`,
    fix: 'Use g++ 9 or clang 10 or newer (set CXX to choose one)',
  });

/** The binding exists, but does not load, or crashes the process that loads it. */
export const engineLoadError = (binding: string, output: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_LOAD',
    part,
    what: `The binding "${binding}" does not load: ${lastLines(output, 6)}`,
    fix: 'Run `npx rife-train doctor`; deleting the folder named there makes rife-train build it again',
    cause,
  });

/** A name that does not identify any kind of device. */
export const engineDeviceNameError = (device: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_DEVICE_NAME',
    part,
    what: `"${device}" is not the name of a device`,
    expected: 'Expected cpu, gpu, or a numbered device such as GPU:1',
    fix: 'Correct "device" in the configuration or --device, or omit it: TensorFlow then uses a GPU if it has one',
  });

/** A device that does not exist. `there` lists those of TensorFlow; empty if it reported none. */
export const engineDeviceError = (device: string, there: readonly string[], cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_DEVICE',
    part,
    what: `TensorFlow has no device ${device} here`,
    expected:
      there.length === 0
        ? `It reports: ${messageOf(cause)}`
        : `It has ${there.join(', ')}${there.some(name => /GPU/.test(name)) ? '' : ': there is no GPU, or its driver and libraries were not found'}`,
    fix: 'Omit "device" and --device, or name a device that exists; "rife-train doctor" reports what was found, and docs/engine.md says what a GPU needs',
    ...(there.length === 0 ? {cause} : {}),
  });

/** A cache folder whose content does not match its engine.json. */
export const engineCacheBrokenError = (folder: string, why: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_CACHE_BROKEN',
    part,
    what: `The installed TensorFlow in "${folder}" is damaged: ${why}`,
    fix: 'Start once where installing is allowed: the folder is then moved aside and built again',
  });

export const engineCacheAccessError = (folder: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_CACHE_ACCESS',
    part,
    what: `The cache folder "${folder}" cannot be written (${messageOf(cause)})`,
    fix: 'Make it writable, or set RIFE_TRAIN_CACHE to a folder that is',
    cause,
  });

/** Another process has held the lock for too long. */
export const engineLockedError = (lock: string, waitedMs: number) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_LOCKED',
    part,
    what: `Another process has been installing TensorFlow for more than ${Math.round(waitedMs / 60_000)} minutes (lock "${lock}")`,
    fix: 'Wait for it, or stop it; if there is no such process, delete the lock',
  });
