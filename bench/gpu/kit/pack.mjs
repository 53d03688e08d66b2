/**
 * Packs what a machine with GPUs and without network needs into pieces of at most 60 MiB.
 *
 *     node bench/gpu/kit/pack.mjs --out FOLDER [--engine ENGINE]
 *
 * `--engine` is a folder of the cache (`engines/tf...-gpu-...`), with `tensorflow/` and `nvidia/`;
 * without it the CUDA engine is installed there first (3.5 GB). Copy FOLDER to the other machine,
 * and there: `sh FOLDER/start.sh TARGET`. It has sh, tar, gzip and sha256sum, and NVIDIA's driver.
 */
import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs, promisify} from 'node:util';
import {brotliCompress, constants, createGzip} from 'node:zlib';
import {machineFacts} from '../../lib/machine.mjs';
import {fail} from '../../lib/numbers.mjs';
import {copyPrograms, stageEngine, stageWorkspace} from './contents.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');
/** Of the raw archive in a piece: compressed or not, a piece is then below 60 MiB. */
const CHUNK_BYTES = 59 << 20;
const MOST_BYTES = 60 << 20;

const {values} = parseArgs({options: {out: {type: 'string'}, engine: {type: 'string'}}});

/** The folder of the CUDA engine in the cache. */
async function engineFolder() {
  if (values.engine) return resolve(values.engine);
  process.env.RIFE_TRAIN_TF_VARIANT = 'gpu';
  const {ensureRuntime} = await import('@rife-train/engine/runtime');
  return dirname(dirname((await ensureRuntime()).binding));
}

const compressed = promisify(brotliCompress);
const OPTIONS = {
  params: {[constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24},
};

/** Splits a stream into buffers of a size; the last one is shorter. */
async function* chunksOf(stream, bytes) {
  let parts = [];
  let held = 0;
  for await (const data of stream) {
    for (let at = 0; at < data.length;) {
      const part = data.subarray(at, at + bytes - held);
      parts.push(part);
      held += part.length;
      at += part.length;
      if (held < bytes) continue;
      yield Buffer.concat(parts);
      [parts, held] = [[], 0];
    }
  }
  if (held > 0) yield Buffer.concat(parts);
}

/** Writes the archive of a folder as pieces, each compressed by itself, some at a time. */
async function writePieces(stage, out) {
  const tar = spawn('tar', ['-C', stage, '-cf', '-', '.'], {stdio: ['ignore', 'pipe', 'inherit']});
  const ended = new Promise(done => tar.on('close', done));
  const running = new Set();
  let count = 0;
  let rawBytes = 0;
  for await (const chunk of chunksOf(tar.stdout, CHUNK_BYTES)) {
    const name = `piece-${String(count++).padStart(3, '0')}.br`;
    rawBytes += chunk.length;
    const task = compressed(chunk, OPTIONS)
      .then(bytes => writeFile(join(out, name), bytes))
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= availableParallelism()) await Promise.race(running);
  }
  await Promise.all(running);
  if ((await ended) !== 0) throw new Error('tar failed; its own message is above');
  return rawBytes;
}

/** `SHA256SUMS`, as sha256sum reads it. */
async function writeSums(out) {
  const names = readdirSync(out).sort();
  const sums = [];
  for (const name of names) {
    const hash = createHash('sha256').update(await readFile(join(out, name)));
    sums.push(`${hash.digest('hex')}  ${name}\n`);
  }
  await writeFile(join(out, 'SHA256SUMS'), sums.join(''));
}

async function main() {
  if (!values.out) throw new Error('--out is missing: the folder for the pieces');
  const out = resolve(values.out);
  mkdirSync(out, {recursive: true});
  if (readdirSync(out).length > 0) throw new Error(`${out} is not empty`);
  const stage = mkdtempSync(join(dirname(out), 'rife-gpu-kit-'));
  try {
    stageEngine(await engineFolder(), stage);
    stageWorkspace(ROOT, stage);
    await writeFile(join(stage, 'commit'), `${machineFacts().commit}\n`);
    await pipeline(createReadStream(process.execPath), createGzip(), createWriteStream(join(out, 'node.gz')));
    const rawBytes = await writePieces(stage, out);
    copyPrograms(HERE, out);
    await writeSums(out);
    const sizes = readdirSync(out).map(name => statSync(join(out, name)).size);
    const mib = bytes => Math.ceil(bytes / 2 ** 20);
    const total = sizes.reduce((a, b) => a + b);
    if (Math.max(...sizes) > MOST_BYTES) throw new Error(`a piece has more than ${mib(MOST_BYTES)} MiB`);
    console.log(
      `${sizes.length} files, ${mib(total)} MiB, the largest ${mib(Math.max(...sizes))} MiB, in ${out}; ${mib(rawBytes)} MiB unpacked`,
    );
  } finally {
    rmSync(stage, {recursive: true, force: true});
  }
}

main().catch(fail);
