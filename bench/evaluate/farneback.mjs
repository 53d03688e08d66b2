/**
 * Time and memory of a Farneback flow, for docs/decisions/0030-farneback-flow.md.
 *
 *     node bench/evaluate/farneback.mjs [--sizes 1920x1080,4096x2160] [--rounds 3]
 *
 * Times are processor time, so that others on the machine disturb little; the first flow includes
 * loading OpenCV and compiling it.
 */
import '../../scripts/freshDist.mjs';
import {parseArgs} from 'node:util';
// eslint-disable-next-line rife/imports -- flows are no part of the package's interface
import {flowBetween} from '../../packages/evaluate/dist/metrics/farneback/flow.js';
import {fail, wholeNumber} from '../lib/numbers.mjs';
import {cpuMs, peakRssBytes} from '../lib/process.mjs';

const {values: options} = parseArgs({
  options: {
    sizes: {type: 'string', default: '1920x1080,4096x2160'},
    rounds: {type: 'string', default: '3'},
  },
});

/** Waves that have moved by three pixels and one. */
function waves(width, height, step) {
  const data = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [X, Y] = [x - 3 * step, y - step];
      data[i] = 128 + 60 * Math.sin(X / 13 + Y / 29) + 40 * Math.sin(X / 5 - Y / 7);
    }
  return {width, height, data};
}

async function measure(size, rounds) {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? fail(`--sizes has "${size}", expected 1920x1080`);
  const [from, to] = [0, 1].map(step => waves(Number(width), Number(height), step));
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const start = cpuMs();
    await flowBetween(from, to);
    times.push((cpuMs() - start) / 1000);
  }
  const cells = [times[0].toFixed(2), Math.min(...times).toFixed(2), (peakRssBytes() / 2 ** 20).toFixed(0)];
  console.log(`| ${[size, ...cells].join(' | ')} |`);
}

const rounds = wholeNumber('rounds', options.rounds);
console.log('| size | first flow, s | best, s | peak of the process so far, MiB |\n|---|---:|---:|---:|');
for (const size of options.sizes.split(',')) await measure(size, rounds);
