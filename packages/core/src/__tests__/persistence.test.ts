import {createHash} from 'node:crypto';
import {cpSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {STATE_VERSION} from '../checkpoint/migrations.js';
import {spare} from '../checkpoint/retention.js';
import {CheckpointStore} from '../checkpoint/store.js';
import type {Validation} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {
  makeTrainer,
  metricsLines,
  rejection,
  tapping,
  temporaryFolder,
  type Setup,
} from './helpers/harness.js';
import {bestIn, metricsFile, runUntil, stateOf, stepsIn, tensorsOf, withoutTimes} from './helpers/runs.js';

/** A copy of a run that an earlier release wrote. */
const earlierRun = (version: number) => {
  const out = temporaryFolder();
  cpSync(path.join(__dirname, `fixtures/run-v${version}`), out, {recursive: true});
  return out;
};

describe('a run of an earlier format', () => {
  const copy = () => earlierRun(1);
  const loaded: unknown[] = [];
  const plugin = () =>
    tapping('load', ({plugins}) => void loaded.push((plugins as Record<string, unknown>)['test:plugin']));
  const goOn = async (out: string, config: Setup['config'] = {}) => {
    loaded.length = 0;
    const made = makeTrainer({
      out,
      plugins: [plugin()],
      config: {steps: 6, ...config},
      options: {resume: true},
    });
    await made.trainer.run();
    return made;
  };

  test('the first is gone on with, and written in the format of today', async () => {
    const out = copy();
    const {steps} = await goOn(out);
    expect(steps.map(({progress}) => progress.step)).toEqual([4, 5]);
    expect(loaded).toEqual([{count: 3}]);
    expect(stateOf(out, 4)).toMatchObject({version: 1});
    expect(stateOf(out, 6)).toMatchObject({
      version: STATE_VERSION,
      avoided: [],
      metrics: {bytes: expect.any(Number)},
    });
    // It does not know the length of metrics.jsonl, which is then cut by step.
    expect(metricsLines(out).map(({step}) => step)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('the second keeps what it avoids, its best, and the lines after a rollback', async () => {
    const out = earlierRun(2);
    const before = metricsLines(out);
    const {steps} = await goOn(out, {keep: 1});
    expect(steps.map(({progress, batches}) => [progress.step, batches[0]])).toEqual([
      [4, 5],
      [5, 6],
    ]);
    expect(loaded).toEqual([{count: 4}]);
    expect(stateOf(out, 6)).toMatchObject({
      version: STATE_VERSION,
      avoided: [[2, 3]],
      best: {step: 3, name: 'psnr', score: 30},
      setbacks: {nonFinite: 0, refused: 0, rollbacks: 0, furthest: 6},
    });
    expect(stepsIn(out)).toEqual([6]);
    expect(bestIn(out)).toBe(3);
    expect(metricsLines(out).slice(0, before.length)).toEqual(before);
  });

  test('the fourth resumes to the bits of the run that was not interrupted', async () => {
    const out = earlierRun(4);
    const {tensors, metrics} = JSON.parse(readFileSync(path.join(out, 'uninterrupted.json'), 'utf8'));
    let seen = 0;
    const plugin = definePlugin({
      name: 'test:plugin',
      apply({hooks}) {
        hooks.afterStep.tap('test:plugin', () => void (seen += 1));
        hooks.validate.tap(
          'test:plugin',
          ({scores, step}) => void (scores['psnr'] = 30 - Math.abs(3 - step)),
        );
        hooks.save.tap('test:plugin', ({plugins}) => void (plugins['test:plugin'] = {seen}));
        hooks.load.tap(
          'test:plugin',
          ({plugins}) => void ({seen} = plugins['test:plugin'] as {seen: number}),
        );
      },
    });
    const config = {steps: 8, saveEvery: 2, validateEvery: 3, keep: 2, maxNonFinite: 3};
    await makeTrainer({out, config, plugins: [plugin], options: {resume: true}}).trainer.run();
    expect(withoutTimes(out)).toEqual(metrics);
    expect(createHash('sha256').update(tensorsOf(out, 8).join()).digest('hex')).toBe(tensors);
    expect(stateOf(out, 8)).toMatchObject({
      plugins: {'test:plugin': {seen}},
      best: {step: 3, name: 'psnr', score: 30},
    });
  });

  test.each([
    ['a later version', {version: STATE_VERSION + 1}, 'RIFE_ERR_CHECKPOINT_VERSION'],
    ['version 0', {version: 0}, 'RIFE_ERR_CHECKPOINT_VERSION'],
  ])('%s is refused, and names the versions that are read', async (_, change, code) => {
    const out = copy();
    const state = path.join(out, 'checkpoints/step-00000004/state.json');
    writeFileSync(state, JSON.stringify({...stateOf(out, 4), ...change}));
    const error = await rejection(makeTrainer({out, options: {resume: true}}).trainer.run());
    expect(error).toMatchObject({code});
    expect(error.message).toContain(`versions 1 to ${STATE_VERSION}`);
  });

  test.each(
    Object.keys({version: 1, step: 1, updates: 1, dataIndex: 1, model: 1, config: 1, plugins: 1, files: 1}),
  )('rubbish in "%s" lets the one before be used', async field => {
    const out = copy();
    const state = path.join(out, 'checkpoints/step-00000004/state.json');
    writeFileSync(state, JSON.stringify({...stateOf(out, 4), [field]: 'rubbish'}));
    const store = new CheckpointStore(out, 3);
    const found = (await store.load())!;
    expect(found.state.step).toBe(0);
    expect(found.skipped).toEqual([expect.stringContaining('step-00000004: state.json')]);
  });
});

describe('metrics.jsonl of a resumed run', () => {
  /** Writes an event in each step, and goes back once. */
  const restless = (isDone = false) => {
    return definePlugin({
      name: 'test:restless',
      apply({hooks, event, takeSnapshot}) {
        let snapshot: Awaited<ReturnType<typeof takeSnapshot>> | undefined;
        hooks.beforeStep.tapPromise('x', async ({progress: {step}}) => {
          if (step === 1) snapshot ??= await takeSnapshot();
          event('seen', 'I saw it', {at: step});
        });
        hooks.beforeUpdate.tap('x', ({batches}) => {
          if (batches[0] !== 3 || isDone) return undefined;
          isDone = true;
          return {rollback: snapshot!, avoid: [3, 4]};
        });
      },
    });
  };

  test.each([5, 6, 7])(
    'stopped after step %i, has neither gaps nor doubles, also after a rollback',
    async stop => {
      const setup: Setup = {config: {steps: 8, saveEvery: 3}};
      const whole = makeTrainer({...setup, plugins: [restless()]});
      await whole.trainer.run();
      const out = temporaryFolder();
      await runUntil(stop, makeTrainer({...setup, out, plugins: [restless()]}));
      // What a killed run wrote after its checkpoint, and half a line.
      writeFileSync(
        metricsFile(out),
        `${readFileSync(metricsFile(out), 'utf8')}{"event":"seen","at":99}\n{"step":${stop},"lo`,
      );
      await makeTrainer({...setup, out, plugins: [restless(true)], options: {resume: true}}).trainer.run();
      expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
    },
  );

  test('a file that lost lines is reported, and the run continues', async () => {
    const out = temporaryFolder();
    await runUntil(4, makeTrainer({out}));
    truncateSync(metricsFile(out), 10);
    const {trainer, lines} = makeTrainer({out, options: {resume: true}});
    await trainer.run();
    expect(lines).toContainEqual(expect.stringMatching(/^warning: .*metrics\.jsonl has 10 bytes, \d+ when/));
    expect(metricsLines(out).map(({step}) => step)).toEqual([4, 5]);
    rmSync(metricsFile(out));
    const again = makeTrainer({out, config: {steps: 7}, options: {resume: true}});
    await again.trainer.run();
    expect(again.lines).toContainEqual(expect.stringMatching(/^warning: .*metrics\.jsonl is gone/));
  });
});

describe('validation', () => {
  /** Scores by step. */
  const scoring = (scores: Record<number, number>) =>
    tapping('validate', (validation: Validation) => {
      const score = scores[validation.step];
      if (score !== undefined) validation.scores['psnr'] = score;
    });
  const config = {steps: 8, saveEvery: 4, validateEvery: 1, keep: 1};

  test('the best is saved at once, named, kept, and ties go to the earlier', async () => {
    const {trainer, out, lines} = makeTrainer({
      plugins: [scoring({1: 20, 2: 25, 3: NaN, 4: 25, 5: 24, 6: Infinity})],
      config,
    });
    await trainer.run();
    expect(stepsIn(out)).toEqual([8]);
    expect(bestIn(out)).toBe(2);
    expect(stateOf(out, 8).best).toEqual({step: 2, name: 'psnr', score: 25});
    expect(lines).toContain('validation at step 2: psnr 25.00');
    expect(lines.filter(line => line.startsWith('the best so far'))).toEqual(
      ['20.00', '25.00'].map(
        psnr => `the best so far (psnr ${psnr}) is kept in ${path.join(out, 'checkpoints/best')}`,
      ),
    );
    expect(metricsLines(out).filter(({event}) => event === 'validate')).toHaveLength(6);
  });

  /** Scores of a set by step, of which lower is better. */
  const scoringSet = (scores: Record<number, number>, seen: unknown[] = []) =>
    tapping('validate', (validation: Validation) => {
      seen.push(validation.best);
      validation.scores['psnr'] = 20 + validation.step;
      validation.scores['set/ie'] = scores[validation.step]!;
      validation.lowerIsBetter.push('set/ie');
    });

  test('another score may decide, of which lower is better; a resumed run by another one begins anew', async () => {
    const plugins = [scoringSet({1: 3, 2: 2, 3: 2, 4: 5})];
    const byError = {...config, steps: 4, validate: {best: 'set/ie'}};
    const {trainer, out} = makeTrainer({plugins, config: byError});
    await trainer.run();
    expect(bestIn(out)).toBe(2);
    expect(stateOf(out, 4).best).toEqual({step: 2, name: 'set/ie', score: 2});
    const seen: unknown[] = [];
    const again = {...config, steps: 5};
    const next = [scoringSet({5: 9}, seen)];
    await makeTrainer({out, plugins: next, config: again, options: {resume: true}}).trainer.run();
    expect(seen).toEqual([undefined]);
    expect(stateOf(out, 5).best).toEqual({step: 5, name: 'psnr', score: 25});
  });

  test('a score that is not there is named, with those that are', async () => {
    const {trainer, lines} = makeTrainer({
      plugins: [scoring({1: 20})],
      config: {...config, steps: 1, validate: {best: 'middleburry/psnr'}},
    });
    await trainer.run();
    expect(lines).toContainEqual(
      expect.stringMatching(/^warning: .*"middleburry\/psnr".* This validation has psnr\./),
    );
  });

  test('taps learn the best before, and what the inputs have goes to log and metrics', async () => {
    const seen: unknown[] = [];
    const tap = tapping('validate', (validation: Validation) => {
      seen.push(validation.best);
      validation.scores['psnr'] = 20 + validation.step;
      validation.baselines['psnr'] = 22.5;
    });
    const {trainer, out, lines} = makeTrainer({plugins: [tap], config: {...config, steps: 2}});
    await trainer.run();
    expect(seen).toEqual([undefined, {step: 1, name: 'psnr', score: 21}]);
    expect(lines).toContain("validation at step 2: psnr 22.00 (inputs' mean 22.50, gain -0.50)");
    expect(metricsLines(out).filter(({event}) => event === 'validate')[1]).toMatchObject({
      scores: {psnr: 22},
      baselines: {psnr: 22.5},
    });
  });

  test('a resumed run goes on comparing', async () => {
    const out = temporaryFolder();
    const plugins = () => [scoring({1: 20, 2: 25, 5: 24, 7: 26})];
    await runUntil(4, makeTrainer({out, plugins: plugins(), config}));
    await makeTrainer({out, plugins: plugins(), config, options: {resume: true}}).trainer.run();
    expect(stepsIn(out)).toEqual([8]);
    expect(bestIn(out)).toBe(7);
  });

  test('without scores nothing is written', async () => {
    const {trainer, out} = makeTrainer({config});
    await trainer.run();
    expect(metricsLines(out).some(({event}) => event === 'validate')).toBe(false);
  });
});

test('retention: the newest, those of round steps, and those that are held', () => {
  const all = [0, 5, 10, 15, 20, 25, 30].map(step => ({step, name: String(step)}));
  expect(spare(all, 2, ['30', undefined])).toEqual(['0', '5', '10', '15', '20']);
  expect(spare(all, {last: 2, every: 10}, ['30', '5'])).toEqual(['0', '15']);
  expect(spare(all, {last: 99}, [])).toEqual([]);
  expect(spare(all, 1, ['0'])).toEqual(['5', '10', '15', '20', '25']);
});
