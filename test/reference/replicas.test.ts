/**
 * Two replicas of a batch of b are one of 2b, and two micro-batches of b; 200 steps of four are in
 * test/slow.
 */
import {checksumOf, distance, isGradient, trainSplit, type SplitRun} from './replicaSupport.js';

/**
 * Bound for float32 sums in another order, relative to the norm: each is rounded to 2^-24 = 6e-8,
 * through some twenty layers. Measured: 2.6e-7 against a batch of 2, 0 against micro-batches.
 */
const REASSOCIATION = 2e-6;

let two: SplitRun;
beforeAll(async () => (two = await trainSplit({devices: 2, batch: 1}, 1)));

test.each([
  ['one of a batch of 2', {devices: 1, batch: 2}],
  ['one with two micro-batches', {devices: 1, batch: 1, microSteps: 2}],
])('the gradients of two replicas are those of %s', async (_, split) => {
  const other = await trainSplit(split, 1);
  expect([...two.steps[0]!.samples].sort()).toEqual([...other.steps[0]!.samples].sort());
  expect(distance(two, other, isGradient)).toBeLessThan(REASSOCIATION);
  expect(Math.abs(two.steps[0]!.loss / other.steps[0]!.loss - 1)).toBeLessThan(REASSOCIATION);
  expect(Math.abs(two.steps[0]!.gradNorm / other.steps[0]!.gradNorm - 1)).toBeLessThan(REASSOCIATION);
});

test('every replica holds the same bits, and a rerun has them again, with the mean by kernels in place of JavaScript', async () => {
  const again = await trainSplit({devices: 2, batch: 1, files: true}, 1);
  const [first, ...others] = [...two.programs, ...again.programs].map(checksumOf);
  expect(others).toEqual(others.map(() => first));
  expect(checksumOf(new Map([...two.programs[0]!].slice(1)))).not.toBe(first);
});
