import {readFileSync} from 'node:fs';
import path from 'node:path';
import {firstOutside, withRange} from '../checkpoint/avoided.js';
import type {RunSnapshot, Verdict} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {formatStep} from '../log/logger.js';
import {makeTrainer, metricsLines, rejection, tapping} from './helpers/harness.js';

/** Decides by the number of the step's batch; takes a snapshot before some steps. */
function deciding(
  decide: (batch: number, snapshots: RunSnapshot[]) => Verdict | undefined,
  snapshotAt: readonly number[] = [],
) {
  return definePlugin({
    name: 'test:decide',
    apply({hooks, takeSnapshot}) {
      const snapshots: RunSnapshot[] = [];
      hooks.beforeStep.tapPromise('x', async ({progress: {step}}) => {
        if (snapshotAt.includes(step) && !snapshots.some(s => s.step === step))
          snapshots.push(await takeSnapshot());
      });
      hooks.beforeUpdate.tap('x', ({batches}) => decide(batches[0], snapshots));
    },
  });
}

const once = (batch: number, verdict: (snapshots: RunSnapshot[]) => Verdict) => {
  let isDone = false;
  return (at: number, snapshots: RunSnapshot[]) => {
    if (at !== batch || isDone) return undefined;
    isDone = true;
    return verdict(snapshots);
  };
};

test('a finite step that is refused moves neither weights nor the count of updates', async () => {
  const {trainer, steps, out} = makeTrainer({plugins: [deciding(once(2, () => 'skip'))]});
  await trainer.run();
  expect(steps.map(s => s.updated)).toEqual([true, true, false, true, true, true]);
  expect(steps[2]).toMatchObject({verdict: 'skip', batches: [2, 3]});
  expect(formatStep(steps[2]!)).toMatch(/REFUSED \(skip\), no update$/);
  expect(metricsLines(out)[2]).toMatchObject({step: 2, verdict: 'skip', samples: ['clip2/0', 'clip2/1']});
  const state = JSON.parse(
    readFileSync(path.join(out, 'checkpoints/step-00000006/state.json'), 'utf8'),
  ) as object;
  expect(state).toMatchObject({step: 6, updates: 5, avoided: []});
});

test('beforeUpdate is not asked about a step that is not finite', async () => {
  const asked: number[] = [];
  const plugin = deciding(batch => void asked.push(batch));
  await makeTrainer({plugins: [plugin], poisoned: index => index === 2}).trainer.run();
  expect(asked).toEqual([0, 1, 3, 4, 5]);
});

test('stop names the plugin’s reason, the step and its samples', async () => {
  const {trainer} = makeTrainer({plugins: [deciding(once(3, () => ({stop: 'It smells burnt'})))]});
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_RUN_STOPPED'});
  expect(error.message).toMatch(
    /before the update of step 3: loss .*samples: clip3\/0, clip3\/1\. It smells burnt/,
  );
});

test('back to a snapshot: the same bits again, without the batches that are to be avoided', async () => {
  const back = once(4, ([snapshot]) => ({rollback: snapshot!, avoid: [3, 5], reason: 'a test'}));
  const made = makeTrainer({plugins: [deciding(back, [1])], config: {saveEvery: 100}});
  const seen: number[][] = [];
  made.trainer.hooks.afterStep.tapPromise('x', async () => {
    seen.push([...(await made.engine.program!.readVariables(['mix.weight'])).get('mix.weight')!]);
  });
  const summary = await made.trainer.run();
  expect(summary.step).toBe(6);
  expect(made.steps.map(({progress, batches}) => [progress.step, batches[0]])).toEqual([
    ...[0, 1, 2, 3, 4].map(n => [n, n]),
    // 1 and 2 once more; 3 and 4 are avoided.
    ...[
      [1, 1],
      [2, 2],
      [3, 5],
      [4, 6],
      [5, 7],
    ],
  ]);
  expect(seen[5]).toEqual(seen[1]);
  expect(seen[6]).toEqual(seen[2]);
  expect(seen[7]).not.toEqual(seen[3]);
  expect(metricsLines(made.out).find(({event}) => event === 'rollback')).toEqual({
    event: 'rollback',
    step: 4,
    to: 1,
    avoid: [3, 5],
    reason: 'a test',
  });
  const state = JSON.parse(
    readFileSync(path.join(made.out, 'checkpoints/step-00000006/state.json'), 'utf8'),
  ) as object;
  expect(state).toMatchObject({avoided: [[3, 5]], dataIndex: 8, updates: 6});
});

test('a snapshot serves more than once', async () => {
  let times = 0;
  const twice = (batch: number, [snapshot]: RunSnapshot[]): Verdict | undefined =>
    batch === 3 && times++ < 2 ? {rollback: snapshot!} : undefined;
  const made = makeTrainer({plugins: [deciding(twice, [2])]});
  await made.trainer.run();
  expect(made.steps.map(({progress}) => progress.step)).toEqual([0, 1, 2, 3, 2, 3, 2, 3, 4, 5]);
  const losses = made.steps.filter(({progress}) => progress.step === 2).map(({loss}) => loss);
  expect(new Set(losses).size).toBe(1);
});

test('a checkpoint of the stretch that was abandoned is replaced', async () => {
  const back = once(5, ([snapshot]) => ({rollback: snapshot!, avoid: [5, 6]}));
  const {trainer, lines, out} = makeTrainer({plugins: [deciding(back, [1])], config: {saveEvery: 2}});
  await trainer.run();
  const saved = lines.filter(line => line.startsWith('saved ')).map(line => Number(line.slice(-8)));
  expect(saved).toEqual([2, 4, 1, 2, 4, 6]);
  expect(readFileSync(path.join(out, 'checkpoints/latest'), 'utf8')).toBe('step-00000006\n');
});

test('refusing every step ends', async () => {
  const {trainer, steps} = makeTrainer({
    plugins: [deciding(() => 'skip')],
    config: {steps: 99, maxNonFinite: 3},
  });
  const error = await rejection(trainer.run());
  expect(error.message).toContain('More than maxNonFinite = 3 steps in a row were refused');
  expect(steps).toHaveLength(4);
});

test('going back for ever ends', async () => {
  const {trainer, steps} = makeTrainer({
    plugins: [deciding((batch, [snapshot]) => (batch === 2 ? {rollback: snapshot!} : undefined), [0])],
    config: {steps: 99, maxNonFinite: 3},
  });
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_RUN_STOPPED'});
  expect(error.message).toContain('rolled back 3 times and came no further');
  expect(steps).toHaveLength(12);
});

test.each([
  ['a word that is none', 'retry', '"retry"'],
  ['something else to go back to', {rollback: {step: 1}}, 'a rollback to something else'],
  ['a reason that is no text', {stop: 5}, '{"stop":5}'],
])('%s is refused', async (_, verdict, shown) => {
  const error = await rejection(
    makeTrainer({plugins: [tapping('beforeUpdate', () => verdict as never)]}).trainer.run(),
  );
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_RETURN', hook: 'beforeUpdate'});
  expect(error.message).toContain(shown);
});

test.each(['afterStep', 'done'] as const)('a snapshot in %s is refused', async hook => {
  const plugin = definePlugin({
    name: 'test:late',
    apply({hooks, takeSnapshot}) {
      (hooks[hook].tapPromise as (name: string, fn: () => Promise<unknown>) => void)('x', () =>
        takeSnapshot(),
      );
    },
  });
  const error = await rejection(makeTrainer({plugins: [plugin]}).trainer.run());
  expect((error as {cause?: unknown}).cause ?? error).toMatchObject({code: 'RIFE_ERR_TRAINER_STATE'});
});

test('a snapshot outside a run is refused', async () => {
  let take: (() => Promise<unknown>) | undefined;
  const plugin = definePlugin({
    name: 'test:grab',
    apply: trainer => void (take = () => trainer.takeSnapshot()),
  });
  await makeTrainer({plugins: [plugin]}).trainer.run();
  expect(await rejection(take!())).toMatchObject({code: 'RIFE_ERR_TRAINER_STATE'});
});

test('a plugin’s event is a line of the log and of metrics.jsonl', async () => {
  const plugin = definePlugin({
    name: 'test:teller',
    apply: ({hooks, event}) =>
      hooks.afterStep.tap('x', ({progress}) => event('seen', 'I saw it', {step: progress.step})),
  });
  const {trainer, lines, out} = makeTrainer({plugins: [plugin], config: {steps: 1}});
  await trainer.run();
  expect(lines).toContain('warning: [test:teller] I saw it');
  expect(metricsLines(out)[0]).toEqual({event: 'seen', plugin: 'test:teller', step: 0});
});

test('ranges are joined where they touch, and stay in order', () => {
  const all = [
    [5, 7],
    [1, 2],
    [7, 9],
    [3, 3],
    [20, 21],
    [2, 4],
  ] as const;
  expect(all.reduce(withRange, [] as Parameters<typeof withRange>[0])).toEqual([
    [1, 4],
    [5, 9],
    [20, 21],
  ]);
  const ranges = [
    [1, 4],
    [5, 9],
  ] as const;
  expect([0, 1, 3, 4, 5, 8, 9].map(n => firstOutside(ranges, n))).toEqual([0, 4, 4, 4, 9, 9, 9]);
});
