/**
 * A slice of the fuzz in every test run; `npm run fuzz:weights` runs the whole and prints its
 * table.
 */
import {writeFileSync} from 'node:fs';
import {fuzz} from './support/fuzz.js';

const seed = Number(process.env.RIFE_FUZZ_SEED ?? 1);
const count = Number(process.env.RIFE_FUZZ_COUNT ?? 300);
const SLOWEST_MS = 2_000;
const PEAK_GROWTH_BYTES = 256 * 2 ** 20;

test(`${count} damaged files of seed ${seed} are decoded whole or refused with a code, in bounded time and memory`, () => {
  const report = fuzz(seed, count);
  const {RIFE_FUZZ_REPORT: file} = process.env;
  if (file) writeFileSync(file, JSON.stringify(report));
  expect(report.slowestMs).toBeLessThan(SLOWEST_MS);
  expect(report.peakGrowthBytes).toBeLessThan(PEAK_GROWTH_BYTES);
  const outcomes = new Set(Object.values(report.counts).flatMap(counts => Object.keys(counts)));
  // Damage reaches every part of the readers.
  for (const outcome of [
    'decoded',
    'RIFE_ERR_SAFETENSORS',
    'RIFE_ERR_WEIGHTS_PICKLE',
    'RIFE_ERR_WEIGHTS_CORRUPT',
  ])
    expect([...outcomes]).toContain(outcome);
});
