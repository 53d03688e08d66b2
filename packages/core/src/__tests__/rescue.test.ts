/** Whatever ends a run, what it has learnt is saved. */
import {RifeError} from '@rife-train/errors';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {definePlugin} from '../plugins/definePlugin.js';
import type {RifePlugin} from '../contract/index.js';
import {makeTrainer, metricsLines, rejection, tapping, temporaryFolder} from './helpers/harness.js';
import {stepsIn, tensorsOf, withoutTimes} from './helpers/runs.js';

const CONFIG = {steps: 8, saveEvery: 100, optim: {learningRate: 0.01, warmupSteps: 2, microSteps: 2}};

/** Fails at a step, in the first process alone. */
const failsAt = (hook: 'beforeStep' | 'beforeUpdate' | 'afterStep', step: number): RifePlugin =>
  tapping(hook, (({progress}: {progress: {step: number}}) => {
    if (progress.step === step) throw new Error('no luck');
  }) as never);

const failsToValidate = definePlugin({
  name: 'test:validate',
  apply: ({hooks}) =>
    hooks.validate.tap('x', ({step}) => {
      if (step === 5) throw new Error('no luck');
    }),
});

/** A run of which one batch can't be read. */
function withSpoiledBatch(out: string, spoiled: number) {
  const made = makeTrainer({out, config: CONFIG});
  const open = (made.trainer as unknown as {options: {openBatches(request: unknown): Promise<object>}})
    .options;
  const {openBatches} = open;
  open.openBatches = async request => {
    const source = (await openBatches(request)) as {next(): Promise<{index: number}>};
    const next = source.next.bind(source);
    source.next = async () => {
      const batch = await next();
      if (batch.index === spoiled)
        throw new RifeError({code: 'RIFE_ERR_DATA_FRAME', part: 'data', what: 'torn', fix: 'mend'});
      return batch;
    };
    return source;
  };
  return made;
}

const whole = makeTrainer({config: CONFIG});
beforeAll(() => whole.trainer.run());

test.each<[string, number, (out: string) => ReturnType<typeof makeTrainer>]>([
  // Batches 10 and 11 are of step 5: the first half of it is fetched already.
  ['a batch that cannot be read', 5, out => withSpoiledBatch(out, 11)],
  ['a tap of beforeStep', 5, out => makeTrainer({out, config: CONFIG, plugins: [failsAt('beforeStep', 5)]})],
  [
    'a tap of beforeUpdate',
    5,
    out => makeTrainer({out, config: CONFIG, plugins: [failsAt('beforeUpdate', 5)]}),
  ],
  ['a tap of afterStep', 6, out => makeTrainer({out, config: CONFIG, plugins: [failsAt('afterStep', 5)]})],
  [
    'a tap of validate',
    5,
    out => makeTrainer({out, config: {...CONFIG, validateEvery: 1}, plugins: [failsToValidate]}),
  ],
])('%s throws: step %i is saved, and the run goes on to the same bits', async (_what, step, make) => {
  const out = temporaryFolder();
  const first = make(out);
  const error = await rejection(first.trainer.run());
  expect(error.message).toMatch(/no luck|torn/);
  expect(first.lines.at(-1)).toBe(`saved ${path.join(out, 'checkpoints', `step-0000000${step}`)}`);
  expect(stepsIn(out)).toEqual([0, step]);
  expect(metricsLines(out)).toHaveLength(step);
  const second = makeTrainer({out, config: CONFIG, options: {resume: true}});
  await second.trainer.run();
  expect(second.steps[0]!.progress.step).toBe(step);
  expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
  expect(tensorsOf(out, 8)).toEqual(tensorsOf(whole.out, 8));
});

test('a failure of the saving is reported, and hides nothing', async () => {
  const saving = definePlugin({
    name: 'test:saving',
    apply: ({hooks}) =>
      hooks.save.tap('x', ({step}) => {
        if (step > 0) throw new Error('no place');
      }),
  });
  const {trainer, lines, out} = makeTrainer({config: CONFIG, plugins: [failsAt('afterStep', 3), saving]});
  expect((await rejection(trainer.run())).message).toContain('no luck');
  expect(lines.at(-1)).toMatch(
    /^warning: what was trained since could not be saved \(.*no place.*\); the newest.*step-00000000$/,
  );
  expect(stepsIn(out)).toEqual([0]);
});

test('weights that are not finite are not saved', async () => {
  const {trainer, engine, lines, out} = makeTrainer({
    config: CONFIG,
    plugins: [
      definePlugin({
        name: 'test:breaks',
        apply: ({hooks}) =>
          hooks.afterStep.tapPromise('x', async () => {
            await program.writeVariables(new Map([['mix.bias', Float32Array.of(NaN, 0, 0)]]));
            throw new Error('no luck');
          }),
      }),
    ],
  });
  const create = engine.createProgram.bind(engine);
  let program: ReturnType<typeof create>;
  engine.createProgram = variables => (program = create(variables));
  expect((await rejection(trainer.run())).message).toContain('no luck');
  expect(lines.at(-1)).toMatch(/contain numbers that are not finite.*newest checkpoint is .*step-00000000/);
  expect(stepsIn(out)).toEqual([0]);
});

test('a run that fails before its first step leaves its first checkpoint alone', async () => {
  const {trainer, out} = makeTrainer({config: CONFIG, plugins: [failsAt('beforeStep', 0)]});
  await rejection(trainer.run());
  expect(stepsIn(out)).toEqual([0]);
  expect(existsSync(path.join(out, 'checkpoints/latest'))).toBe(true);
});
