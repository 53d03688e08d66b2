/**
 * A tree of the size of X-TRAIN: how long the scan takes, and what the index weighs.
 *
 *     node --expose-gc bench/data/tree.mjs [--clips 4408] [--frames 65] [--side 64] [--root FOLDER]
 *
 * Frames are second names of a few small PNG files, so that the tree takes little room; the scan
 * opens them all the same.
 */
import {existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import sharp from 'sharp';
import {openBatchSource, scanClips} from '@rife-train/data';

const {values: args} = parseArgs({
  options: {
    clips: {type: 'string', default: '4408'},
    frames: {type: 'string', default: '65'},
    side: {type: 'string', default: '64'},
    root: {type: 'string'},
  },
});
const [clips, frames, side] = [args.clips, args.frames, args.side].map(Number);

/** A file can have a limited number of names (65,000 on ext4). */
const NAMES_OF_A_FILE = 30_000;

async function makeTree(root) {
  const pixels = Buffer.from(Uint8Array.from({length: side * side * 3}, (_, i) => (i * 7) % 251));
  const png = await sharp(pixels, {raw: {width: side, height: side, channels: 3}})
    .png()
    .toBuffer();
  let [names, file] = [NAMES_OF_A_FILE, ''];
  for (let c = 0; c < clips; c++) {
    const folder = join(root, 'train', String(c % 110).padStart(3, '0'), `occ${c}.320`);
    mkdirSync(folder, {recursive: true});
    for (let f = 0; f < frames; f++) {
      const path = join(folder, `${String(f).padStart(4, '0')}.png`);
      if (names === NAMES_OF_A_FILE) {
        writeFileSync(path, png);
        [names, file] = [0, path];
      } else linkSync(file, path);
      names += 1;
    }
  }
}

const used = () => {
  globalThis.gc?.();
  const {heapUsed, external, arrayBuffers} = process.memoryUsage();
  return (heapUsed + external + arrayBuffers) / 2 ** 20;
};
const seconds = ms => (ms / 1000).toFixed(2);

const root = args.root ?? mkdtempSync(join(tmpdir(), 'rife-tree-'));
if (!existsSync(join(root, 'train'))) await makeTree(root);
const before = used();
let began = performance.now();
const found = await scanClips(root, 'train');
const scanMs = performance.now() - began;
const index = used() - before;
console.log(`${found.length} clips, ${found.reduce((sum, clip) => sum + clip.frames, 0)} frames`);
console.log(`scan: ${seconds(scanMs)} s, index: ${index.toFixed(1)} MiB`);
began = performance.now();
const source = await openBatchSource({root, crop: 64, batch: 64, gaps: [1, 32], workers: 1, epoch: 48_768});
await source.next();
console.log(`open and first batch: ${seconds(performance.now() - began)} s`);
await source.close();
if (!args.root) rmSync(root, {recursive: true, force: true});
