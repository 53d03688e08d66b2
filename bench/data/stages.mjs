/** Where the loader's time goes: each stage by itself, in this thread. */
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {move, Piscina} from 'piscina';
/* eslint-disable rife/imports -- stages are no part of the package's interface */
import {writeSample} from '../../packages/data/dist/augment/augment.js';
import {decodeRegion} from '../../packages/data/dist/decode/image.js';
import {PackStore} from '../../packages/data/dist/pack/store.js';
import {planSample} from '../../packages/data/dist/sampling/plan.js';
import {scanClips} from '../../packages/data/dist/clips/scan.js';
import {decodeVideo} from '../../packages/data/dist/decode/video/decode.js';
/* eslint-enable rife/imports */

const TRIPLETS = 24;
const POLICY = {minGap: 1, maxGap: 32};

/** Sums the times of parts; the caller reports the least of several rounds. */
class Clock {
  ms = {};

  async time(name, work) {
    const start = performance.now();
    const result = await work();
    this.ms[name] = (this.ms[name] ?? 0) + performance.now() - start;
    return result;
  }
}

/** @returns {{frames, width, crop}} as the decode threads get them */
async function decoded(clock, {clip, numbers, crop}, packs) {
  if (clip.kind === 'pack') {
    const frames = await clock.time('read and decode', () =>
      numbers.map(number => packs.file(clip).region(number, crop)),
    );
    return {frames, width: crop.width, crop: {...crop, top: 0, left: 0}};
  }
  if (clip.kind === 'video') {
    const all = await clock.time('read and decode', () => decodeVideo(clip, numbers));
    const size = all.length / 3;
    return {frames: [0, 1, 2].map(i => all.subarray(i * size, (i + 1) * size)), width: clip.width, crop};
  }
  const paths = numbers.map(number => join(clip.path, clip.files[number]));
  // Reading is part of decoding; by itself it shows what the disk, or its cache, takes.
  await clock.time('of that: read', () => Promise.all(paths.map(path => readFile(path))));
  const frames = await clock.time('read and decode', async () => {
    const regions = [];
    for (const path of paths) regions.push(await decodeRegion(clip, path, crop));
    return regions;
  });
  return {frames, width: crop.width, crop: {...crop, top: 0, left: 0}};
}

async function handOver(clock, images) {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('echo.mjs', import.meta.url)),
    maxThreads: 1,
    minThreads: 1,
  });
  await pool.run(new Uint8Array(1));
  for (let i = 0; i < TRIPLETS; i++)
    await clock.time('hand over', () => pool.run(move(new Uint8Array(images))));
  await pool.close({force: true});
}

/** Milliseconds per triplet. */
export async function stages(root, {crop}) {
  const clips = await scanClips(root, 'train');
  const context = {
    ...{root, clips, seed: 1, crop: [crop, crop], augment: {}, timestep: 'middle'},
    ...{batchSize: 1, shard: {rank: 0, count: 1}},
  };
  const packs = new PackStore();
  const clock = new Clock();
  const images = new Uint8Array(crop * crop * 9);
  for (let i = 0; i < TRIPLETS; i++) {
    const sample = await clock.time('draw', () => planSample(context, POLICY, i, 0));
    const {frames, width, crop: region} = await decoded(clock, sample, packs);
    await clock.time('crop, augment', () => writeSample(frames, width, region, sample.augmentation, images));
  }
  packs.close();
  await handOver(clock, images);
  return Object.fromEntries(Object.entries(clock.ms).map(([name, ms]) => [name, ms / TRIPLETS]));
}
