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
  engineSpaceError,
} from '@rife-train/errors';
import {saysDiskFull, writingTo} from './cacheErrors.js';
import {exec} from './exec.js';
import {type Host, which} from './host.js';
import {withLock} from './lock.js';
import {downloadsFolder, type Settings} from './settings.js';

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
  const downloads = join(downloadsFolder(settings), `tfjs-node-${settings.tfjsNode}`);
  rmSync(downloads, {recursive: true, force: true});
  mkdirSync(downloads, {recursive: true});
  await npmPack(host, npm, what, downloads);
  await unpack(downloads, target);
  rmSync(downloads, {recursive: true, force: true});
  return {folder: copyFolder(settings), version: settings.tfjsNode, cached: true};
}

async function npmPack(host: Host, npm: string, what: string, folder: string): Promise<void> {
  const args = ['pack', what, '--pack-destination', folder, '--ignore-scripts', '--loglevel=error'];
  const {code, output} = await exec(npm, args, {env: host.env, cwd: folder});
  if (code === 0) return;
  if (saysDiskFull(output)) throw engineSpaceError(folder, host.freeBytes(folder));
  const offline =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|network/i.test(output);
  throw offline ? engineNetworkError('npm', what, output) : engineDownloadError('npm', what, output);
}

async function unpack(downloads: string, target: string): Promise<void> {
  const archive = readdirSync(downloads).find(name => name.endsWith('.tgz'));
  const building = `${target}.building`;
  rmSync(building, {recursive: true, force: true});
  mkdirSync(building, {recursive: true});
  const {extract} = await import('tar');
  try {
    await extract({file: join(downloads, archive ?? ''), cwd: building, strict: true});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw engineArchiveError(join(downloads, archive ?? '*.tgz'), String(error));
  }
  if (!describe(join(building, 'package'), true))
    throw engineArchiveError(archive ?? '*.tgz', `it lacks ${NEEDED.join(' or ')}`);
  rmSync(target, {recursive: true, force: true});
  renameSync(building, target);
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
