/** PSNR on clips that were held back. */
import {readTriplet, scanClips} from '@rife-train/data';

/** Gaps that are scored; in each held-back clip the triplet around its middle frame. */
const GAPS = [1, 8, 16, 32];
const SIDE = 256;

const decibels = (error, count) => -10 * Math.log10(error / count);

function psnrOf(frame, images) {
  let error = 0;
  for (let i = 0; i < frame.length; i++)
    error += (frame[i] - images[Math.floor(i / 3) * 9 + 6 + (i % 3)] / 255) ** 2;
  return decibels(error, frame.length);
}

const pairOf = ({images, height, width}) =>
  Uint8Array.from({length: height * width * 6}, (_, i) => images[Math.floor(i / 6) * 9 + (i % 6)]);

/** The mean of the two inputs: what a network must beat to be of use. */
const blend = pair =>
  Float32Array.from({length: pair.length / 2}, (_, i) => {
    const at = Math.floor(i / 3) * 6 + (i % 3);
    return (pair[at] + pair[at + 3]) / 510;
  });

/** Mean PSNR in dB over the held-back clips, by gap: of the network, and of the mean of both inputs. */
export async function scoreOf(trainer, root) {
  const clips = await scanClips(root, 'val');
  const network = {};
  const mean = {};
  for (const gap of GAPS) {
    const scores = {network: [], mean: []};
    for (const clip of clips) {
      const triplet = await readTriplet(clip, {gap, crop: [SIDE, SIDE]});
      const pair = pairOf(triplet);
      const {refined} = await trainer.predict({
        images: pair,
        shape: [1, triplet.height, triplet.width],
        gap: Float32Array.of(gap),
        timestep: Float32Array.of(0.5),
      });
      scores.network.push(psnrOf(refined.values, triplet.images));
      scores.mean.push(psnrOf(blend(pair), triplet.images));
    }
    const average = values => Number((values.reduce((a, b) => a + b) / values.length).toFixed(2));
    network[gap] = average(scores.network);
    mean[gap] = average(scores.mean);
  }
  return {network, mean};
}
