/**
 * The loader on a folder of PNG against packed clips: triplets a second, processor time, size.
 *
 *     node bench/data/pack.mjs [--crop 512] [--threads 1,2] [--batches 20] [--rounds 4]
 *         [--work FOLDER] [--out FILE]
 *
 * Frames are the six clips of bench/stability/clips (65 frames of 768 x 768, real). The variants
 * take turns, and the best round of each counts: what disturbs a machine only ever makes a round
 * slower.
 */
import {linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {scanClips} from '@rife-train/data';
import {packClips} from '@rife-train/dataset';
import {machineFacts} from '../lib/machine.mjs';
import {fail, wholeNumber} from '../lib/numbers.mjs';
import {cpuMs} from '../lib/process.mjs';
import {unpackClips} from '../stability/unpack.mjs';
import {manyClips} from './manyClips.mjs';
import {measureLoader} from './measure.mjs';
import {best, readShare, table} from './packTable.mjs';

const CLIPS = fileURLToPath(new URL('../stability/clips', import.meta.url));
const RAW_BYTES = 768 * 768 * 3;
/** Clips of X-TRAIN's training split. */
const X_TRAIN = 4408;

function parseOptions() {
  const {values} = parseArgs({
    options: {
      crop: {type: 'string', default: '512'},
      threads: {type: 'string', default: '1,2'},
      batches: {type: 'string', default: '20'},
      rounds: {type: 'string', default: '4'},
      work: {type: 'string', default: join(tmpdir(), 'rife-bench-pack')},
      out: {type: 'string', default: fileURLToPath(new URL('../results/pack.json', import.meta.url))},
    },
  });
  return {
    crop: wholeNumber('crop', values.crop, 64),
    threads: values.threads.split(',').map(text => wholeNumber('threads', text)),
    batches: wholeNumber('batches', values.batches),
    rounds: wholeNumber('rounds', values.rounds),
    work: values.work,
    out: values.out,
  };
}

const filesIn = root =>
  readdirSync(root, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && /\.(png|rifeclip)$/.test(entry.name))
    .map(entry => statSync(join(entry.parentPath, entry.name)).size);

/** The trees, made once, with their size. Packing is timed when it happens. */
async function makeTrees({work}) {
  const png = unpackClips(CLIPS, join(work, 'png'));
  const trees = [{name: 'PNG', root: png}];
  for (const codec of ['deflate', 'raw']) {
    const out = join(work, codec);
    const before = cpuMs();
    const {packed, frames} = await packClips({root: png, out, codec});
    const packCpuMs = packed > 0 ? (cpuMs() - before) / frames : undefined;
    trees.push({name: `pack, ${codec}`, root: out, packCpuMsPerFrame: packCpuMs});
  }
  return trees.map(tree => {
    const sizes = filesIn(tree.root);
    const many = manyClips(tree.root, join(work, 'many', tree.name));
    return {...tree, many, bytes: sizes.reduce((a, b) => a + b, 0)};
  });
}

async function measureAll(trees, options) {
  const rounds = trees.flatMap(({name}) => options.threads.map(threads => ({name, threads, rounds: []})));
  for (let round = 0; round < options.rounds; round++) {
    for (const threads of options.threads) {
      for (const tree of trees) {
        const result = await measureLoader({...options, root: tree.many, threads, seed: round + 1});
        rounds.find(r => r.name === tree.name && r.threads === threads).rounds.push(result);
        console.error(
          `round ${round + 1}, ${threads} threads, ${tree.name}: ${result.tripletsPerSecond.toFixed(1)} triplets/s, ${result.cpuMsPerTriplet.toFixed(1)} ms of processor`,
        );
      }
    }
  }
  return rounds;
}

/** As many packed clips as X-TRAIN has, all links to one file. */
async function scanSeconds({work}) {
  const root = join(work, 'x-train');
  rmSync(root, {recursive: true, force: true});
  const [first] = await scanClips(join(work, 'deflate'), 'train');
  for (let i = 0; i < X_TRAIN; i++) {
    const folder = join(root, 'train', String(i >> 5));
    mkdirSync(folder, {recursive: true});
    linkSync(first.path, join(folder, `${i}.rifeclip`));
  }
  const seconds = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const clips = await scanClips(root, 'train');
    if (clips.length !== X_TRAIN) throw new Error(`the scan found ${clips.length} of ${X_TRAIN} clips`);
    seconds.push((performance.now() - start) / 1000);
  }
  rmSync(root, {recursive: true, force: true});
  return Math.min(...seconds);
}

async function main() {
  const options = parseOptions();
  const trees = await makeTrees(options);
  const frames = filesIn(trees[0].root).length;
  const share = readShare(768, options.crop, 128);
  const machine = machineFacts();
  machine.command = machine.command.replace(options.work, 'FOLDER');
  const rounds = await measureAll(trees, options);
  const variants = trees.map(tree => ({
    name: tree.name,
    bytes: tree.bytes,
    packCpuMsPerFrame: tree.packCpuMsPerFrame,
    shareOfRaw: tree.bytes / (frames * RAW_BYTES),
    readMbPerTriplet: (3 * (tree.bytes / frames) * (tree.name === 'PNG' ? 1 : share)) / 1e6,
    runs: rounds.filter(r => r.name === tree.name).map(r => ({...r, ...best(r.rounds)})),
  }));
  const result = {machine, ...options, frames, scanSecondsOf4408: await scanSeconds(options), variants};
  delete result.work;
  delete result.out;
  mkdirSync(dirname(options.out), {recursive: true});
  writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(table(result));
}

await main().catch(fail);
