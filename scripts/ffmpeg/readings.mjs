/**
 * Reads the numbered videos below a folder in every way that the product has, with the ffmpeg that
 * comes first on the PATH, and prints what was wrong as JSON:
 * `{reads, wrong: [{way, file, text}]}`.
 *
 *     node scripts/ffmpeg/readings.mjs <root> <folder for what is written>
 */
import {join} from 'node:path';
import {FRAMES, numberIn, SIDE} from './inputs.mjs';
import {
  buildClips,
  decodeImage,
  FrameStore,
  openBatchSource,
  packClips,
  readTriplet,
  scanClips,
  shrinkClip,
} from './product.mjs';

/** @param step bytes from pixel to pixel */
const inBytes = (bytes, step, width = SIDE, height = width) =>
  numberIn((x, y) => bytes[(Math.floor(y * height) * width + Math.floor(x * width)) * step]);

const TRIPLETS = [
  [0, 1, 2],
  [1, 4, 7],
  [5, 8, 11],
];
const all = Array.from({length: FRAMES}, (_, i) => i);

async function fromStore(clip, limits) {
  const store = new FrameStore(limits);
  const crop = {top: 0, left: 0, width: SIDE, height: SIDE / 2};
  try {
    const got = [];
    for (const numbers of TRIPLETS) {
      const {frames, width} = await store.region({clip, numbers, crop});
      got.push(...frames.map(frame => inBytes(frame, 3, width, SIDE)));
    }
    return got;
  } finally {
    store.close();
  }
}

async function asPreview(clip) {
  const got = [];
  for (const numbers of TRIPLETS) {
    const {images} = await readTriplet(clip, {numbers, crop: [SIDE, SIDE]});
    got.push(...[0, 6, 3].map(channel => inBytes(images.subarray(channel), 9)));
  }
  return got;
}

async function inDoctor(clip) {
  const {pictures, size, findings} = await shrinkClip(clip);
  const bad = findings.find(({kind}) => kind === 'unreadable');
  if (bad) throw new Error(bad.text);
  return pictures.map(picture => inBytes(picture, 1, size.width, size.height));
}

const wantedTriplets = TRIPLETS.flat();
const WAYS = [
  ['whole clip', clip => fromStore(clip, {}), wantedTriplets],
  ['region', clip => fromStore(clip, {clipBytes: 0}), wantedTriplets],
  ['preview, validation', asPreview, wantedTriplets],
  ['doctor', inDoctor, all],
];

const result = {reads: 0, wrong: []};

function check(way, file, got, wanted) {
  result.reads++;
  if (String(got) !== String(wanted)) result.wrong.push({way, file, text: `frames ${got}, not ${wanted}`});
}

async function attempt(way, file, read) {
  try {
    await read();
  } catch (error) {
    result.reads++;
    result.wrong.push({way, file, text: error.message});
  }
}

async function checkPack(root, out) {
  const {failed} = await packClips({root, out, codec: 'raw', jobs: 1});
  for (const {id, error} of failed) result.wrong.push({way: 'pack', file: id, text: error.message});
  for (const clip of await scanClips(out, 'train'))
    check('pack', clip.id, await fromStore(clip), wantedTriplets);
}

const LENGTH = 4;

async function checkBuild(inputs, out) {
  const {report} = await buildClips({inputs, out, length: LENGTH, val: 0, minMotion: 0, minSharpness: 0});
  // If times are uneven there is no clip, but the frames are still counted.
  for (const {source, frames} of report.videos) check('build', source, frames, FRAMES);
  for (const clip of await scanClips(out, 'train')) {
    const first = Number(clip.id.split('/').at(-1));
    const frames = [];
    for (const name of clip.files) frames.push(inBytes(await decodeImage(clip, join(clip.path, name)), 3));
    check('build', clip.id, frames, all.slice(first, first + LENGTH));
  }
}

async function checkBatches(root, cache, clips) {
  const options = {root, cache, crop: SIDE, batch: 6, gaps: [1, 5], workers: 1, augment: false};
  // The first time clips are read from videos and copied, the second time from the copies.
  for (const way of ['training', 'cache']) {
    const source = await openBatchSource({...options, warn: () => {}});
    try {
      for (let left = clips.length; left > 0; left -= options.batch) {
        const {names, images} = await source.next();
        names.forEach((name, i) => {
          const picture = images.subarray(i * SIDE * SIDE * 9);
          const [before, gt, after] = name.split(' ').at(-1).split('-');
          check(
            way,
            name,
            [0, 6, 3].map(channel => inBytes(picture.subarray(channel), 9)),
            [before, gt, after],
          );
        });
      }
    } finally {
      await source.close();
    }
  }
}

const [root, out] = process.argv.slice(2);
const clips = await scanClips(root, 'train', (id, error) =>
  result.wrong.push({way: 'scan', file: id, text: error.message}),
);
for (const clip of clips) {
  check('scan', clip.id, clip.frames, FRAMES);
  for (const [way, read, wanted] of WAYS)
    await attempt(way, clip.id, async () => check(way, clip.id, await read(clip), wanted));
}
await attempt('pack', '', () => checkPack(root, join(out, 'packed')));
await attempt('build', '', () =>
  checkBuild(
    clips.map(({path}) => path),
    join(out, 'built'),
  ),
);
await attempt('training', '', () => checkBatches(root, join(out, 'cache'), clips));
process.stdout.write(JSON.stringify(result));
