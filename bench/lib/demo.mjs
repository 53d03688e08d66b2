/** A run of the real trainer on the demo clips, scored on those that were held back. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Logger, Trainer} from '@rife-train/core';
import {openBatchSource, readTriplet, scanClips} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {interpolate, pairOf, psnrOf} from './score.mjs';

const CLIPS = fileURLToPath(new URL('../../examples/quickstart/clips', import.meta.url));
const SCORED_GAPS = [1, 2, 4, 8];

const mean = values => values.reduce((a, b) => a + b) / values.length;

/** Mean PSNR of held-back clips at each scored gap. */
async function score(trainer, clips, centresOf) {
  const result = {};
  for (const gap of SCORED_GAPS) {
    const decibels = [];
    for (const clip of clips)
      for (const gt of centresOf(clip)) {
        const triplet = await readTriplet(clip, {gap, gt});
        decibels.push(psnrOf(await interpolate(trainer, triplet, pairOf(triplet)), triplet.images));
      }
    result[gap] = mean(decibels);
  }
  return result;
}

/**
 * Trains from scratch with gaps 1 to 8, and scores the network at its last step.
 * @param engine options of createEngine
 * @param optim of the configuration
 * @param centresOf frames of a held-back clip that are predicted; by default the one in its middle
 * @returns {curve, psnr, skipped, warnings}; `psnr` in dB by gap
 */
export async function trainOnDemo({
  steps,
  seed,
  crop,
  batch,
  optim,
  plugins = [],
  engine = {},
  centresOf = ({frames}) => [frames >> 1],
}) {
  const out = mkdtempSync(join(tmpdir(), 'rife-demo-'));
  const warnings = [];
  try {
    const clips = await scanClips(CLIPS, 'val');
    const trainer = new Trainer({
      openEngine: () => createEngine(engine),
      networks: NETWORKS,
      openBatches: request =>
        openBatchSource({...request.data, seed: request.seed, policyAt: request.policyAt, warn: () => {}}),
      config: {
        data: {root: CLIPS, crop, batch, gaps: [1, 8], epoch: 'none'},
        ...{optim, steps, seed, out, saveEvery: steps, previewEvery: 0, plugins},
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
      if (curve.length === steps) psnr = await score(trainer, clips, centresOf);
    });
    await trainer.run();
    return {psnr, skipped, warnings, curve};
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}
