/** A page that shows an exported network: a static folder, which needs no network connection. */
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import type {Files} from '../tensorflow/graphModel.js';

const SOURCES = fileURLToPath(new URL('../../web', import.meta.url));
/** Written as they are. */
const STATIC = ['index.html', 'style.css'];
const WASM = 'tfjs-backend-wasm';

async function bundle(): Promise<Uint8Array> {
  const {outputFiles} = await build({
    absWorkingDir: SOURCES,
    entryPoints: ['app.js'],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    legalComments: 'inline',
    logLevel: 'silent',
  });
  return outputFiles[0]!.contents;
}

/** @param model files of a graph model */
export async function writePage(model: Files): Promise<Files> {
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  const binaries = [`${WASM}.wasm`, `${WASM}-simd.wasm`, `${WASM}-threaded-simd.wasm`];
  const read = async (folder: string, name: string, as = name) =>
    [as, await readFile(join(folder, name))] as const;
  return new Map<string, Uint8Array>([
    ...(await Promise.all(STATIC.map(name => read(SOURCES, name)))),
    ['app.js', await bundle()],
    ...(await Promise.all(binaries.map(name => read(wasm, name, `wasm/${name}`)))),
    ...[...model].map(([name, bytes]) => [`model/${name}`, bytes] as const),
  ]);
}
