/**
 * Training with the cache is training without it, from the first triplet on, whoever else fills it.
 */
import {execFile} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import sharp from 'sharp';
import {openBatchSource, type BatchSourceOptions} from '../../..';
import {writePack} from '../../../__tests__/packFiles';
import {
  copyTo,
  DEMO_VIDEO,
  pixels,
  rejection,
  tempFolder,
  truncate,
  writeClip,
} from '../../../__tests__/support';
import {filesIn} from './cached';

const OPTIONS = {crop: 64, batch: 3, gaps: [1, 4] as [number, number], workers: 1, seed: 9};

interface Taken {
  names: string[][];
  images: Buffer[];
  description: string;
}

async function take(options: BatchSourceOptions, count = 6): Promise<Taken> {
  const source = await openBatchSource({...OPTIONS, ...options});
  try {
    const taken: Taken = {names: [], images: [], description: source.description!};
    for (let i = 0; i < count; i++) {
      const {names, images} = await source.next();
      taken.names.push(names);
      taken.images.push(Buffer.from(images));
    }
    return taken;
  } finally {
    await source.close();
  }
}

const isSame = (a: Taken, b: Taken) =>
  a.names.join() === b.names.join() && a.images.every((images, i) => images.equals(b.images[i]!));

async function writeImages(folder: string, ending: string, lossless: boolean): Promise<void> {
  mkdirSync(folder, {recursive: true});
  for (let i = 0; i < 9; i++) {
    const image = sharp(pixels(80, 70, i), {raw: {width: 70, height: 80, channels: 3}});
    await image[ending === 'jpg' ? 'jpeg' : 'webp']({quality: 80, lossless}).toFile(
      join(folder, `${i}.${ending}`),
    );
  }
}

const SOURCES: [string, (root: string) => Promise<unknown> | void][] = [
  ['PNG', root => writeClip(join(root, 'clip'), 9, 80, 70)],
  ['WebP, lossless', root => writeImages(join(root, 'clip'), 'webp', true)],
  ['WebP, lossy', root => writeImages(join(root, 'clip'), 'webp', false)],
  ['JPEG', root => writeImages(join(root, 'clip'), 'jpg', false)],
  ['mp4', root => copyTo(DEMO_VIDEO, join(root, 'clip.mp4'))],
];

test.each(SOURCES)(
  '%s: batches are the same bits without cache, from a cold one, and from a warm one',
  async (_, make) => {
    const [root, dir] = [tempFolder(), join(tempFolder(), 'made', 'cache')];
    await make(root);
    const plain = await take({root});
    expect(isSame(await take({root, cache: dir}), plain)).toBe(true);
    expect(filesIn(dir)).toHaveLength(1);
    const warm = await take({root, cache: {dir, codec: 'deflate'}});
    expect(isSame(warm, plain)).toBe(true);
    expect(warm.description).toContain(`; kept in ${dir} as they are met (deflate; `);
  },
);

/** Reads batches in a process of its own, and prints their hash. */
const PROCESS = `
import {createHash} from 'node:crypto';
const [index, options] = process.argv.slice(2);
const {openBatchSource} = await import(index);
const source = await openBatchSource({...JSON.parse(options), warn: text => console.log(text)});
const hash = createHash('sha256');
for (let i = 0; i < 20; i++) hash.update((await source.next()).images);
await source.close();
console.log(hash.digest('hex'));`;

test('processes with two threads each that meet the same clips at once leave one whole copy of each', async () => {
  const [root, dir] = [tempFolder(), tempFolder()];
  for (const name of ['a', 'b', 'c', 'd']) await writeClip(join(root, name), 9, 160, 160);
  const script = join(tempFolder(), 'read.mjs');
  writeFileSync(script, PROCESS);
  const run = async (cache?: string) => {
    const options = {...OPTIONS, root, workers: 2, ...(cache && {cache})};
    const index = join(__dirname, '../../../../dist/index.js');
    return (await promisify(execFile)(process.execPath, [script, index, JSON.stringify(options)])).stdout;
  };
  const [plain, ...cached] = await Promise.all([run(), run(dir), run(dir)]);
  expect(cached).toEqual([plain, plain]);
  const files = filesIn(dir);
  expect(files.every(path => path.endsWith('.rifecache'))).toBe(true);
  expect(files).toHaveLength(4);
});

test.each(['error', 'skip'] as const)('bad clips are met as without a cache: %s', async onBadClip => {
  const [root, dir] = [tempFolder(), tempFolder()];
  await writeClip(join(root, 'bad'), 5);
  await writeClip(join(root, 'good'), 5);
  truncate(join(root, 'bad', '0002.png'), 0.5);
  const results: unknown[] = [];
  for (const cache of [false, dir] as const) {
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    const options = {root, cache, onBadClip, maxBadShare: 0.5, warn, gaps: [1, 2] as [number, number]};
    const outcome = onBadClip === 'skip' ? (await take(options, 4)).names : await rejection(take(options, 4));
    results.push([outcome, warnings.filter(text => !text.includes('is not cached'))]);
  }
  expect(results[1]).toEqual(results[0]);
});

describe('when a run starts', () => {
  test('a folder that can not be written to is an error', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'clip'), 3);
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    for (const dir of [file, join(file, 'below')]) {
      const {code, message} = await rejection(take({root, gaps: [1, 1], cache: {dir}}, 1));
      expect(code).toBe('RIFE_ERR_DATA_CACHE');
      expect(message).toContain(`"${dir}", can't be used: E`);
    }
  });

  test('packed clips need no cache, which is said', async () => {
    const [root, out] = [tempFolder(), tempFolder()];
    const dir = join(tempFolder(), 'cache');
    const frames = await writeClip(join(root, 'clip'), 9);
    const size = {width: 64, height: 64, codec: 'deflate', tile: 128} as const;
    writePack(frames, size, join(out, 'clip.rifeclip'));
    const warnings: string[] = [];
    const {description} = await take({root: out, cache: dir, warn: text => warnings.push(text)}, 1);
    expect(warnings).toEqual(['data.cache is not used: all clips are packed already.']);
    expect([description.includes(dir), filesIn(dir)]).toEqual([false, []]);
  });
});
