/** Faults of the data: real clips of PNG frames, read by the real source. */
import {copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {openBatchSource} from '@rife-train/data';
import {folder, train} from './world.mjs';

const SIDE = 64;
const FRAMES = 5;
const CLIPS = ['001/a', '001/b'];

let template;
/** Two clips of five frames, made once; each run gets a copy. */
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

const DATA = {crop: 64, batch: 2, gaps: [1, 2], prefetch: 1, workers: 1};

/** A run on real clips; `harm(step, root)` is called before each step. */
async function trainOn(
  root,
  out,
  {onBadClip = 'error', harm = () => {}, resume = false, warn = () => {}} = {},
) {
  return train(out, {
    resume,
    config: {data: {...DATA, root, onBadClip}},
    openBatches: request =>
      openBatchSource({...request.data, seed: request.seed, policyAt: request.policyAt, warn}),
    prepare: trainer => trainer.hooks.beforeStep.tap('fault', ({progress}) => harm(progress.step)),
  });
}

/** Damages every frame of a clip in the middle of the run: it will be met sooner or later. */
async function damaged(random, out, damage) {
  const root = await clipsFor();
  const reference = folder();
  const [step, clip, onBadClip] = [1 + random.below(4), random.pick(CLIPS), random.pick(['error', 'skip'])];
  const frames = Array.from({length: FRAMES}, (_, f) => join(root, 'train', clip, `${f}.png`));
  const warnings = [];
  const harm = now => now === step && frames.forEach(damage);
  const run = await trainOn(root, out, {onBadClip, harm, warn: text => warnings.push(text)});
  run.lines = [...(run.lines ?? []), ...warnings];
  frames.forEach(frame => copyFileSync(frame.replace(root, template), frame));
  const met = run.error || warnings.length > 0;
  return {
    run,
    named: met ? new RegExp(`RIFE_ERR_DATA_|${clip}`) : /./,
    ...(run.error && {
      // Once it is mended the run is gone on with, to the bits of one that met nothing.
      async goOn() {
        const whole = await trainOn(root, reference);
        const rest = await trainOn(root, out, {resume: true});
        rmSync(reference, {recursive: true, force: true});
        return rest.checksum !== undefined && rest.checksum === whole.checksum;
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

/** The thread that decodes is ended in the middle of the run. */
async function workerDies(random, out) {
  const root = await clipsFor();
  const step = 1 + random.below(5);
  const threads = [];
  const seen = worker => threads.push(worker);
  process.on('worker', seen);
  const warnings = [];
  let done = false;
  const harm = now => {
    if (done || now !== step) return;
    done = true;
    threads.forEach(worker => void worker.terminate());
  };
  const run = await trainOn(root, out, {harm, warn: text => warnings.push(text)});
  process.off('worker', seen);
  run.lines = [...(run.lines ?? []), ...warnings];
  const reference = folder();
  const whole = await trainOn(root, reference);
  rmSync(reference, {recursive: true, force: true});
  // A thread that was idle is replaced without anybody noticing.
  return {
    run,
    named: /./,
    isSame: run.checksum === whole.checksum,
    cleanUp: () => rmSync(root, {recursive: true, force: true}),
  };
}

export const dataKinds = {
  'a truncated frame': truncated,
  'a frame of another size': wrongSize,
  'a decode thread dies': workerDies,
};
