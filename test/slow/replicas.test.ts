/**
 * Loss curves of 200 steps on real clips: four replicas, one with four times the batch, one with
 * four micro-batches.
 */
import {checksumOf, trainSplit, type SplitRun} from '../reference/replicaSupport.js';

const STEPS = 200;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const losses = ({steps}: SplitRun) => steps.map(({loss}) => loss);

/** Relative differences of the losses, step by step. */
const differences = (a: SplitRun, b: SplitRun) =>
  losses(a).map((loss, i) => Math.abs(loss / losses(b)[i]! - 1));

let four: SplitRun;
beforeAll(async () => (four = await trainSplit({devices: 4, batch: 1}, STEPS)), 3 * CHILD_LIMIT_MS);

test('they train', () => {
  const [first, last] = [losses(four).slice(0, 20), losses(four).slice(-20)];
  expect(mean(last)).toBeLessThan(0.95 * mean(first));
});

test.each([
  ['one of a batch of 4', {devices: 1, batch: 4}],
  ['one with four micro-batches', {devices: 1, batch: 1, microSteps: 4}],
  ['two with two micro-batches', {devices: 2, batch: 1, microSteps: 2}],
])(
  'the losses of four replicas are those of %s',
  async (name, split) => {
    const apart = differences(four, await trainSplit(split, STEPS));
    console.log(
      `${name}: ${mean(apart).toExponential(1)} apart, at most ${Math.max(...apart).toExponential(1)}`,
    );
    // Rounding differences of one step affect all later ones: the runs diverge slowly.
    expect(Math.max(...apart.slice(0, 20))).toBeLessThan(1e-4);
    expect(mean(apart)).toBeLessThan(5e-3);
    expect(Math.max(...apart)).toBeLessThan(5e-2);
  },
  600_000,
);

test(
  'a rerun has the same bits',
  async () => {
    const again = await trainSplit({devices: 4, batch: 1}, STEPS);
    expect(losses(again)).toEqual(losses(four));
    expect(again.programs.map(checksumOf)).toEqual(four.programs.map(checksumOf));
  },
  3 * CHILD_LIMIT_MS,
);
