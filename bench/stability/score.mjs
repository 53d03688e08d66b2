/** PSNR on clips that were held back. */
import {readTriplet, scanClips} from '@rife-train/data';
import {interpolate, pairOf, psnrOf} from '../lib/score.mjs';

/** Gaps that are scored; in each held-back clip the triplet around its middle frame. */
const GAPS = [1, 8, 16, 32];
const SIDE = 256;

/** The mean of the two inputs: what a network must beat to be of use. */
const blend = pair =>
  Float32Array.from({length: pair.length / 2}, (_, i) => {
    const at = Math.floor(i / 3) * 6 + (i % 3);
    return (pair[at] + pair[at + 3]) / 510;
  });

/**
 * Mean PSNR in dB over the held-back clips, by gap: of the network, and of the mean of both inputs.
 */
export async function scoreOf(trainer, root) {
  const clips = await scanClips(root, 'val');
  const network = {};
  const mean = {};
  for (const gap of GAPS) {
    const scores = {network: [], mean: []};
    for (const clip of clips) {
      const triplet = await readTriplet(clip, {gap, crop: [SIDE, SIDE]});
      const pair = pairOf(triplet);
      scores.network.push(psnrOf(await interpolate(trainer, triplet, pair), triplet.images));
      scores.mean.push(psnrOf(blend(pair), triplet.images));
    }
    const average = values => Number((values.reduce((a, b) => a + b) / values.length).toFixed(2));
    network[gap] = average(scores.network);
    mean[gap] = average(scores.mean);
  }
  return {network, mean};
}
