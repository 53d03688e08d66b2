import {spawnSync} from 'node:child_process';
import {closeSync, constants, existsSync, openSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {openBatchSource} from '..';
import type {SampleTask} from '../loader/decodeTask';
import {DecodePool, type PoolTimes} from '../loader/pool';
import {StuckWatch} from '../loader/stuck';
import {workerFile} from '../loader/workerFile';
import {rejection, tempFolder, writeClip} from './support';

jest.mock('../loader/workerFile', () => {
  const real = jest.requireActual<typeof import('../loader/workerFile')>('../loader/workerFile');
  return {...real, workerFile: jest.fn(real.workerFile)};
});

const pools: DecodePool[] = [];
afterEach(() => Promise.all(pools.splice(0).map(pool => pool.close())));

/** A pool whose threads run this module. */
function poolOf(source: string, workers = 1, times?: PoolTimes): DecodePool {
  const file = join(tempFolder(), 'thread.mjs');
  writeFileSync(file, source);
  const pool = new DecodePool(workers, file, times);
  pools.push(pool);
  return pool;
}

const decode = (pool: DecodePool, samples: SampleTask[] = []) => pool.decode(samples, pool.generation);

const sample = (id: string) =>
  ({clip: {id, path: `/clips/train/${id}`}, numbers: [3, 4, 5]}) as unknown as SampleTask;

/** All but the timer of the watch, for which ten minutes are to go by. */
const REAL = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

/**
 * The time of the watch stands still, but for jest.advanceTimersByTime(): when a thread begins
 * depends on the machine.
 * @returns waits until a thread has begun the first task
 */
function standingWatch(): () => Promise<void> {
  jest.useFakeTimers({doNotFake: [...REAL]});
  const add = jest.spyOn(StuckWatch.prototype, 'add');
  return async () => {
    const task = () => add.mock.results[0]?.value as ReturnType<StuckWatch['add']> | undefined;
    while (!task()?.sample) await new Promise(resolve => setTimeout(resolve, 5));
  };
}
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Stands at the second sample for ever. */
const STANDS = `export default ({progress}) => {
  Atomics.store(progress, 0, 2);
  return new Promise(resolve => setTimeout(resolve, 1e9));
};`;

describe('a thread that ends before it is ready', () => {
  test.each([
    ['throws', "throw new Error('no memory');", 'no memory'],
    ['exits', 'process.exit(3);', 'before it was ready'],
  ])('%s: no task waits for ever', async (_how, source, why) => {
    const pool = poolOf(`${source}\nexport default () => {};`);
    const errors = await Promise.all([0, 1, 2, 3].map(() => rejection(decode(pool))));
    expect(errors.map(({code}) => code)).toEqual(Array(4).fill('RIFE_ERR_DATA_WORKER'));
    expect(errors.at(-1)!.message).toContain(why);
  });

  test('the next task gets a new thread', async () => {
    const counter = join(tempFolder(), 'loads');
    writeFileSync(counter, '');
    const pool = poolOf(`import {appendFileSync, readFileSync} from 'node:fs';
      const file = ${JSON.stringify(counter)};
      appendFileSync(file, 'x');
      if (readFileSync(file, 'utf8').length <= 2) throw new Error('not yet');
      export default () => ({status: 'dropped'});`);
    const errors = await Promise.all([0, 1, 2].map(() => rejection(decode(pool))));
    expect(errors[2]!.message).toContain('not yet');
    expect(await Promise.all([0, 1, 2].map(() => decode(pool)))).toEqual(Array(3).fill({status: 'dropped'}));
  });
});

describe('a read that stands still', () => {
  test('ends as an error that names the sample', async () => {
    const begun = standingWatch();
    const pool = poolOf(STANDS, 1, {stuckMs: 400});
    const failure = rejection(decode(pool, [sample('001/a'), sample('001/b')]));
    await begun();
    jest.advanceTimersByTime(500);
    const {code, message} = await failure;
    expect(code).toBe('RIFE_ERR_DATA_STUCK');
    expect(message).toContain(
      'frames 3, 4, 5 of clip "001/b" (/clips/train/001/b) has not finished after 0.4 s',
    );
  });

  test('takes nothing else with it: the tasks after it get a new thread', async () => {
    const begun = standingWatch();
    const pool = poolOf(
      `export default ({samples, progress}) => {
        Atomics.store(progress, 0, 1);
        return samples[0].clip.id === 'good' ? {status: 'dropped'} : new Promise(r => setTimeout(r, 1e9));
      };`,
      1,
      {stuckMs: 400},
    );
    const [bad, good] = [rejection(decode(pool, [sample('bad')])), decode(pool, [sample('good')])];
    await begun();
    jest.advanceTimersByTime(500);
    expect((await bad).code).toBe('RIFE_ERR_DATA_STUCK');
    expect(await good).toEqual({status: 'dropped'});
  });

  test('is no failure when the task is not wanted any more', async () => {
    const begun = standingWatch();
    const pool = poolOf(STANDS, 1, {stuckMs: 400});
    const result = decode(pool, [sample('001/a'), sample('001/b')]);
    await begun();
    pool.drop();
    jest.advanceTimersByTime(500);
    expect(await result).toEqual({status: 'dropped'});
  });

  test('a thread that never begins is noticed too', async () => {
    standingWatch();
    const pool = poolOf('await new Promise(r => setTimeout(r, 1e9)); export default () => {};', 1, {
      stuckMs: 400,
    });
    const failure = rejection(decode(pool, [sample('001/a')]));
    jest.advanceTimersByTime(500);
    const {code, message} = await failure;
    expect(code).toBe('RIFE_ERR_DATA_STUCK');
    expect(message).toContain('No decode thread has started a batch');
  });

  test('the source ends with the clip named, and does not try again', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'train/001/a'), 3);
    const warn = jest.fn();
    const begun = standingWatch();
    // Pipes are refused, so nothing of a clip makes the real thread stand. This one stands until it
    // is released.
    const [thread, released] = [join(root, 'thread.mjs'), join(root, 'released')];
    writeFileSync(
      thread,
      `import {existsSync} from 'node:fs';
      export default async ({progress}) => {
        Atomics.store(progress, 0, 1);
        while (!existsSync(${JSON.stringify(released)})) await new Promise(resolve => setTimeout(resolve, 20));
      };`,
    );
    jest.mocked(workerFile).mockReturnValueOnce(thread);
    const source = await openBatchSource({root, crop: 64, batch: 1, prefetch: 1, workers: 1, warn});
    const next = rejection(source.next());
    await begun();
    jest.advanceTimersByTime(11 * 60_000);
    const {code, message} = await next;
    expect(code).toBe('RIFE_ERR_DATA_STUCK');
    expect(message).toContain('frames 0, 1, 2 of clip "001/a"');
    expect(message).toContain('after 10 minutes');
    expect(warn).not.toHaveBeenCalled();
    writeFileSync(released, '');
    await source.close();
  });

  test('samples that are slow, and tasks that wait for their turn, are not stuck', async () => {
    const pool = poolOf(
      `export default async ({progress}) => {
        for (let i = 1; i <= 5; i++) {
          Atomics.store(progress, 0, i);
          await new Promise(resolve => setTimeout(resolve, 250));
        }
        return {status: 'dropped'};
      };`,
      1,
      {stuckMs: 1000},
    );
    expect(await Promise.all([0, 1, 2].map(() => decode(pool)))).toEqual(Array(3).fill({status: 'dropped'}));
  });
});

test('a process that was stopped for longer than the limit has lost no task', () => {
  jest.useFakeTimers();
  try {
    const watch = new StuckWatch(20_000);
    const task = watch.add();
    Atomics.store(task.progress, 0, 1);
    jest.advanceTimersByTime(10_000);
    // The clock jumps; timers are called once, however many times they were due.
    jest.setSystemTime(Date.now() + 3_600_000);
    jest.advanceTimersByTime(2000);
    expect(task.stuck).toBe(false);
    jest.advanceTimersByTime(20_000);
    expect(task.stuck).toBe(true);
    watch.remove(task);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test('close() ends a thread whose sample takes too long', async () => {
  const pool = poolOf(STANDS, 1, {closeMs: 200});
  const task = decode(pool, [sample('001/a'), sample('001/b')]);
  await pool.close();
  expect(await task).toEqual({status: 'dropped'});
});

test('close() lets every thread end the sample that it has under way', async () => {
  const [begun, done] = [tempFolder(), tempFolder()];
  const pool = poolOf(
    `import {writeFileSync} from 'node:fs';
    export default async ({samples: [{clip}], progress}) => {
      Atomics.store(progress, 0, 1);
      writeFileSync(${JSON.stringify(begun)} + '/' + clip.id, '');
      await new Promise(resolve => setTimeout(resolve, clip.id));
      writeFileSync(${JSON.stringify(done)} + '/' + clip.id, '');
    };`,
    3,
  );
  const took = [50, 700, 900].map(ms => decode(pool, [{clip: {id: ms}} as unknown as SampleTask]));
  // All have begun, and one is over.
  while (readdirSync(begun).length < 3) await new Promise(resolve => setTimeout(resolve, 5));
  await took[0];
  await pool.close();
  await Promise.all(took);
  expect(readdirSync(done).sort()).toEqual(['50', '700', '900']);
});

// A pipe without a writer: the operating system does not come back from opening it.
describe('a read that the operating system does not end', () => {
  let pipe: string;
  beforeEach(() => {
    pipe = join(tempFolder(), 'pipe.png');
    spawnSync('mkfifo', [pipe]);
  });
  // With a writer it comes back: the thread ends, and this process can. Removed meanwhile, or a
  // decoder would try it again.
  const release = () => {
    if (!existsSync(pipe)) return;
    const writer = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    rmSync(pipe);
    closeSync(writer);
  };
  afterEach(release);

  test('close() leaves its thread running', async () => {
    const pool = poolOf(
      `import {readFile} from 'node:fs/promises';
      export default async ({progress}) => {
        Atomics.store(progress, 0, 1);
        await readFile(${JSON.stringify(pipe)});
      };`,
      1,
      {closeMs: 300},
    );
    const task = decode(pool, [sample('001/a')]);
    await new Promise(resolve => setTimeout(resolve, 500));
    await pool.close();
    expect(await task).toEqual({status: 'dropped'});
  });
});
