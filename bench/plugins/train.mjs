/**
 * Trains one variant on the demo clips and scores it on clips that were not trained on. Prints one
 * line of JSON.
 *
 *     node bench/plugins/train.mjs --variant gradclip --steps 500 --seed 1234
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Logger, Trainer} from '@rife-train/core';
import {openBatchSource, readTriplet, scanClips} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {interpolate, pairOf, psnrOf} from '../lib/score.mjs';
import {pluginsOf} from './variants.mjs';

const CLIPS = fileURLToPath(new URL('../../examples/quickstart/clips', import.meta.url));
/** Gaps that are scored; in each held-back clip the triplet around its middle frame. */
const SCORED_GAPS = [1, 2, 4, 8];

const {values: args} = parseArgs({
  options: {
    variant: {type: 'string', default: 'none'},
    steps: {type: 'string', default: '500'},
    seed: {type: 'string', default: '1234'},
    crop: {type: 'string', default: '128'},
    batch: {type: 'string', default: '2'},
    rate: {type: 'string', default: '3e-4'},
  },
});

/** Mean PSNR of the held-back clips at each scored gap. */
async function score(trainer, clips) {
  const result = {};
  for (const gap of SCORED_GAPS) {
    const decibels = [];
    for (const clip of clips) {
      const triplet = await readTriplet(clip, {gap});
      decibels.push(psnrOf(await interpolate(trainer, triplet, pairOf(triplet)), triplet.images));
    }
    result[gap] = decibels.reduce((a, b) => a + b) / decibels.length;
  }
  return result;
}

const out = mkdtempSync(join(tmpdir(), 'rife-plugins-'));
const steps = Number(args.steps);
const warnings = [];
try {
  const clips = await scanClips(CLIPS, 'val');
  const trainer = new Trainer({
    openEngine: () => createEngine({}),
    networks: NETWORKS,
    openBatches: request =>
      openBatchSource({...request.data, seed: request.seed, policyAt: request.policyAt, warn: () => {}}),
    config: {
      data: {root: CLIPS, crop: Number(args.crop), batch: Number(args.batch), gaps: [1, 8], epoch: 'none'},
      optim: {
        learningRate: Number(args.rate),
        finalLearningRate: Number(args.rate) / 10,
        warmupSteps: 50,
      },
      steps,
      seed: Number(args.seed),
      out,
      saveEvery: steps,
      previewEvery: 0,
      plugins: await pluginsOf(args.variant),
    },
    logger: new Logger({line: (text, level) => level === 'warn' && warnings.push(text)}),
  });
  const curve = [];
  let psnr;
  let skipped = 0;
  trainer.hooks.afterStep.tapPromise('bench', async metrics => {
    const {loss, terms, gradNorm, maxFlow, stepMs, updated} = metrics;
    skipped += updated ? 0 : 1;
    curve.push({loss, reconstruction: terms.reconstruction, gradNorm, maxFlow, stepMs});
    if (curve.length === steps) psnr = await score(trainer, clips);
  });
  await trainer.run();
  console.log(
    JSON.stringify({variant: args.variant, steps, seed: Number(args.seed), psnr, skipped, warnings, curve}),
  );
} finally {
  rmSync(out, {recursive: true, force: true});
}
