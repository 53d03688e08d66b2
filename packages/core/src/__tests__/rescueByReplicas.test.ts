/** Of several replicas, the first that is left saves. */
import {definePlugin} from '../plugins/definePlugin.js';
import {rejection} from './helpers/harness.js';
import {replicas} from './helpers/replicas.js';
import {stepsIn, tensorsOf, withoutTimes} from './helpers/runs.js';

const CONFIG = {
  data: {root: 'clips', batch: 2},
  optim: {learningRate: 0.01, warmupSteps: 2},
  steps: 12,
  saveEvery: 4,
};

test("where replica 0 fails, and can't save, another one does: to the same bits", async () => {
  const broken = definePlugin({
    name: 'test:broken',
    apply({hooks, replica}) {
      if (replica.rank > 0) return;
      hooks.afterStep.tap('x', ({progress}) => {
        if (progress.step === 6) throw new Error('replica 0 is broken');
      });
      hooks.save.tap('x', ({step}) => {
        if (step === 7) throw new Error('and its disk is gone');
      });
    },
  });
  const run = replicas(3, {config: CONFIG, plugins: () => [broken]});
  expect((await rejection(run.run())).message).toMatch(/replica 0 is broken/);
  expect(stepsIn(run.out)).toEqual([0, 4, 7]);
  const next = replicas(3, {config: CONFIG, out: run.out, resume: true});
  await next.run();
  const whole = replicas(3, {config: CONFIG});
  await whole.run();
  expect(tensorsOf(next.out, 12)).toEqual(tensorsOf(whole.out, 12));
  expect(withoutTimes(next.out)).toHaveLength(12);
});
