/** Faults of the data: real clips of PNG frames, read by the real source. */
import {copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import sharp from 'sharp';
import {openBatchSource} from '@rife-train/data';
import {folder, STEPS, train} from './world.mjs';

const SIDE = 64;
const FRAMES = 40;
const CLIPS = ['001/a', '001/b'];

let template;
/** Two clips of forty frames, created once; each run gets a copy. */
async function clipsFor() {
  if (!template) {
    const made = folder();
    for (const [c, clip] of CLIPS.entries()) {
      mkdirSync(join(made, 'train', clip), {recursive: true});
      for (let f = 0; f < FRAMES; f++) {
        const pixels = Uint8Array.from({length: SIDE * SIDE * 3}, (_, i) => (i * (7 + c) + f * 13) % 251);
        await sharp(pixels, {raw: {width: SIDE, height: SIDE, channels: 3}})
          .png()
          .toFile(join(made, 'train', clip, `${f}.png`));
      }
    }
    template = made;
  }
  const root = folder();
  cpSync(template, root, {recursive: true});
  return root;
}

const PREFETCH = 1;
const DATA = {crop: 64, batch: 2, gaps: [1, 2], prefetch: PREFETCH, workers: 1};

/**
 * A run on real clips. Before each step `harm(step)` is called and awaited; `asked(index)` is
 * called when a batch is about to be read.
 */
async function trainOn(
  root,
  out,
  {onBadClip = 'error', harm = () => {}, asked = () => {}, resume = false, warn = () => {}} = {},
) {
  return train(out, {
    resume,
    config: {data: {...DATA, root, onBadClip}},
    openBatches: request =>
      openBatchSource({
        ...request.data,
        seed: request.seed,
        policyAt(index) {
          asked(index);
          return request.policyAt(index);
        },
        warn,
      }),
    prepare: trainer => trainer.hooks.beforeStep.tapPromise('fault', async context => harm(context)),
  });
}

let whole;
/** The run on undamaged clips, with the frames that each step reads: `<clip> <number>`. */
async function soundRun() {
  if (whole) return whole;
  const [root, out] = [await clipsFor(), folder()];
  const frames = [];
  const {checksum, error} = await trainOn(root, out, {
    harm: ({samples}) =>
      void frames.push(
        samples.flatMap(sample => {
          const [clip, numbers] = sample.split(' ');
          return numbers.split('-').map(number => `${clip} ${number}`);
        }),
      ),
  });
  for (const made of [root, out]) rmSync(made, {recursive: true, force: true});
  if (error) throw error;
  return (whole = {checksum, frames});
}

/**
 * Steps and clips such that a clip that is damaged at the start of the step is read later, by a
 * frame that no thread has cached.
 */
async function meetings() {
  const {frames} = await soundRun();
  const found = [];
  for (let step = 1; step < STEPS - 1 - PREFETCH; step++) {
    const known = new Set(frames.slice(0, step + 1 + PREFETCH).flat());
    const later = frames.slice(step + 1 + PREFETCH).flat();
    for (const clip of CLIPS)
      if (later.some(frame => frame.startsWith(`${clip} `) && !known.has(frame))) found.push({step, clip});
  }
  return found;
}

/** Damages every frame of a clip in the middle of the run. */
async function damaged(random, out, damage) {
  const root = await clipsFor();
  const [{step, clip}, onBadClip] = [random.pick(await meetings()), random.pick(['error', 'skip'])];
  const frames = Array.from({length: FRAMES}, (_, f) => join(root, 'train', clip, `${f}.png`));
  const warnings = [];
  const harm = ({progress}) => progress.step === step && frames.forEach(damage);
  const run = await trainOn(root, out, {onBadClip, harm, warn: text => warnings.push(text)});
  frames.forEach(frame => copyFileSync(frame.replace(root, template), frame));
  const met = onBadClip === 'error' ? run.error !== undefined : warnings.length > 0;
  return {
    run,
    text: [run.error ? `${run.error.code} ${run.error.message}` : '', ...warnings].join('\n'),
    named: onBadClip === 'error' ? new RegExp(`RIFE_ERR_DATA_FRAME.*${clip}`, 's') : new RegExp(clip),
    missed: met ? undefined : `clip ${clip}, damaged at step ${step} (${onBadClip}), was not met`,
    ...(run.error && {
      // Once it is repaired the run is resumed, to the same bits as an undisturbed run.
      async continueRun() {
        const rest = await trainOn(root, out, {resume: true});
        return rest.checksum === (await soundRun()).checksum;
      },
    }),
    cleanUp: () => rmSync(root, {recursive: true, force: true}),
  };
}

const truncated = (random, out) =>
  damaged(random, out, file => truncateSync(file, readFileSync(file).length >> 1));

async function wrongSize(random, out) {
  const small = await sharp({create: {width: 32, height: 32, channels: 3, background: 'grey'}})
    .png()
    .toBuffer();
  return damaged(random, out, file => writeFileSync(file, small));
}

/**
 * When the thread is ended: as it gets a batch to read, which must be noticed; around that time; or
 * while it is idle.
 */
const ENDS = {
  'with a batch': (index, end) => ({asked: now => now === index && end()}),
  'around a batch': (index, end, random) => ({
    asked: now => now === index && setTimeout(end, random.below(6)),
  }),
  // The one batch that is read ahead takes a few milliseconds.
  idle: (index, end) => ({
    harm: ({progress}) => (progress.step === index ? sleep(100).then(end) : undefined),
  }),
};

/** The thread that decodes is ended in the middle of the run. */
async function workerDies(random, out) {
  const root = await clipsFor();
  const way = random.pick(Object.keys(ENDS));
  const threads = [];
  const seen = worker => threads.push(worker);
  process.on('worker', seen);
  const warnings = [];
  let ended = 0;
  const end = () => {
    ended += ended === 0 ? threads.length : 0;
    threads.forEach(worker => void worker.terminate());
  };
  // Not the first batch: the pool's own tests cover a thread that is still loading.
  const faults = ENDS[way](2 + random.below(STEPS - 3), end, random);
  const run = await trainOn(root, out, {...faults, warn: text => warnings.push(text)});
  process.off('worker', seen);
  return {
    run,
    text: ['-', ...warnings].join('\n'),
    // An idle thread is replaced, and nothing is reported.
    named: way === 'with a batch' ? /A decode worker failed.*Batch \d+ is decoded again/s : /./,
    missed: ended > 0 ? undefined : `${way}: no thread was ended`,
    isSame: run.checksum === (await soundRun()).checksum,
    cleanUp: () => rmSync(root, {recursive: true, force: true}),
  };
}

export const dataKinds = {
  'a truncated frame': truncated,
  'a frame of another size': wrongSize,
  'a decode thread dies': workerDies,
};
