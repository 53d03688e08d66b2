import {cpSync, existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import fs from 'node:fs';
import path from 'node:path';
import {disk} from '../checkpoint/disk.js';
import {STATE_VERSION} from '../checkpoint/migrations.js';
import {spare} from '../checkpoint/retention.js';
import type {CheckpointState} from '../checkpoint/state.js';
import {CheckpointStore} from '../checkpoint/store.js';
import type {Validation} from '../contract/index.js';
import {definePlugin} from '../definePlugin.js';
import {
  makeTrainer,
  metricsLines,
  rejection,
  tapping,
  temporaryFolder,
  type Setup,
} from './helpers/harness.js';

afterEach(() => jest.restoreAllMocks());

const stateOf = (out: string, step: number) =>
  JSON.parse(
    readFileSync(path.join(out, `checkpoints/step-${String(step).padStart(8, '0')}/state.json`), 'utf8'),
  ) as CheckpointState;
const stepsIn = (out: string) =>
  readdirSync(path.join(out, 'checkpoints'))
    .filter(name => name.startsWith('step-'))
    .map(name => Number(name.slice(5)))
    .sort((a, b) => a - b);
const bestIn = (out: string) =>
  (JSON.parse(readFileSync(path.join(out, 'checkpoints/best/state.json'), 'utf8')) as CheckpointState).step;
const file = (out: string) => path.join(out, 'metrics.jsonl');
const withoutTimes = (out: string) => metricsLines(out).map(({stepMs: _s, dataMs: _d, ...record}) => record);

async function runUntil(step: number, {trainer}: ReturnType<typeof makeTrainer>) {
  const abort = new AbortController();
  trainer.hooks.afterStep.tap('test:abort', ({progress}) => {
    if (progress.step === step - 1) abort.abort();
  });
  return trainer.run({signal: abort.signal});
}

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

  test('the second keeps what it avoids, its best, and the lines behind a rollback', async () => {
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
      best: {step: 3, psnr: 30},
      setbacks: {nonFinite: 0, refused: 0, rollbacks: 0, furthest: 6},
    });
    expect(stepsIn(out)).toEqual([6]);
    expect(bestIn(out)).toBe(3);
    expect(metricsLines(out).slice(0, before.length)).toEqual(before);
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
    'stopped after step %i, has neither gaps nor doubles, also behind a rollback',
    async stop => {
      const setup: Setup = {config: {steps: 8, saveEvery: 3}};
      const whole = makeTrainer({...setup, plugins: [restless()]});
      await whole.trainer.run();
      const out = temporaryFolder();
      await runUntil(stop, makeTrainer({...setup, out, plugins: [restless()]}));
      // What a killed run wrote behind its checkpoint, and half a line.
      writeFileSync(
        file(out),
        `${readFileSync(file(out), 'utf8')}{"event":"seen","at":99}\n{"step":${stop},"lo`,
      );
      await makeTrainer({...setup, out, plugins: [restless(true)], options: {resume: true}}).trainer.run();
      expect(withoutTimes(out)).toEqual(withoutTimes(whole.out));
    },
  );

  test('a file that lost lines is told of, and gone on with', async () => {
    const out = temporaryFolder();
    await runUntil(4, makeTrainer({out}));
    truncateSync(file(out), 10);
    const {trainer, lines} = makeTrainer({out, options: {resume: true}});
    await trainer.run();
    expect(lines).toContainEqual(expect.stringMatching(/^warning: .*metrics\.jsonl has 10 bytes, \d+ when/));
    expect(metricsLines(out).map(({step}) => step)).toEqual([4, 5]);
    rmSync(file(out));
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
    expect(stateOf(out, 8).best).toEqual({step: 2, psnr: 25});
    expect(lines).toContain('validation at step 2: psnr 25.00');
    expect(metricsLines(out).filter(({event}) => event === 'validate')).toHaveLength(6);
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

describe('a disk that fails', () => {
  type Operation = keyof typeof disk;
  const OPERATIONS = Object.keys(disk) as Operation[];
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});

  /** Lets the n-th operation from now on fail, and, if it is `dead`, all behind it. Returns how many there were. */
  function failing(n: number, dead: boolean) {
    const count = {made: 0};
    const turn = () => {
      count.made += 1;
      if (count.made === n || (dead && count.made > n)) throw full();
    };
    for (const name of OPERATIONS) {
      const real = disk[name] as (...args: unknown[]) => Promise<unknown>;
      jest.spyOn(disk, name).mockImplementation((async (...args: unknown[]) => {
        turn();
        const result = await real(...args);
        // Writing and flushing fail, too.
        if (name === 'open') {
          const handle = result as {write: (...a: unknown[]) => unknown; sync: () => unknown};
          const [write, sync] = [handle.write.bind(handle), handle.sync.bind(handle)];
          handle.write = (...a) => (turn(), write(...a));
          handle.sync = () => (turn(), sync());
        }
        return result;
      }) as never);
    }
    return count;
  }

  /** A run that is gone on with from step 2, while the disk fails; then a look at what is there. */
  async function survive(n: number, dead: boolean): Promise<boolean> {
    const out = temporaryFolder();
    await runUntil(2, makeTrainer({out, config: {keep: 2}}));
    const before = await new CheckpointStore(out, 2).load();
    expect(before!.state.step).toBe(2);
    const {trainer} = makeTrainer({
      out,
      plugins: [tapping('validate', ({scores}: Validation) => void (scores['psnr'] = 20))],
      config: {keep: 2, steps: 4, validateEvery: 4},
      options: {resume: true},
    });
    let count = {made: 0};
    trainer.hooks.beforeStep.tap('x', ({progress}) => {
      if (progress.step === 2) count = failing(n, dead);
    });
    const failure = await trainer.run().then(
      () => undefined,
      (error: {code?: string}) => error.code ?? String(error),
    );
    jest.restoreAllMocks();
    if (failure !== undefined) expect(failure).toBe('RIFE_ERR_CHECKPOINT_WRITE');
    const store = new CheckpointStore(out, 2);
    await store.sweep();
    const after = (await store.load())!;
    expect(after.skipped.filter(problem => !problem.startsWith('"latest"'))).toEqual([]);
    expect([2, 4]).toContain(after.state.step);
    if (existsSync(path.join(out, 'checkpoints/best'))) expect(bestIn(out)).toBe(4);
    const last = makeTrainer({out, config: {steps: 5}, options: {resume: true}});
    await last.trainer.run();
    expect(last.steps.at(-1)!.progress.step).toBe(4);
    // A best that is told of is there.
    const told = stateOf(out, 5).best;
    if (told) expect(bestIn(out)).toBe(told.step);
    return count.made >= n;
  }

  test.each([
    ['once', false],
    ['from then on', true],
  ])(
    'at any single operation of a save, %s: a whole checkpoint is there, and the run can be gone on with',
    async (_, dead) => {
      let n = 1;
      while (await survive(n, dead)) n += 1;
      // Two safetensors files, state.json and `latest`, each opened, written, flushed, moved; and what lies around them.
      expect(n).toBeGreaterThan(20);
    },
  );

  test('a checkpoint that can’t be written is told of, and the run goes on to the next', async () => {
    const {trainer, lines, out} = makeTrainer({config: {steps: 6, saveEvery: 2}});
    trainer.hooks.beforeStep.tap('x', ({progress}) => {
      if (progress.step === 1) jest.spyOn(disk, 'mkdir').mockRejectedValue(full());
      if (progress.step === 3) jest.restoreAllMocks();
    });
    expect(await trainer.run()).toMatchObject({step: 6, reason: 'finished'});
    expect(stepsIn(out)).toEqual([0, 4, 6]);
    expect(lines).toContainEqual(expect.stringMatching(/could not be written: ENOSPC.*The run goes on/));
    expect(metricsLines(out)).toContainEqual(expect.objectContaining({event: 'save failed', step: 2}));
  });

  test('a best that can’t be written is not the best: the one before stays', async () => {
    const scores = tapping('validate', (validation: Validation) => {
      validation.scores['psnr'] = validation.step;
    });
    const {trainer, out} = makeTrainer({
      plugins: [scores],
      config: {steps: 4, saveEvery: 4, validateEvery: 1},
    });
    trainer.hooks.beforeStep.tap('x', ({progress}) => {
      if (progress.step === 2) jest.spyOn(disk, 'mkdir').mockRejectedValue(full());
      if (progress.step === 3) {
        expect(bestIn(out)).toBe(2);
        jest.restoreAllMocks();
      }
    });
    trainer.hooks.afterStep.tap('x', ({progress}) => {
      if (progress.step === 3) jest.spyOn(disk, 'link').mockRejectedValue(full());
      if (progress.step === 3) jest.spyOn(disk, 'copyFile').mockRejectedValue(full());
    });
    await trainer.run();
    jest.restoreAllMocks();
    expect(bestIn(out)).toBe(2);
    expect(stateOf(out, 4).best).toEqual({step: 2, psnr: 2});
  });

  test('metrics that can’t be written wait, and no half line is left where a run goes on', async () => {
    const {trainer, out, lines} = makeTrainer({config: {steps: 6, saveEvery: 2}});
    const real = fs.writeSync;
    trainer.hooks.beforeStep.tap('x', ({progress}) => {
      if (progress.step === 2) {
        let room = 40;
        jest.spyOn(fs, 'writeSync').mockImplementation(((
          fd: number,
          line: Buffer,
          at: number,
          length: number,
        ) => {
          if (room === 0) throw full();
          const taken = Math.min(room, length);
          room -= taken;
          return real(fd, line, at, taken);
        }) as typeof fs.writeSync);
      }
      if (progress.step === 4) throw new Error('killed');
    });
    await rejection(trainer.run());
    jest.restoreAllMocks();
    const text = readFileSync(file(out), 'utf8');
    const {bytes} = stateOf(out, 4).metrics!;
    expect(text.length).toBeGreaterThan(bytes);
    expect(text[bytes - 1]).toBe('\n');
    expect(lines.filter(line => /metrics\.jsonl cannot be written \(ENOSPC/.test(line))).toHaveLength(1);
    await makeTrainer({out, config: {steps: 6, saveEvery: 2}, options: {resume: true}}).trainer.run();
    // Those that waited in memory went with the process.
    expect(metricsLines(out).map(({step}) => step)).toEqual([0, 1, 4, 5]);
  });

  test('metrics that waited are written once there is room, in order and whole', async () => {
    const {trainer, out} = makeTrainer({config: {steps: 6, saveEvery: 2}});
    trainer.hooks.beforeStep.tap('x', ({progress}) => {
      if (progress.step === 1)
        jest.spyOn(fs, 'writeSync').mockImplementation(() => {
          throw full();
        });
      if (progress.step === 4) jest.restoreAllMocks();
    });
    await trainer.run();
    expect(metricsLines(out).map(({step}) => step)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('when the last one can’t be written the run ends with the error', async () => {
    const {trainer, out} = makeTrainer({config: {steps: 3, saveEvery: 2}});
    trainer.hooks.beforeStep.tap('x', ({progress}) => {
      if (progress.step === 2) jest.spyOn(disk, 'rename').mockRejectedValue(full());
    });
    expect(await rejection(trainer.run())).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_WRITE'});
    jest.restoreAllMocks();
    expect((await new CheckpointStore(out, 3).load())!.state.step).toBe(2);
  });
});
