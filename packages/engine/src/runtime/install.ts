/**
 * Builds an engine into the cache: in a temporary folder beside its place, which is renamed when
 * complete.
 */
import {existsSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {aside, removeLeftovers} from './aside.js';
import {compileBinding, requireCompiler, tryBinding} from './binding.js';
import {requireSpace, writingTo} from './cacheErrors.js';
import type {Host} from './host.js';
import {BINDING, LIBRARIES, type Marker, verifyEngine, writeMarker} from './layout.js';
import {withLock} from './lock.js';
import {fetchWheel, removeWheel, requirePip} from './pip.js';
import {enginesFolder, linkedKey, type Settings} from './settings.js';
import {ensureTfjsNode} from './tfjsNode.js';
import {installCuda, removeRecords, unpackWheel} from './wheel.js';

/** Peak size of the wheel, pip's copy of it, and the unpacked files. */
const NEEDED_BYTES = {cpu: 1.6e9, gpu: 13e9};
const NEEDED_LINKED_BYTES = 20e6;

/** A complete engine in the cache. */
export interface Built {
  folder: string;
  marker: Marker;
}

/** TensorFlow's libraries and headers, kept by another installation. */
export interface LinkedLibraries {
  folder: string;
  headers: string;
  version: string;
  gpu: boolean;
}

type Build = (building: string) => Promise<void>;

/**
 * Compiles a binding for libraries that stay where they are.
 * @throws RIFE_ERR_ENGINE_NO_COMPILER, _COMPILE, _LOAD, _SPACE, _CACHE_ACCESS, and those of
 *   fetching tfjs-node
 */
export async function buildLinked(
  host: Host,
  settings: Settings,
  libraries: LinkedLibraries,
): Promise<Built> {
  requireCompiler(host);
  const tfjsNode = await ensureTfjsNode(host, settings);
  const {folder, headers, gpu} = libraries;
  return inCache(host, settings, linkedKey(host, settings, folder), NEEDED_LINKED_BYTES, async building => {
    const output = join(building, BINDING);
    await compileBinding(host, {tfjsNode, libraries: folder, headers, output, rpath: folder});
    const tensorflow = await tryBinding(host, output);
    const paths = [BINDING, ...LIBRARIES.map(name => join(folder, name))];
    writeMarker(building, {tensorflow, tfjsNode: tfjsNode.version, gpu, binding: BINDING}, paths);
  });
}

/**
 * Downloads TensorFlow's wheel and builds the engine from it. Missing prerequisites are reported
 * before 270 MB are downloaded.
 * @throws RIFE_ERR_ENGINE_NO_PYTHON, _NO_PIP, _NETWORK, _NO_WHEEL, _DOWNLOAD, _ARCHIVE and those of
 *   {@link buildLinked}
 */
export async function installWheel(host: Host, settings: Settings): Promise<Built> {
  const python = await requirePip(host);
  requireCompiler(host);
  const tfjsNode = await ensureTfjsNode(host, settings);
  const gpu = settings.variant === 'gpu';
  const built = await inCache(
    host,
    settings,
    settings.key,
    NEEDED_BYTES[settings.variant],
    async building => {
      const wheel = await fetchWheel(host, settings, python);
      await unpackWheel(host, python, wheel, building);
      if (gpu) await installCuda(host, python, building);
      removeRecords(building);
      const libraries = join(building, 'tensorflow');
      const output = join(libraries, BINDING);
      await compileBinding(host, {
        tfjsNode,
        libraries,
        headers: join(libraries, 'include'),
        output,
        rpath: '$ORIGIN',
      });
      const tensorflow = await tryBinding(host, output);
      const paths = [BINDING, ...LIBRARIES].map(name => join('tensorflow', name));
      writeMarker(
        building,
        {tensorflow, tfjsNode: tfjsNode.version, gpu, binding: join('tensorflow', BINDING)},
        paths,
      );
    },
  );
  removeWheel(settings);
  return built;
}

async function inCache(
  host: Host,
  settings: Settings,
  key: string,
  bytes: number,
  build: Build,
): Promise<Built> {
  const folder = join(enginesFolder(settings), key);
  return writingTo(host, settings.cache, () =>
    withLock(host, folder, async () => {
      // The process that held the lock has built it.
      const before = verifyEngine(folder);
      if (before.state === 'good') return {folder, marker: before.marker};
      requireSpace(host, settings.cache, bytes);
      if (before.state === 'broken') moveAside(host, folder, before.why);
      return buildInto(host, folder, build);
    }),
  );
}

async function buildInto(host: Host, folder: string, build: Build): Promise<Built> {
  const started = performance.now();
  await aside(folder, 'building', async building => {
    await build(building);
    if (!existsSync(folder)) renameSync(building, folder);
  });
  const after = verifyEngine(folder);
  if (after.state !== 'good') throw new Error(`${folder} changed while it was being built`);
  host.log(
    `TensorFlow ${after.marker.tensorflow} is ready after ${((performance.now() - started) / 1000).toFixed(0)} s: ${folder}`,
  );
  return {folder, marker: after.marker};
}

/** Keeps the latest damaged folder for diagnosis. */
function moveAside(host: Host, folder: string, why: string): void {
  removeLeftovers(folder, 'broken');
  const place = `${folder}.broken-${process.pid}`;
  renameSync(folder, place);
  host.log(`the installed TensorFlow is damaged (${why}); moved to ${place}, building it again`);
}
