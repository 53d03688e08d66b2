/**
 * tfjs-node's JavaScript and the C++ sources of its binding: from the installed package, or from a
 * copy in the cache.
 */
import {existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync} from 'node:fs';
import Module, {createRequire, isBuiltin} from 'node:module';
import {join, sep} from 'node:path';
import {
  engineArchiveError,
  engineDownloadError,
  engineNetworkError,
  engineNoNpmError,
  engineToolSpaceError,
} from '@rife-train/errors';
import {aside} from './aside.js';
import {saysDiskFull, writingTo} from './cacheErrors.js';
import {exec} from './exec.js';
import {type Host, which} from './host.js';
import {withLock} from './lock.js';
import type {Settings} from './settings.js';
import {checkSum} from './sums.js';

const require = createRequire(import.meta.url);

export interface TfjsNode {
  folder: string;
  version: string;
  /** In our cache, where its dependencies are not beside it. */
  cached: boolean;
}

/**
 * Both packages hold the same JavaScript and sources; they differ in what their install scripts
 * download.
 */
const PACKAGES = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];
const NEEDED = ['package.json', 'dist/nodejs_kernel_backend.js', 'binding/tfjs_binding.cc'];

/** tfjs-node of the wanted version: as installed by npm, else our copy, else undefined. */
export function findTfjsNode(host: Host, settings: Settings): TfjsNode | undefined {
  for (const folder of PACKAGES.map(host.packageFolder)) {
    const found = folder === undefined ? undefined : describe(folder, false);
    if (found?.version === settings.tfjsNode) return found;
  }
  return describe(copyFolder(settings), true);
}

const copyFolder = (settings: Settings) => join(settings.cache, `tfjs-node-${settings.tfjsNode}`, 'package');

/** A folder with a usable tfjs-node, described. */
export function describe(folder: string, cached: boolean): TfjsNode | undefined {
  if (!NEEDED.every(file => existsSync(join(folder, file)))) return undefined;
  const {version} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {version: string};
  return {folder, version, cached};
}

/**
 * npm drops an optional dependency whose install script failed, including its JavaScript; then it
 * is downloaded here.
 * @throws RIFE_ERR_ENGINE_NO_NPM, _NETWORK, _DOWNLOAD, _ARCHIVE, _SPACE, _CACHE_ACCESS
 */
export async function ensureTfjsNode(host: Host, settings: Settings): Promise<TfjsNode> {
  const found = findTfjsNode(host, settings);
  if (found) return found;
  const target = join(settings.cache, `tfjs-node-${settings.tfjsNode}`);
  return writingTo(host, settings.cache, () =>
    withLock(
      host,
      target,
      async () => findTfjsNode(host, settings) ?? (await fetchCopy(host, settings, target)),
    ),
  );
}

async function fetchCopy(host: Host, settings: Settings, target: string): Promise<TfjsNode> {
  const npm = which(host.env, 'npm');
  if (!npm) throw engineNoNpmError();
  const what = `@tensorflow/tfjs-node@${settings.tfjsNode}`;
  host.log(`fetching ${what} with npm`);
  await aside(target, 'partial', async folder => {
    await npmPack(host, npm, what, folder);
    await unpack(host, folder, target);
  });
  return {folder: copyFolder(settings), version: settings.tfjsNode, cached: true};
}

async function npmPack(host: Host, npm: string, what: string, folder: string): Promise<void> {
  const args = ['pack', what, '--pack-destination', folder, '--ignore-scripts', '--loglevel=error'];
  const {code, output} = await exec(npm, args, {env: host.env, cwd: folder});
  if (code === 0) return;
  if (saysDiskFull(output)) throw engineToolSpaceError('npm', folder, host.freeBytes(folder), output);
  const offline =
    /FETCH_ERROR|invalid json|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|network/i.test(
      output,
    );
  throw offline ? engineNetworkError('npm', what, output) : engineDownloadError('npm', what, output);
}

/** Unpacks the archive in a folder, and puts its content in place. */
async function unpack(host: Host, folder: string, target: string): Promise<void> {
  const name = readdirSync(folder).find(file => file.endsWith('.tgz')) ?? '*.tgz';
  const archive = join(folder, name);
  const sum = host.sums[name];
  if (sum) await checkSum(archive, sum, name);
  const content = join(folder, 'content');
  mkdirSync(content);
  const {extract} = await import('tar');
  try {
    await extract({file: archive, cwd: content, strict: true});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw engineArchiveError(archive, String(error));
  }
  if (!describe(join(content, 'package'), true))
    throw engineArchiveError(name, `it lacks ${NEEDED.join(' or ')}`);
  rmSync(target, {recursive: true, force: true});
  renameSync(content, target);
}

interface Loader {
  _resolveFilename(
    request: string,
    parent: {filename?: string | null} | undefined,
    ...rest: unknown[]
  ): string;
}

/**
 * Runs `load` so that modules of a cached tfjs-node resolve `@tensorflow/tfjs` and their other
 * dependencies where this package does. Otherwise there would be a second tfjs-core, and no backend
 * in ours.
 */
export function withOurDependencies<T>(tfjsNode: TfjsNode, load: () => T): T {
  if (!tfjsNode.cached) return load();
  const loader = Module as unknown as Loader;
  const original = loader._resolveFilename;
  const inside = realpathSync(tfjsNode.folder) + sep;
  loader._resolveFilename = function (request, parent, ...rest) {
    const isOurs = parent?.filename?.startsWith(inside) && !request.startsWith('.') && !isBuiltin(request);
    return isOurs && !request.startsWith(sep)
      ? require.resolve(request)
      : original.call(this, request, parent, ...rest);
  };
  try {
    return load();
  } finally {
    loader._resolveFilename = original;
  }
}
