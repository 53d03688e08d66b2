/** The learning rate of runs that go on with other steps. */
import {scheduledRate, defaultWarmup, firstSchedule} from '../optim/schedule.js';
import {makeTrainer, temporaryFolder} from './helpers/harness.js';
import {runUntil} from './helpers/runs.js';

const OPTIM = {learningRate: 0.01, finalLearningRate: 0.0001};
const rates = ({steps}: ReturnType<typeof makeTrainer>) => steps.map(({learningRate}) => learningRate);

/** A run of 20 steps, stopped or not, and what it goes on with. */
async function goOn(config: object, options: object = {}, until = 20) {
  const out = temporaryFolder();
  const first = makeTrainer({out, config: {steps: 20, saveEvery: 100, optim: OPTIM}});
  await (until < 20 ? runUntil(until, first) : first.trainer.run());
  const second = makeTrainer({
    out,
    config: {saveEvery: 100, optim: OPTIM, ...config},
    options: {resume: true, ...options},
  });
  await second.trainer.run();
  return {out, first: rates(first), second: rates(second), lines: second.lines};
}

test('the default warm-up fits the steps', () => {
  expect([300_000, 20_000, 300, 9].map(defaultWarmup)).toEqual([2000, 2000, 30, 0]);
});

test('more steps are trained at the final rate, and that is reported', async () => {
  const {first, second, lines} = await goOn({steps: 30});
  expect(first[2]).toBe(0.01);
  expect(second).toEqual(Array(10).fill(0.0001));
  expect(lines).toContainEqual(
    expect.stringMatching(
      /keeps its schedule of 20 steps: 1\.00e-4 now, 1\.00e-4 from step 20 on \(--extend/,
    ),
  );
  expect(lines.filter(line => /jumps|warmupSteps/.test(line))).toEqual([]);
});

test('more steps in the middle of a schedule leave it as it is', async () => {
  const {second, lines} = await goOn({steps: 24}, {}, 10);
  const schedule = firstSchedule(20, {warmupSteps: 2});
  expect(second).toEqual(Array.from({length: 14}, (_, i) => scheduledRate(10 + i, schedule, OPTIM)));
  expect(lines.filter(line => /jumps/.test(line))).toEqual([]);
});

test('fewer steps cut the schedule off', async () => {
  const {second, lines} = await goOn({steps: 12}, {}, 10);
  expect(second).toHaveLength(2);
  expect(second[1]).toBe(scheduledRate(11, firstSchedule(20, {warmupSteps: 2}), OPTIM));
  expect(lines).toContainEqual(expect.stringContaining('keeps its schedule of 20 steps'));
});

test('steps with a schedule of their own begin at the rate that there is, and keep it when they are interrupted', async () => {
  const {out, second, lines} = await goOn({steps: 60}, {extend: true});
  expect(second[0]).toBe(0.0001);
  expect(second[4]).toBe(0.01);
  expect(second.at(-1)).toBeLessThan(0.0002);
  expect(lines).toContainEqual(
    expect.stringMatching(
      /schedule of its own from here: 1\.00e-4 at step 20, 1\.00e-2 at step 24, 1\.00e-4 at step 60/,
    ),
  );
  // The same in two parts.
  const parts = temporaryFolder();
  const config = {saveEvery: 100, optim: OPTIM};
  await makeTrainer({out: parts, config: {...config, steps: 20}}).trainer.run();
  await runUntil(
    31,
    makeTrainer({out: parts, config: {...config, steps: 60}, options: {resume: true, extend: true}}),
  );
  const last = makeTrainer({out: parts, config: {...config, steps: 60}, options: {resume: true}});
  await last.trainer.run();
  expect(rates(last)).toEqual(second.slice(11));
  expect(out).not.toBe(parts);
});

test('a jump is warned of', async () => {
  const {lines} = await goOn({steps: 20, optim: {...OPTIM, learningRate: 0.5}}, {}, 10);
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^warning: the learning rate jumps at step 10: .*e-3 before, .*e-1 from here on, \d+ times/,
    ),
  );
});

test('a warm-up that does not end within the run is warned of', async () => {
  const {trainer, lines} = makeTrainer({config: {steps: 2, optim: {warmupSteps: 5}}});
  await trainer.run();
  expect(lines).toContainEqual(
    expect.stringMatching(/^warning: the warm-up of 5 steps does not end within the run/),
  );
});
