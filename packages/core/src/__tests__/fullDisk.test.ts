import fs, {cpSync, existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {disk} from '@rife-train/files';
import {CheckpointStore} from '../checkpoint/store.js';
import type {Validation} from '../contract/index.js';
import {makeTrainer, metricsLines, rejection, tapping, temporaryFolder} from './helpers/harness.js';
import {bestIn, metricsFile, runUntil, stateOf, stepsIn} from './helpers/runs.js';
import {contentOf, storeWith} from './helpers/stores.js';

afterEach(() => jest.restoreAllMocks());

describe('a disk that fails', () => {
  type Operation = keyof typeof disk;
  const OPERATIONS = Object.keys(disk) as Operation[];
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});

  /**
   * Lets the n-th operation from now on fail, and, if it is `dead`, all after it. Returns how many
   * there were.
   */
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

  /** A run of two steps, to be copied. */
  let begun: string;
  beforeAll(async () => {
    begun = temporaryFolder();
    await runUntil(2, makeTrainer({out: begun, config: {keep: 2}}));
  });

  /** A run that is gone on with from step 2, while the disk fails; then a look at what is there. */
  async function survive(n: number, dead: boolean): Promise<boolean> {
    const out = temporaryFolder();
    cpSync(begun, out, {recursive: true});
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
    // A best that is reported is there.
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
      // Two safetensors files, state.json and `latest`, each opened, written, flushed, moved; and
      // what lies around them.
      expect(n).toBeGreaterThan(20);
    },
  );

  test('a checkpoint that can’t be written is reported, and the run continues to the next', async () => {
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

  test('what a failed save has written is removed, at once or before the next one', async () => {
    const {store, at} = await storeWith([1]);
    const [open, rm] = [disk.open, disk.rm];
    const names = () => readdirSync(store.folder).sort();
    const before = names();
    const noRoomForState = () =>
      jest
        .spyOn(disk, 'open')
        .mockImplementation((...args) =>
          String(args[0]).endsWith('state.json') ? Promise.reject(full()) : open(...args),
        );
    noRoomForState();
    expect(await rejection(store.save(contentOf(2)))).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_WRITE'});
    expect(names()).toEqual(before);
    // The disk may refuse to remove as well.
    jest
      .spyOn(disk, 'rm')
      .mockImplementation((...args) => (existsSync(String(args[0])) ? Promise.reject(full()) : rm(...args)));
    expect(await rejection(store.save(contentOf(2)))).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_WRITE'});
    expect(names()).toEqual(['.new-step-00000002', ...before]);
    jest.restoreAllMocks();
    await store.save(contentOf(3));
    expect(names()).toEqual([...before, 'step-00000003']);
    expect(readFileSync(at('latest'), 'utf8')).toBe('step-00000003\n');
  });

  test('a save that fails between its two renames leaves the checkpoint of that step in place', async () => {
    const {store} = await storeWith([1]);
    const rename = disk.rename;
    jest
      .spyOn(disk, 'rename')
      .mockImplementation((from, to) =>
        String(from).includes('.new-') ? Promise.reject(full()) : rename(from, to),
      );
    expect(await rejection(store.save(contentOf(1)))).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_WRITE'});
    expect(await store.list()).toEqual(['step-00000001']);
    expect((await store.load())!.state.step).toBe(1);
  });

  test('without hard links the best is a copy, flushed to the disk', async () => {
    const {store, at} = await storeWith([]);
    const flushed: string[] = [];
    const open = disk.open;
    jest.spyOn(disk, 'link').mockRejectedValue(Object.assign(new Error('EPERM'), {code: 'EPERM'}));
    jest.spyOn(disk, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = () => (flushed.push(path.basename(String(args[0]))), sync());
      return handle;
    });
    await store.save(contentOf(2), {isBest: true});
    const files = ['optimizer.safetensors', 'state.json', 'weights.safetensors'];
    expect(readdirSync(at('best')).sort()).toEqual(files);
    // Once as the checkpoint, once as the best.
    for (const file of files) expect(flushed.filter(name => name === file)).toHaveLength(2);
    expect(statSync(at('best/weights.safetensors')).nlink).toBe(1);
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
    expect(stateOf(out, 4).best).toEqual({step: 2, name: 'psnr', score: 2});
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
    const text = readFileSync(metricsFile(out), 'utf8');
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
