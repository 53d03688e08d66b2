/** An engine whose binding the tests compile anew, from the kernels of the copy. */
import {existsSync, mkdirSync, symlinkSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {ScriptError} from './run.mjs';

const PARTS = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include'];

/**
 * Folder with TensorFlow's libraries and headers: that of `RIFE_TRAIN_ENGINE`, else the installed
 * one.
 */
async function librariesFolder() {
  const asked = process.env.RIFE_TRAIN_ENGINE;
  if (asked) return resolve(asked);
  try {
    const {ensureRuntime} = await import('@rife-train/engine/runtime');
    return dirname((await ensureRuntime({allowInstall: false})).binding);
  } catch (error) {
    throw new ScriptError(error.message, 'run "npm run setup", or set RIFE_TRAIN_ENGINE');
  }
}

/**
 * Creates the folder `target` with an engine that has libraries and headers, but no binding.
 * Loading it compiles the binding from the sources of the code that loads it.
 * @returns the variables that select it
 */
export async function nativeEngine(target) {
  const libraries = await librariesFolder();
  const missing = PARTS.filter(part => !existsSync(join(libraries, part)));
  if (missing.length > 0)
    throw new ScriptError(
      `${libraries} lacks ${missing.join(', ')}, so no kernel can be compiled`,
      'set RIFE_TRAIN_ENGINE to a folder with TensorFlow\'s libraries and its "include"; docs/engine.md has more',
    );
  const engine = join(target, 'engine');
  mkdirSync(engine, {recursive: true});
  for (const part of PARTS) symlinkSync(join(libraries, part), join(engine, part));
  return {RIFE_TRAIN_ENGINE: engine, RIFE_TRAIN_CACHE: join(target, 'cache')};
}
