/** What taps of host hooks may change in their arguments. */
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

const atStep2 = (change: (context: never) => void) => (context: {progress: {step: number}}) => {
  if (context.progress.step === 2) change(context as never);
};

describe('a learning rate that beforeStep leaves', () => {
  test.each([
    ['NaN', NaN],
    ['undefined', undefined],
    ['null', null],
    ['Infinity', Infinity],
    ['1e+39', 1e39],
    ['-0.1', -0.1],
    ['"1e-4"', '1e-4'],
    ['a bigint', 1n],
    ['{}', {}],
  ])('of %s is refused by the name of the plugin, and nothing is lost', async (shown, value) => {
    const plugin = tapping(
      'beforeStep',
      atStep2((context: {learningRate: unknown}) => (context.learningRate = value)) as never,
    );
    const good = tapping('beforeStep', context => void (context.learningRate *= 2), 'test:good');
    const {trainer, steps, lines} = makeTrainer({plugins: [good, plugin], config: {saveEvery: 100}});
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({
      code: 'RIFE_ERR_PLUGIN_RETURN',
      plugin: 'test:plugin',
      hook: 'beforeStep',
    });
    expect(error.message).toContain(`set learningRate to ${shown} in hook "beforeStep"`);
    expect(steps).toHaveLength(2);
    expect(lines.filter(line => line.includes('rolled back'))).toEqual([]);
  });

  test('of 0, or another number, is taken', async () => {
    const plugin = tapping('beforeStep', context => void (context.learningRate = 0.5));
    const {trainer, steps} = makeTrainer({plugins: [plugin]});
    await trainer.run();
    expect(steps.map(({learningRate}) => learningRate)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });
});

test.each<[string, 'beforeStep' | 'beforeUpdate' | 'afterStep', (context: never) => void]>([
  ['the progress', 'beforeStep', (c: {progress: unknown}) => (c.progress = undefined)],
  ['its step', 'beforeStep', (c: {progress: {step: number}}) => (c.progress.step = NaN)],
  ['the samples', 'beforeStep', (c: {samples: string[]}) => c.samples.pop()],
  ['the policy', 'beforeStep', (c: {policy: {maxGap: unknown}}) => (c.policy.maxGap = 'all')],
  ['a getter', 'beforeStep', c => Object.defineProperty(c, 'learningRate', {get: () => NaN})],
  ['the loss', 'beforeUpdate', (c: {loss: unknown}) => (c.loss = undefined)],
  ['a term', 'afterStep', (c: {terms: Record<string, unknown>}) => (c.terms['teacher'] = 'none')],
  ['the logs as a whole', 'afterStep', (c: {logs: unknown}) => (c.logs = null)],
])('a tap that changes %s in %s fails by name', async (_, hook, change) => {
  const {trainer} = makeTrainer({plugins: [tapping(hook, atStep2(change) as never)]});
  expect(await rejection(trainer.run())).toMatchObject({
    code: 'RIFE_ERR_PLUGIN',
    plugin: 'test:plugin',
    hook,
  });
});

test('logs may be added in beforeUpdate and afterStep', async () => {
  const before = tapping(
    'beforeUpdate',
    ({logs}) => void ((logs as Record<string, number>)['a/b'] = 1),
    'test:a',
  );
  const after = tapping(
    'afterStep',
    ({logs}) => void ((logs as Record<string, number>)['c/d'] = 2),
    'test:c',
  );
  const {trainer, steps} = makeTrainer({plugins: [before, after], config: {steps: 2}});
  await trainer.run();
  expect(steps.map(({logs}) => logs)).toEqual([
    {'a/b': 1, 'c/d': 2},
    {'a/b': 1, 'c/d': 2},
  ]);
});
