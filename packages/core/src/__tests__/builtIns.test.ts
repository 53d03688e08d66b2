import {definePlugin} from '../plugins/definePlugin.js';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

const {stringify} = JSON;
const {map} = Array.prototype;
const refused = {code: 'RIFE_ERR_PLUGIN_RETURN', plugin: 'test:plugin'};

test('a tap that replaces JSON.stringify is named, and the checkpoint is written with the real one', async () => {
  const plugin = tapping('afterStep', ({progress}) => {
    if (progress.step === 2) JSON.stringify = () => 'owned';
  });
  const {trainer, lines} = makeTrainer({plugins: [plugin], config: {saveEvery: 100}});
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({...refused, hook: 'afterStep'});
  expect(error.message).toContain('set JSON.stringify to something else');
  expect(JSON.stringify).toBe(stringify);
  expect(lines).toContainEqual(expect.stringMatching(/^saved .*step-00000003$/));
});

test('so is one that waits, and an apply', async () => {
  const waiting = definePlugin({
    name: 'test:plugin',
    apply: ({hooks}) =>
      hooks.beforeStep.tapPromise('x', async () => {
        await Promise.resolve();
        Math.max = () => NaN;
      }),
  });
  expect(await rejection(makeTrainer({plugins: [waiting]}).trainer.run())).toMatchObject({
    ...refused,
    hook: 'beforeStep',
  });
  const applying = definePlugin({
    name: 'test:plugin',
    apply() {
      Array.prototype.map = () => [];
    },
  });
  expect(await rejection(makeTrainer({plugins: [applying]}).trainer.run())).toMatchObject({
    ...refused,
    hook: 'apply',
  });
  expect(Array.prototype.map).toBe(map);
  expect(Math.max(1, 2)).toBe(2);
});
