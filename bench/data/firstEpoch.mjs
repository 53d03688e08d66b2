/** Cost and benefit of the cache in the epoch that fills it. */
import {linkSync, mkdirSync, rmSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Piscina} from 'piscina';
import {openBatchSource, resolveOptions, scanClips} from '@rife-train/data';
// eslint-disable-next-line rife/imports -- a stage is no part of the package's interface
import {ClipCache} from '../../packages/data/dist/loader/cache/clipCache.js';
import {manyClips} from './manyClips.mjs';
import {BATCH} from './measure.mjs';

/** The reference's epoch over X-TRAIN. */
const X_TRAIN = {clips: 4408, samples: 48_768};
/** Of the measured tree: each of four clips under so many names. */
const COPIES = 3;

/** Makes the copies of clips, in several threads. @returns milliseconds of a thread per clip */
export async function fillAll(clips, dir, threads) {
  const cache = await ClipCache.open(resolveOptions({root: '-', cache: dir}), clips);
  const pool = new Piscina({
    filename: fileURLToPath(new URL('fillWorker.mjs', import.meta.url)),
    ...{minThreads: threads, maxThreads: threads, concurrentTasksPerWorker: 1},
  });
  // Loading a thread's modules is no part of it.
  while (pool.threads.length < threads) await new Promise(resolve => setTimeout(resolve, 100));
  const start = performance.now();
  const outcomes = await Promise.all(clips.map(clip => pool.run({clip, request: cache.requestFor(clip)})));
  const ms = performance.now() - start;
  await pool.close();
  if (outcomes.some(outcome => outcome !== 'filled')) throw new Error(`filling gave ${outcomes.join(', ')}`);
  return (ms * threads) / clips.length;
}

/**
 * Makes one copy of clips that are links to the same files, under all names: reads are then from
 * memory, as for the sources.
 */
export async function warmCache(clips, dir, threads) {
  const first = new Map();
  const inodeOf = ({path, files}) => statSync(join(path, files[0] ?? '')).ino;
  for (const clip of clips) if (!first.has(inodeOf(clip))) first.set(inodeOf(clip), clip);
  await fillAll([...first.values()], dir, threads);
  const cache = await ClipCache.open(resolveOptions({root: '-', cache: dir}), clips);
  const pathOf = clip => cache.requestFor(clip).path;
  for (const clip of clips.filter(each => first.get(inodeOf(each)) !== each)) {
    mkdirSync(dirname(pathOf(clip)), {recursive: true});
    linkSync(pathOf(first.get(inodeOf(clip))), pathOf(clip));
  }
}

/**
 * An epoch that uses each clip as often as one over X-TRAIN does; from nothing, its first batch
 * included. @returns triplets a second
 */
async function measuredEpoch({root, cache, clips}, {threads, crop, seed}) {
  const batches = Math.round((clips * X_TRAIN.samples) / X_TRAIN.clips / BATCH);
  const source = await openBatchSource({
    ...{root, cache, crop, batch: BATCH, gaps: [1, 32], seed, workers: threads, prefetch: 2 * threads},
    ...{epoch: batches * BATCH},
  });
  try {
    const start = performance.now();
    for (let i = 0; i < batches; i++) await source.next();
    return (1000 * batches * BATCH) / (performance.now() - start);
  } finally {
    await source.close();
  }
}

/**
 * X-TRAIN's first epoch, sample by sample, for threads that take `fill`, `direct` and `warm`
 * milliseconds for a copy, and for a triplet without and with it; a thread rests for a third of a
 * copy's time before the next (packages/data/src/loader/cache/cachedFrames.ts). Nothing is measured
 * here.
 */
export function computedEpoch({fill, direct, warm, threads}, {clips, samples} = X_TRAIN) {
  const copied = new Uint8Array(clips);
  const [time, restsUntil] = [new Float64Array(threads), new Float64Array(threads)];
  let state = 1;
  for (let i = 0; i < samples; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const clip = Math.floor((state / 2 ** 32) * clips);
    const thread = time.indexOf(Math.min(...time));
    if (!copied[clip] && time[thread] >= restsUntil[thread]) {
      copied[clip] = 1;
      time[thread] += fill;
      restsUntil[thread] = time[thread] + fill / 3;
    }
    time[thread] += copied[clip] ? warm : direct;
  }
  return (1000 * samples) / Math.max(...time);
}

/** For each kind that is cached; `sources` has a folder of the four clips for each. */
export async function firstEpochs(rows, sources, options) {
  const {threads, rounds, work} = options;
  const epochs = [];
  for (const kind of rows.filter(({name}) => sources[name])) {
    const root = manyClips(sources[kind.name], join(work, 'epoch'), COPIES);
    const clips = await scanClips(root, 'train');
    const dir = join(work, 'epoch-cache');
    const fresh = () => rmSync(dir, {recursive: true, force: true});
    const [fills, direct, cold] = [[], [], []];
    for (let seed = 1; seed <= rounds; seed++) {
      fresh();
      fills.push(await fillAll(clips, dir, threads));
      fresh();
      const tree = {root, clips: clips.length};
      direct.push(await measuredEpoch({...tree, cache: false}, {...options, seed}));
      cold.push(await measuredEpoch({...tree, cache: dir}, {...options, seed}));
      const shown = [fills.at(-1) / 1000, direct.at(-1), cold.at(-1)].map(value => value.toFixed(2));
      console.error(
        `first epoch, ${kind.name}: ${shown[0]} s a copy, ${shown[1]} direct, ${shown[2]} filling`,
      );
    }
    fresh();
    const rateOf = name => rows.find(row => row.name === name).ours.tripletsPerSecond;
    const [fill, perTriplet] = [Math.min(...fills), name => (1000 * threads) / rateOf(name)];
    const times = {fill, direct: perTriplet(kind.against), warm: perTriplet(kind.name), threads};
    epochs.push({
      ...{name: kind.name, against: kind.against, fillMs: fill, fills},
      measured: {
        clips: clips.length,
        direct: Math.max(...direct),
        filling: Math.max(...cold),
        rounds: {direct, cold},
      },
      computed: computedEpoch(times),
    });
  }
  rmSync(join(work, 'epoch'), {recursive: true, force: true});
  return epochs;
}
