/**
 * A run that is stopped anywhere and resumed is the uninterrupted one, also where steps go wrong
 * after the stop.
 */
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {disk} from '@rife-train/files';
import type {RunSnapshot} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {
  makeTrainer,
  metricsLines,
  rejection,
  tapping,
  temporaryFolder,
  type Setup,
} from './helpers/harness.js';
import {bestState, folderOf, stateOf, stepsIn, tensorsOf, withoutTimes} from './helpers/runs.js';

afterEach(() => jest.restoreAllMocks());

/**
 * Runs, and is stopped after so many calls of `afterStep`: steps that a rollback repeats count,
 * too.
 */
async function runFor(calls: number, setup: Setup) {
  const made = makeTrainer(setup);
  const abort = new AbortController();
  let seen = 0;
  made.trainer.hooks.afterStep.tap('test:abort', () => {
    seen += 1;
    if (seen === calls) abort.abort();
  });
  const outcome = await made.trainer.run({signal: abort.signal}).then(
    () => undefined,
    (error: {code?: string; message: string}) => error,
  );
  return {...made, outcome};
}

/** A plugin makes one decision in a life, and remembers it beyond rollbacks. */
const goingBackAt = (batch: number, toSnapshot: boolean) =>
  definePlugin({
    name: 'test:back',
    apply({hooks, takeSnapshot}) {
      let [isDone, snapshot]: [boolean, RunSnapshot | undefined] = [false, undefined];
      hooks.beforeStep.tapPromise('x', async ({progress: {step}}) => {
        if (step === 2 && toSnapshot) snapshot ??= await takeSnapshot();
      });
      hooks.beforeUpdate.tap('x', ({batches}) => {
        if (batches[0] !== batch || isDone) return undefined;
        isDone = true;
        return snapshot ? {rollback: snapshot, avoid: [batch - 1, batch + 1]} : 'rollback';
      });
      hooks.save.tap('x', ({plugins, snapshots}) => {
        plugins['test:back'] = {isDone};
        if (snapshots && snapshot) snapshots['test:back'] = [snapshot];
      });
      hooks.load.tap('x', ({plugins, snapshots}) => {
        if (!snapshots) return; // a rollback
        ({isDone} = plugins['test:back'] as {isDone: boolean});
        snapshot = snapshots['test:back']?.[0];
      });
    },
  });

const CONFIG = {steps: 10, saveEvery: 3, maxNonFinite: 2};

describe.each([
  ['to the newest checkpoint', () => goingBackAt(7, false), 7],
  ['to a snapshot that the plugin keeps', () => goingBackAt(7, true), 7],
])('with a rollback %s', (_, plugin, batch) => {
  const setup = {config: CONFIG, plugins: () => [plugin()]};

  let whole: ReturnType<typeof makeTrainer>;
  beforeAll(async () => {
    whole = makeTrainer({config: CONFIG, plugins: setup.plugins()});
    await whole.trainer.run();
  });

  test.each([1, 2, 4, 5, 7, 8, 9, 11])('stopped after %i steps it has the same bits', async calls => {
    expect(metricsLines(whole.out)).toContainEqual(expect.objectContaining({event: 'rollback', step: batch}));
    const out = temporaryFolder();
    await runFor(calls, {out, config: CONFIG, plugins: setup.plugins()});
    const rest = makeTrainer({out, config: CONFIG, plugins: setup.plugins(), options: {resume: true}});
    await rest.trainer.run();
    expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
    expect(tensorsOf(out, 10)).toEqual(tensorsOf(whole.out, 10));
  });
});

describe('what bounds a run', () => {
  test.each<[string, Setup, string]>([
    ['non-finite steps in a row', {poisoned: index => index >= 4}, 'RIFE_ERR_NON_FINITE'],
    [
      'refused steps in a row',
      {plugins: [tapping('beforeUpdate', ({batches}) => (batches[0]! >= 4 ? 'skip' : undefined))]},
      'RIFE_ERR_RUN_STOPPED',
    ],
    [
      'rollbacks that come no further',
      {plugins: [tapping('beforeUpdate', ({progress}) => (progress.step === 4 ? 'rollback' : undefined))]},
      'RIFE_ERR_RUN_STOPPED',
    ],
  ])('%s are counted through a stop', async (_, setup, code) => {
    const whole = makeTrainer({...setup, config: CONFIG});
    expect(await rejection(whole.trainer.run())).toMatchObject({code});
    const calls = whole.steps.length;
    const out = temporaryFolder();
    // Within the row, and before its end.
    expect((await runFor(calls - 1, {...setup, out, config: CONFIG})).outcome).toBeUndefined();
    const rest = makeTrainer({...setup, out, config: CONFIG, options: {resume: true}});
    expect(await rejection(rest.trainer.run())).toMatchObject({code});
    expect(rest.steps).toHaveLength(1);
  });
});

describe('after a rollback', () => {
  test('a checkpoint is there at once, in place of those ahead, and knows what to avoid', async () => {
    const {trainer, out} = makeTrainer({config: {...CONFIG, keep: 9}, plugins: [goingBackAt(7, true)]});
    let calls = 0;
    let steps: number[] = [];
    trainer.hooks.beforeStep.tap('kill', () => {
      calls += 1;
      // Before the failure, which saves as well.
      if (calls === 9) steps = stepsIn(out);
      if (calls === 9) throw new Error('killed');
    });
    await rejection(trainer.run());
    expect(steps).toEqual([0, 2]);
    expect(readFileSync(path.join(out, 'checkpoints/latest'), 'utf8')).toBe('step-00000002\n');
    expect(stateOf(out, 2)).toMatchObject({
      avoided: [[6, 8]],
      setbacks: {rollbacks: 1, furthest: 7},
      plugins: {'test:back': {isDone: true}},
    });
  });

  test('a disk that is full is reported, the run continues, and the next checkpoint replaces those ahead', async () => {
    const {trainer, out, lines} = makeTrainer({
      config: {...CONFIG, keep: 9, saveEvery: 4},
      plugins: [goingBackAt(7, true)],
    });
    let calls = 0;
    trainer.hooks.afterStep.tap('x', () => {
      calls += 1;
      const full = Object.assign(new Error('ENOSPC'), {code: 'ENOSPC'});
      if (calls === 8) jest.spyOn(disk, 'mkdir').mockRejectedValue(full);
      if (calls !== 9) return;
      jest.restoreAllMocks();
      expect(stepsIn(out)).toEqual([0, 4]);
    });
    expect(await trainer.run()).toMatchObject({reason: 'finished'});
    expect(lines).toContainEqual(expect.stringMatching(/could not be written: ENOSPC.*The run goes on/));
    expect(stepsIn(out)).toEqual([0, 4, 8, 10]);
    expect(stateOf(out, 4).avoided).toEqual([[6, 8]]);
  });

  test('the best stays, and goes on being compared with', async () => {
    const scores = tapping('validate', validation => {
      validation.scores['psnr'] = validation.step === 6 ? 30 : validation.step;
    });
    const {trainer, out} = makeTrainer({
      config: {...CONFIG, validateEvery: 1},
      plugins: [scores, goingBackAt(7, true)],
    });
    await trainer.run();
    expect(existsSync(folderOf(out, 6))).toBe(true);
    const best = bestState(out);
    expect([best.step, best.avoided]).toEqual([6, []]); // of before the rollback
    expect(stateOf(out, 10).best).toEqual({step: 6, name: 'psnr', score: 30});
  });
});
