/**
 * Time of each metric of `rife-train eval` at full HD and 4K, in one thread.
 *
 *     node bench/evaluate/metrics.mjs [--sizes 1080x1920] [--rounds 3] [--metrics psnr,flip]
 *
 * Milliseconds are processor time of the fastest round, so that others on the machine disturb
 * little. Memory is how far the peak resident size rose above that of the pictures.
 */
import {parseArgs} from 'node:util';
import {
  errorsOf,
  flip,
  psnrY,
  rounded,
  ssimMatlab,
  ssimSkimage,
  ssimTf,
  ssimXvfi,
} from '@rife-train/evaluate';
import {machineFacts} from '../lib/machine.mjs';
import {fail, wholeNumber} from '../lib/numbers.mjs';

/** Of a prediction in float32, the same in bytes, and the ground truth in bytes. */
const METRICS = {
  psnr: (made, _, gt) => errorsOf(made, gt),
  rounded: made => rounded(made),
  'psnr-y': (_, bytes, gt) => psnrY(bytes, gt),
  ssim: (made, _, gt) => ssimMatlab(made, gt),
  'ssim-rounded': (_, bytes, gt) => ssimMatlab(bytes, gt),
  'ssim-skimage': (_, bytes, gt) => ssimSkimage(bytes, gt),
  'ssim-xvfi': (_, bytes, gt) => ssimXvfi(bytes, gt),
  'ssim-tf': (made, _, gt) => ssimTf(made, gt),
  flip: (_, bytes, gt) => flip(bytes, gt),
};

/** Waves, and the same with noise in float32. */
function picturesOf(height, width) {
  const [made, gt] = [new Float32Array(height * width * 3), new Uint8Array(height * width * 3)];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, i++) {
        gt[i] = 127 + 60 * Math.sin(x / 17 + c) + 60 * Math.cos(y / 23 + x / 90);
        made[i] = Math.max(0, Math.min(1, (gt[i] + ((Math.imul(i, 2654435761) >>> 24) - 128) / 8) / 255));
      }
  return [
    {data: made, height, width},
    {data: gt, height, width},
  ];
}

function cpuMs() {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

const peakMib = () => process.resourceUsage().maxRSS / 1024;

function main() {
  const {values} = parseArgs({
    options: {
      sizes: {type: 'string', default: '1080x1920,2160x4096'},
      rounds: {type: 'string', default: '3'},
      metrics: {type: 'string', default: Object.keys(METRICS).join()},
    },
  });
  console.log(
    `${JSON.stringify(machineFacts())}\n\n| size | metric | ms | peak rose by, MiB |\n|---|---|---|---|`,
  );
  for (const size of values.sizes.split(',')) {
    const [made, gt] = picturesOf(...size.split('x').map(side => wholeNumber('sizes', side)));
    const bytes = rounded(made);
    for (const name of values.metrics.split(',')) {
      const before = peakMib();
      let best = Infinity;
      for (let round = wholeNumber('rounds', values.rounds); round > 0; round--) {
        const start = cpuMs();
        METRICS[name](made, bytes, gt);
        best = Math.min(best, cpuMs() - start);
      }
      console.log(`| ${size} | ${name} | ${best.toFixed(0)} | ${(peakMib() - before).toFixed(0)} |`);
    }
  }
}

try {
  main();
} catch (error) {
  fail(error);
}
