/** The places where TensorFlow may be found, in the order in which they are tried. */
import {existsSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {engineCacheBrokenError, engineFolderError, messageOf, type RifeError} from '@rife-train/errors';
import {findCompiler, requireCompiler, tryBinding} from './binding.js';
import {writingTo} from './cacheErrors.js';
import {checkPlatform, type Host, which} from './host.js';
import {type Built, buildLinked, installWheel, type LinkedLibraries} from './install.js';
import {BINDING, LIBRARIES, missingFrom, verifyEngine} from './layout.js';
import {distribution, leftWheel, requirePip} from './pip.js';
import {findPython} from './python.js';
import {enginesFolder, linkedKey, type Settings} from './settings.js';
import {findTfjsNode} from './tfjsNode.js';

/**
 * `folder`: RIFE_TRAIN_ENGINE. `cache`: built by rife-train before. `tfjs-node`: its stock install.
 * `wheel`: to be installed.
 */
export type CandidateName = 'folder' | 'cache' | 'tfjs-node' | 'python' | 'wheel';

export interface CandidateReport {
  name: CandidateName;
  /**
   * `found`: the one that is used; of the wheel, that it will be installed. `unused`: it exists,
   * but another is used, or it is not what was asked for.
   */
  status: 'found' | 'missing' | 'broken' | 'unused';
  detail: string;
  path?: string;
  versions?: {tensorflow?: string; tfjsNode?: string; python?: string};
  /** What the reader can do. */
  hint?: string;
}

/** A binding that is ready to load. */
export interface Ready {
  source: CandidateName;
  /** Absolute path of `tfjs_binding.node`. */
  binding: string;
  /** As far as it is known without loading the binding. */
  tensorflow: string | undefined;
  /** The libraries were built for CUDA. */
  gpu: boolean;
}

/** The result of checking a candidate: something ready, something to build, or neither. */
export interface Finding {
  report: CandidateReport;
  ready?: Ready;
  /** Makes it ready; `what` describes the work. */
  build?: {todo: string; run(): Promise<Ready>};
  /** Ends the search: what the user named explicitly is wrong. */
  error?: RifeError;
}

/** `deep` also loads bindings, each in its own process; takes about a second each. */
export type Check = (host: Host, settings: Settings, deep: boolean) => Promise<Finding>;

const finding = (
  name: CandidateName,
  status: CandidateReport['status'],
  detail: string,
  rest: Partial<CandidateReport> = {},
) => ({
  report: {name, status, detail, ...rest},
});

const fromBuilt = (source: CandidateName, {folder, marker}: Built): Ready => ({
  source,
  binding: join(folder, marker.binding),
  tensorflow: marker.tensorflow,
  gpu: marker.gpu,
});

/** Tests a ready binding if requested, and reports on it. */
async function examined(host: Host, ready: Ready, detail: string, deep: boolean): Promise<Finding> {
  const path = ready.binding;
  try {
    const tensorflow = deep ? await tryBinding(host, path) : ready.tensorflow;
    return {
      ...finding(ready.source, 'found', detail, {path, ...(tensorflow && {versions: {tensorflow}})}),
      ready,
    };
  } catch (error) {
    return {
      ...finding(ready.source, 'broken', messageOf(error), {
        path,
        hint: 'Delete its folder to have it built again',
      }),
    };
  }
}

const checkFolder: Check = async (host, settings, deep) => {
  const {folder} = settings;
  if (!folder) return finding('folder', 'missing', 'RIFE_TRAIN_ENGINE is not set');
  const wrong = (why: string) => ({
    ...finding('folder', 'broken', why, {path: folder, hint: 'Correct or unset RIFE_TRAIN_ENGINE'}),
    error: engineFolderError(folder, why),
  });
  if (!existsSync(folder)) return wrong('there is no such folder');
  const missing = missingFrom(folder, LIBRARIES);
  if (missing.length) return wrong(`it lacks ${missing.join(' and ')}`);
  const binding = join(folder, BINDING);
  if (existsSync(binding)) {
    return examined(
      host,
      {source: 'folder', binding, tensorflow: undefined, gpu: settings.variant === 'gpu'},
      'RIFE_TRAIN_ENGINE',
      deep,
    );
  }
  const headers = join(folder, 'include');
  if (!existsSync(join(headers, 'tensorflow', 'c', 'c_api.h')))
    return wrong(`it has neither ${BINDING} nor include/tensorflow/c/c_api.h`);
  const libraries = {folder, headers, version: 'unknown', gpu: settings.variant === 'gpu'};
  return linked(host, settings, 'folder', libraries, 'RIFE_TRAIN_ENGINE', deep);
};

/** Libraries without a binding: one that was compiled before, or one to compile. */
async function linked(
  host: Host,
  settings: Settings,
  source: CandidateName,
  libraries: LinkedLibraries,
  detail: string,
  deep: boolean,
): Promise<Finding> {
  const folder = join(enginesFolder(settings), linkedKey(host, settings, libraries.folder));
  const known = verifyEngine(folder);
  if (known.state === 'good')
    return examined(host, fromBuilt(source, {folder, marker: known.marker}), detail, deep);
  const compiler = findCompiler(host);
  const next = compiler
    ? 'its binding is compiled on first use'
    : 'but there is no C++ compiler for its binding';
  return {
    ...finding(source, 'found', `${detail}; ${next}`, {
      path: libraries.folder,
      versions: {tensorflow: libraries.version},
    }),
    build: {
      todo: `TensorFlow in ${libraries.folder} (nothing to fetch, its binding to compile)`,
      run: async () => fromBuilt(source, await buildLinked(host, settings, libraries)),
    },
  };
}

const checkCache: Check = async (host, settings, deep) => {
  const folder = join(enginesFolder(settings), settings.key);
  const known = verifyEngine(folder);
  if (known.state === 'missing') return finding('cache', 'missing', 'nothing installed yet', {path: folder});
  if (known.state === 'broken') {
    const hint = 'It is moved aside and built again at the next start';
    return {
      ...finding('cache', 'broken', known.why, {path: folder, hint}),
      build: undefined,
      error: undefined,
    };
  }
  return examined(host, fromBuilt('cache', {folder, marker: known.marker}), 'installed by rife-train', deep);
};

/** The newest binding that tfjs-node's own install script left in its folder. */
function stockBinding(folder: string): string | undefined {
  const lib = join(folder, 'lib');
  const names = existsSync(lib) ? readdirSync(lib).filter(name => /^napi-v\d+$/.test(name)) : [];
  const newest = names.sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)));
  return newest.map(name => join(lib, name, BINDING)).find(path => existsSync(path));
}

const checkTfjsNode: Check = async (host, settings) => {
  const gpuFirst = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];
  const names = settings.variant === 'gpu' ? gpuFirst : gpuFirst.toReversed();
  let last = finding(
    'tfjs-node',
    'missing',
    'no @tensorflow/tfjs-node(-gpu) with a binding of its own',
  ) as Finding;
  for (const name of names) {
    const folder = host.packageFolder(name);
    const path = folder && stockBinding(folder);
    if (!path) continue;
    last = await checkStock(host, settings, name, path);
    if (last.ready) return last;
  }
  return last;
};

async function checkStock(host: Host, settings: Settings, name: string, binding: string): Promise<Finding> {
  const gpu = name.endsWith('-gpu');
  if (settings.variant === 'gpu' && !gpu) {
    return finding('tfjs-node', 'unused', `${name} cannot use the GPU`, {
      path: binding,
      hint: 'Set RIFE_TRAIN_TF_VARIANT=cpu to use it',
    });
  }
  const result = await examined(
    host,
    {source: 'tfjs-node', binding, tensorflow: undefined, gpu},
    `the stock install of ${name}`,
    true,
  );
  const version = result.report.versions?.tensorflow;
  if (!result.ready || !settings.tensorflowAsked || version === settings.tensorflow) {
    return {...result, ...(result.ready && {ready: {...result.ready, tensorflow: version}})};
  }
  return {
    report: {
      ...result.report,
      status: 'unused',
      detail: `RIFE_TRAIN_TF_VERSION asks for ${settings.tensorflow}`,
    },
  };
}

const checkPython: Check = async (host, settings, deep) => {
  const python = await findPython(host);
  if (!python) return finding('python', 'missing', 'no Python 3 on the PATH');
  const about = {path: python.program, versions: {python: python.version}};
  const {tensorflow} = python;
  if (!tensorflow) return finding('python', 'missing', `Python ${python.version} has no TensorFlow`, about);
  const versions = {python: python.version, tensorflow: tensorflow.version};
  const missing = missingFrom(tensorflow.folder, [...LIBRARIES, 'include/tensorflow/c/c_api.h']);
  const unused = (why: string) => finding('python', 'unused', why, {path: tensorflow.folder, versions});
  if (missing.length) return unused(`TensorFlow ${tensorflow.version} lacks ${missing.join(' and ')}`);
  if (settings.tensorflowAsked && tensorflow.version !== settings.tensorflow) {
    return unused(`RIFE_TRAIN_TF_VERSION asks for ${settings.tensorflow}`);
  }
  if (settings.variant === 'gpu' && !tensorflow.gpu)
    return unused('it was built without CUDA, and there is an NVIDIA driver');
  const libraries = {...tensorflow, headers: join(tensorflow.folder, 'include')};
  const result = await linked(
    host,
    settings,
    'python',
    libraries,
    `TensorFlow of Python ${python.version}`,
    deep,
  );
  return {...result, report: {...result.report, versions: {...versions, ...result.report.versions}}};
};

const checkWheel: Check = async (host, settings, deep) => {
  const what = `${distribution(host, settings)} ${settings.tensorflow}`;
  const size = settings.variant === 'gpu' ? 'about 3.5 GB' : 'about 280 MB';
  const isLeft = await writingTo(host, settings.cache, async () => leftWheel(host, settings) !== undefined);
  // The CUDA libraries are fetched in any case.
  const next = isLeft && settings.variant === 'cpu' ? 'fetched before, to unpack' : `${size} to fetch`;
  const build = {
    todo: `TensorFlow ${settings.tensorflow} (${next}, its binding to compile)`,
    run: async () => {
      checkPlatform(host);
      return fromBuilt('wheel', await installWheel(host, settings));
    },
  };
  // The installer repeats these checks, and throws an error that names the problem.
  if (!deep) return {...finding('wheel', 'missing', `${what} is not installed yet`), build};
  try {
    checkPlatform(host);
    const {version, program} = await requirePip(host);
    requireCompiler(host);
    const npm = findTfjsNode(host, settings) || which(host.env, 'npm');
    const hint = npm
      ? 'The first training run installs it by itself'
      : 'Put npm on the PATH: it fetches tfjs-node';
    const about = {hint, path: dirname(program), versions: {python: version}};
    return {...finding('wheel', 'found', `${what} can be installed with pip (${size})`, about), build};
  } catch (error) {
    return {...finding('wheel', 'missing', `${what} cannot be installed`, {hint: messageOf(error)}), build};
  }
};

export const CANDIDATES: readonly Check[] = [checkFolder, checkCache, checkTfjsNode, checkPython, checkWheel];

/** The error of a search that found only a damaged cache. */
export function brokenCache(reports: CandidateReport[]): RifeError | undefined {
  const cache = reports.find(report => report.name === 'cache' && report.status === 'broken');
  return cache && engineCacheBrokenError(cache.path ?? '', cache.detail);
}
