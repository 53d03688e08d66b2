/** A decode thread with the cache: what it reads, makes, notices and leaves alone. */
import {readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {
  copyTo,
  damage,
  rejection,
  tempFolder,
  truncate,
  writeClip,
  writeFrame,
} from '../../../__tests__/support';
import {CLAIM_ENDING, mostBytes} from '../fill';
import {filesIn, openWorld} from './cached';

const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
afterEach(() => jest.restoreAllMocks());

async function clipsRoot(count = 1): Promise<string> {
  const root = tempFolder();
  for (let i = 0; i < count; i++) await writeClip(join(root, `clip${i}`), 5, 72, 80);
  return root;
}

/** No time passes, so no thread rests. */
const withoutRests = () => void jest.spyOn(performance, 'now').mockReturnValue(0);

describe('a copy', () => {
  test.each(['raw', 'deflate'] as const)('%s: is made at the first meeting, and read', async codec => {
    const world = await openWorld(await clipsRoot(), {codec});
    const thread = world.thread();
    for (const numbers of [
      [1, 2, 3],
      [0, 1, 2],
      [0, 2, 4],
    ] as [number, number, number][])
      expect(
        (await world.read(thread, undefined, numbers)).equals(await world.expected(undefined, numbers)),
      ).toBe(true);
    expect(world.direct).toBe(0);
    expect(filesIn(world.dir)).toHaveLength(1);
    thread.close();
  });

  test('is found by the next run, and by another thread', async () => {
    const root = await clipsRoot();
    const before = await openWorld(root);
    await before.read(before.thread());
    const [file] = filesIn(before.dir);
    const {ino} = statSync(file!);
    const world = await openWorld(root, {dir: before.dir, codec: 'deflate'});
    for (let i = 0; i < 2; i++)
      expect((await world.read(world.thread())).equals(await world.expected())).toBe(true);
    expect([world.direct, statSync(file!).ino, filesIn(world.dir)]).toEqual([0, ino, [file]]);
  });

  test('of a source that changed is made anew', async () => {
    const root = await clipsRoot();
    const before = await openWorld(root);
    const old = await before.read(before.thread());
    const frame = join(root, 'clip0', '0002.png');
    await writeFrame(frame, 72, 80, 77);
    // Not in the same second: file systems may keep no fractions.
    utimesSync(frame, 1e9, 1e9);
    const world = await openWorld(root, {dir: before.dir});
    const now = await world.read(world.thread());
    expect([now.equals(old), now.equals(await world.expected())]).toEqual([false, true]);
    expect([world.direct, filesIn(world.dir).length, world.warnings]).toEqual([0, 1, []]);
  });

  test('of a source with a frame more is made anew', async () => {
    const root = await clipsRoot();
    const before = await openWorld(root);
    await before.read(before.thread());
    await writeFrame(join(root, 'clip0', '0005.png'), 72, 80, 5);
    const world = await openWorld(root, {dir: before.dir});
    const read = await world.read(world.thread(), world.clips[0], [3, 4, 5]);
    expect([read.equals(await world.expected(world.clips[0], [3, 4, 5])), world.direct]).toEqual([true, 0]);
  });
});

describe('a copy that is', () => {
  test.each<[string, (path: string) => void]>([
    ['damaged in its pixels', damage],
    ['cut off', path => truncate(path, 0.6)],
    ['cut off in its preamble', path => truncate(path, 0.0003)],
    ['empty', path => writeFileSync(path, '')],
    ['something else', path => writeFileSync(path, Buffer.alloc(5000, 7))],
  ])('%s: is reported, removed and made again', async (_how, harm) => {
    withoutRests();
    const root = await clipsRoot();
    const before = await openWorld(root);
    await before.read(before.thread());
    const [file] = filesIn(before.dir);
    const whole = readFileSync(file!);
    harm(file!);
    const world = await openWorld(root, {dir: before.dir});
    const thread = world.thread();
    expect((await world.read(thread)).equals(await world.expected())).toBe(true);
    expect(world.warnings).toEqual([expect.stringContaining(`${file}" of clip "clip0" can't be used`)]);
    expect(world.warnings[0]).toContain('made again from its source');
    expect([world.direct, filesIn(world.dir)]).toEqual([1, []]);
    expect((await world.read(thread)).equals(await world.expected())).toBe(true);
    expect([world.direct, world.warnings.length]).toEqual([1, 1]);
    expect(readFileSync(file!).equals(whole)).toBe(true);
  });

  test('damaged twice: is given up, and said', async () => {
    withoutRests();
    const world = await openWorld(await clipsRoot());
    const thread = world.thread();
    await world.read(thread);
    const [file] = filesIn(world.dir);
    for (let i = 0; i < 3; i++) {
      if (i < 2) damage(file!);
      await world.read(thread);
      if (i < 1) await world.read(thread);
    }
    expect(world.warnings).toHaveLength(2);
    expect(world.warnings[1]).toContain('Clip "clip0" is not cached');
    expect(filesIn(world.dir)).toEqual([]);
  });

  test('replaced while a thread had the damaged one open: the new one stays, nothing is reported twice', async () => {
    const root = await clipsRoot();
    const world = await openWorld(root);
    const [one, other] = [world.thread(), world.thread()];
    await world.read(one);
    await world.read(other);
    const [file] = filesIn(world.dir);
    const sound = readFileSync(file!);
    damage(file!);
    writeFileSync(`${file}.new`, sound);
    renameSync(`${file}.new`, file!); // `other` has the damaged one open
    expect((await world.read(other)).equals(await world.expected())).toBe(true);
    expect((await world.read(other)).equals(await world.expected())).toBe(true);
    expect([world.direct, world.warnings, readFileSync(file!).equals(sound)]).toEqual([1, [], true]);
  });

  test('removed in the middle of a run: is made again', async () => {
    withoutRests();
    const world = await openWorld(await clipsRoot());
    await world.read(world.thread());
    rmSync(filesIn(world.dir)[0]!);
    const thread = world.thread();
    for (let i = 0; i < 2; i++) expect((await world.read(thread)).equals(await world.expected())).toBe(true);
    expect([world.direct, world.warnings, filesIn(world.dir).length]).toEqual([1, [], 1]);
  });
});

describe('no copy is made', () => {
  test('while the thread rests from the last one', async () => {
    const world = await openWorld(await clipsRoot(2));
    const thread = world.thread();
    let now = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const direct = async (clip: number) => {
      const before = world.direct;
      await world.read(thread, world.clips[clip]);
      return world.direct - before;
    };
    const slow = jest.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      now += 300;
      slow.mockRestore();
      fs.renameSync(from, to);
    });
    expect(await direct(0)).toBe(0); // took 300 ms
    now += 99;
    expect([await direct(1), await direct(0)]).toEqual([1, 0]);
    now += 2;
    expect(await direct(1)).toBe(0);
  });

  test.each([
    ['is passed over', -60_000],
    ['from before the clock was set back too', 3_600_000],
  ])('while another one makes it; a claim that nobody keeps alive %s', async (_, ofMs) => {
    withoutRests();
    const world = await openWorld(await clipsRoot());
    const thread = world.thread();
    const claim = world.task().cache!.path + CLAIM_ENDING;
    copyTo(__filename, claim);
    utimesSync(claim, new Date(), new Date());
    expect((await world.read(thread)).equals(await world.expected())).toBe(true);
    expect([world.direct, filesIn(world.dir)]).toEqual([1, [claim]]);
    const then = new Date(Date.now() + ofMs);
    utimesSync(claim, then, then);
    await world.read(thread);
    expect([world.direct, filesIn(world.dir)]).toEqual([1, [world.task().cache!.path]]);
  });

  test('beyond the limit, which is said once; what was made is used', async () => {
    withoutRests();
    const root = await clipsRoot(3);
    const [{clips}] = [await openWorld(root)];
    const world = await openWorld(root, {maxSize: mostBytes(clips[0]!) + 100});
    const thread = world.thread();
    for (let round = 0; round < 2; round++)
      for (const clip of world.clips)
        expect((await world.read(thread, clip)).equals(await world.expected(clip))).toBe(true);
    expect([world.direct, filesIn(world.dir).length]).toEqual([4, 1]);
    expect(world.warnings).toEqual([expect.stringContaining('data.cache.maxSize is reached')]);
    const next = await openWorld(root, {dir: world.dir, maxSize: 1});
    await next.read(next.thread(), clips[0]);
    expect([next.direct, next.warnings]).toEqual([0, []]);
  });

  test('on a full disk, which is said once, and leaves nothing', async () => {
    withoutRests();
    const world = await openWorld(await clipsRoot(2));
    const thread = world.thread();
    const write = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'});
    });
    for (const clip of [...world.clips, ...world.clips])
      expect((await world.read(thread, clip)).equals(await world.expected(clip))).toBe(true);
    expect([write.mock.calls.length, world.direct, filesIn(world.dir)]).toEqual([1, 4, []]);
    expect(world.warnings).toEqual([
      expect.stringMatching(/Nothing more can be written to the cache ".*": ENOSPC: no space left/),
    ]);
  });

  test('where the disk would be left with less than 2 GB', async () => {
    withoutRests();
    const world = await openWorld(await clipsRoot());
    const most = mostBytes(world.clips[0]!);
    const thread = world.thread();
    const free = jest.spyOn(fs, 'statfsSync');
    free.mockReturnValue({bsize: 1, bavail: 2e9 + most} as never);
    await world.read(thread);
    expect([world.direct, filesIn(world.dir).length, world.warnings]).toEqual([0, 1, []]);
    const fuller = await openWorld(await clipsRoot());
    free.mockReturnValue({bsize: 1, bavail: 2e9 + most - 1} as never);
    const other = fuller.thread();
    for (let i = 0; i < 2; i++) await fuller.read(other);
    expect([fuller.direct, filesIn(fuller.dir)]).toEqual([2, []]);
    expect(fuller.warnings).toEqual([expect.stringContaining('less than 2 GB would be left free')]);
  });

  test('of a clip with a bad frame: samples are read from the source, and fail only where they hold it', async () => {
    withoutRests();
    const root = await clipsRoot();
    truncate(join(root, 'clip0', '0003.png'), 0.5);
    const world = await openWorld(root);
    const thread = world.thread();
    const [clip] = world.clips;
    expect((await world.read(thread, clip, [0, 1, 2])).equals(await world.expected(clip, [0, 1, 2]))).toBe(
      true,
    );
    const {code, message} = await rejection(world.read(thread, clip, [1, 2, 3]));
    expect([code, message]).toEqual(['RIFE_ERR_DATA_FRAME', expect.stringContaining('0003.png')]);
    expect(world.warnings).toEqual([expect.stringContaining('Clip "clip0" is not cached')]);
    expect(world.warnings[0]).toContain('0003.png');
    expect(filesIn(world.dir)).toEqual([]);
  });
});
