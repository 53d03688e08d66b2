import {spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {scanClips} from '@rife-train/data';
import {decodeVideo, FrameStore} from '@rife-train/data/parts';
import {
  CLIP128,
  copyTo,
  DEMO,
  DEMO_VIDEO,
  mixedRoot,
  rejection,
  tempFolder,
  truncate,
  writeClip,
} from '../../__tests__/support';
import {packClip} from '../packClip';
import {packClips, type PackOptions} from '../packClips';

const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
afterEach(() => jest.restoreAllMocks());

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const pack = (root: string, out: string, options: Partial<PackOptions> = {}) =>
  packClips({root, out, jobs: 1, ...options});
const packsIn = (out: string) =>
  (readdirSync(out, {recursive: true}) as string[]).filter(name => statSync(join(out, name)).isFile()).sort();

describe('what is packed', () => {
  test('has the layout, ids and pixels of what it was made of, in either codec', async () => {
    const root = await mixedRoot();
    for (const codec of ['raw', 'deflate'] as const) {
      const out = join(tempFolder(), 'packed');
      const summary = await pack(root, out, {codec, jobs: 2});
      expect(summary).toMatchObject({clips: 4, packed: 4, kept: 0, replaced: 0, failed: [], frames: 86});
      expect(packsIn(out)).toEqual(
        ['train/s/noise', 'train/s/real', 'train/video', 'val/v'].map(id => `${id}.rifeclip`),
      );
      expect(summary.bytesOut).toBe(
        packsIn(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0),
      );
      const [before, after] = [await scanClips(root, 'train'), await scanClips(out, 'train')];
      const brief = (clips: typeof before) => clips.map(c => [c.id, c.frames, c.height, c.width]);
      expect(brief(after)).toEqual(brief(before));
      expect(after.every(({kind}) => kind === 'pack')).toBe(true);
      const store = new FrameStore();
      for (const [i, clip] of before.entries()) {
        const numbers = [0, clip.frames >> 1, clip.frames - 1] as [number, number, number];
        const source = await store.triplet({clip, numbers});
        const packed = await store.triplet({clip: after[i]!, numbers});
        expect(packed.map((frame, j) => equal(frame, source[j]!))).toEqual([true, true, true]);
      }
      store.close();
    }
  });

  test('of a video has every frame that decodeVideo gives', async () => {
    const root = tempFolder();
    copyTo(DEMO_VIDEO, join(root, 'clip.mp4'));
    const out = tempFolder();
    await pack(root, out);
    const [video] = await scanClips(root, 'train');
    const [packed] = await scanClips(out, 'train');
    const whole = await decodeVideo(video!);
    const store = new FrameStore();
    for (let i = 0; i + 2 < 65; i += 3) {
      const frames = await store.triplet({clip: packed!, numbers: [i, i + 1, i + 2]});
      expect(equal(Buffer.concat(frames), whole.subarray(i * 256 * 256 * 3, (i + 3) * 256 * 256 * 3))).toBe(
        true,
      );
    }
    store.close();
  });

  test('can be packed again from packs, in another codec', async () => {
    const [raw, deflate, direct] = [tempFolder(), tempFolder(), tempFolder()];
    await pack(CLIP128, raw, {codec: 'raw'});
    await pack(raw, deflate);
    await pack(CLIP128, direct);
    const tiles = (out: string) => readFileSync(join(out, 'train/clip128.rifeclip')).subarray(-20_000);
    expect(equal(tiles(deflate), tiles(direct))).toBe(true);
    expect(equal(tiles(raw), tiles(direct))).toBe(false);
  });

  test('one split alone', async () => {
    const root = await mixedRoot();
    const out = tempFolder();
    expect((await pack(root, out, {split: 'val'})).clips).toBe(1);
    expect(packsIn(out)).toEqual(['val/v.rifeclip']);
    expect((await rejection(pack(join(root, 'train'), tempFolder(), {split: 'val'}))).code).toBe(
      'RIFE_ERR_DATA_SPLIT',
    );
  });

  test('a clip beside its packed copy: both are found, under names of their own', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    const out = tempFolder();
    await pack(root, out);
    copyTo(join(out, 'train/a.rifeclip'), join(root, 'a.rifeclip'));
    expect((await scanClips(root, 'train')).map(({id, kind}) => [id, kind])).toEqual([
      ['a', 'folder'],
      ['a.rifeclip', 'pack'],
    ]);
  });
});

describe('a second run', () => {
  const twice = async (
    change: (root: string, target: string) => void,
    options: Partial<PackOptions> = {},
  ) => {
    const [root, out] = [tempFolder(), tempFolder()];
    await writeClip(join(root, 'a'), 3);
    await writeClip(join(root, 'b'), 3);
    await pack(root, out);
    const target = join(out, 'train/a.rifeclip');
    const first = readFileSync(target);
    change(root, target);
    const {packed, kept, replaced} = await pack(root, out, options);
    return {packed, kept, replaced, restored: equal(readFileSync(target), first)};
  };

  test('keeps what is packed', async () => {
    expect(await twice(() => {})).toEqual({packed: 0, kept: 2, replaced: 0, restored: true});
  });

  test('packs anew what changed: time, size, codec, tile', async () => {
    const touch = (root: string) => utimesSync(join(root, 'a/0001.png'), new Date(0), new Date(0));
    expect(await twice(touch)).toMatchObject({packed: 1, kept: 1});
    expect(await twice(() => {}, {codec: 'raw'})).toMatchObject({packed: 2, kept: 0, restored: false});
    expect(await twice(() => {}, {tile: 32})).toMatchObject({packed: 2, kept: 0});
  });

  test('packs all with force', async () => {
    expect(await twice(() => {}, {force: true})).toEqual({packed: 2, kept: 0, replaced: 0, restored: true});
  });

  test('replaces what is cut off; damage in a tile only with verify', async () => {
    const cut = (_root: string, target: string) => truncate(target, 0.9);
    const flip = (_root: string, target: string) => {
      const bytes = readFileSync(target);
      bytes[bytes.length - 9]! ^= 4;
      writeFileSync(target, bytes);
    };
    const done = {packed: 1, kept: 1, replaced: 1, restored: true};
    expect(await twice(cut)).toEqual(done);
    expect(await twice(flip)).toEqual({packed: 0, kept: 2, replaced: 0, restored: false});
    expect(await twice(flip, {verify: true})).toEqual(done);
  });
});

describe('what goes wrong', () => {
  test('a frame that is damaged: the others are packed, and nothing lies under its name', async () => {
    const [root, out] = [tempFolder(), tempFolder()];
    for (const id of ['a', 'b', 'c']) await writeClip(join(root, id), 5);
    truncate(join(root, 'b/0001.png'), 0.5); // not one of those that the scan opens
    truncate(join(root, 'c/0000.png'), 0.01); // one of them
    const told: string[] = [];
    const summary = await pack(root, out, {onClip: ({id, done, of}) => told.push(`${id} ${done}/${of}`)});
    expect(told).toEqual(['a 1/2', 'b 2/2']);
    expect(summary).toMatchObject({clips: 3, packed: 1});
    expect(summary.failed.map(({id, error}) => [id, error.code]).sort()).toEqual([
      ['b', 'RIFE_ERR_DATA_FRAME'],
      ['c', 'RIFE_ERR_DATA_FRAME'],
    ]);
    expect(summary.failed.find(({id}) => id === 'b')!.error.message).toContain(join(root, 'b/0001.png'));
    expect(packsIn(out)).toEqual(['train/a.rifeclip']);
  });

  test('a folder that can not be written to ends the run', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    const out = join(tempFolder(), 'file');
    writeFileSync(out, 'in the way');
    expect(await rejection(pack(root, out))).toMatchObject({
      code: 'RIFE_ERR_DATA_PACK_WRITE',
      message: expect.stringContaining(join(out, 'train/a.rifeclip')),
    });
  });

  test.each([
    ['writeSync', 0],
    ['writeSync', 3],
    ['fsyncSync', 0],
    ['renameSync', 0],
  ] as const)('a disk that is full at %s after %i calls leaves nothing', async (name, calls) => {
    const [root, out] = [tempFolder(), tempFolder()];
    await writeClip(join(root, 'a'), 5);
    const [clip] = await scanClips(root, 'train');
    const target = join(out, 'train/a.rifeclip');
    const real = fs[name] as (...args: unknown[]) => unknown;
    let count = 0;
    jest.spyOn(fs, name).mockImplementation((...args: unknown[]) => {
      if (count++ < calls) return real(...args) as never;
      throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
    });
    const task = {clip: clip!, target, codec: 'raw', tile: 32, force: false, verify: false} as const;
    expect(await rejection(packClip(task))).toMatchObject({
      code: 'RIFE_ERR_DATA_PACK_WRITE',
      message: expect.stringContaining('ENOSPC'),
    });
    expect(packsIn(out)).toEqual([]);
    jest.restoreAllMocks();
    expect((await packClip(task)).status).toBe('packed');
    expect(packsIn(out)).toEqual(['train/a.rifeclip']);
  });

  test('a disk that is full while a video is decoded ends ffmpeg, too', async () => {
    const [root, out] = [tempFolder(), tempFolder()];
    copyTo(DEMO_VIDEO, join(root, 'a.mp4'));
    const [clip] = await scanClips(root, 'train');
    let frames = 0;
    jest.spyOn(fs, 'writeSync').mockImplementation(() => {
      frames++;
      throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
    });
    const target = join(out, 'train/a.rifeclip');
    const task = {clip: clip!, target, codec: 'raw', tile: 128, force: false, verify: false} as const;
    expect((await rejection(packClip(task))).code).toBe('RIFE_ERR_DATA_PACK_WRITE');
    expect(frames).toBe(1);
    expect(packsIn(out)).toEqual([]);
  });

  test('a write that takes part of the bytes is gone on with', async () => {
    const out = tempFolder();
    const [clip] = await scanClips(CLIP128, 'train');
    const real = fs.writeSync as (...args: unknown[]) => number;
    const task = {clip: clip!, target: join(out, 'whole'), codec: 'deflate', tile: 64} as const;
    await packClip({...task, force: false, verify: false});
    jest
      .spyOn(fs, 'writeSync')
      .mockImplementation(((fd: number, bytes: Buffer, from: number, length: number, at: number) =>
        real(fd, bytes, from, Math.min(length, 1000), at)) as never);
    await packClip({...task, target: join(out, 'parts'), force: false, verify: false});
    expect(equal(readFileSync(join(out, 'parts')), readFileSync(join(out, 'whole')))).toBe(true);
  });

  test.each(['', 'packed', 'train/packed'])('a target in the data folder: "%s"', async inside => {
    const root = tempFolder();
    await writeClip(join(root, 'train/a'), 3);
    expect((await rejection(pack(root, join(root, inside)))).code).toBe('RIFE_ERR_DATA_PACK_TARGET');
    expect((await pack(root, `${root}-packed`)).packed).toBe(1);
    fs.rmSync(`${root}-packed`, {recursive: true});
  });

  test('kill -9 leaves only whole files, and the next run ends the work', async () => {
    const out = tempFolder();
    const dist = join(__dirname, '../../../dist/index.js');
    const code = `const {packClips} = await import(${JSON.stringify(dist)});
      await packClips({root: ${JSON.stringify(DEMO)}, out: ${JSON.stringify(out)}, jobs: 1});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: 'ignore'});
    const ended = new Promise(resolve => child.on('close', (_code, signal) => resolve(signal)));
    const second = join(out, 'train/001/.cam03.rifeclip.part');
    while (!existsSync(second) || statSync(second).size < 1e6) await new Promise(r => setTimeout(r, 5));
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const left = packsIn(out);
    const whole = left.filter(name => !name.endsWith('.part'));
    // A busy machine may let the child end a clip before it is killed.
    expect(whole).toContain('train/001/cam01.rifeclip');
    expect(left.length - whole.length).toBeLessThanOrEqual(1);
    expect((await scanClips(out, 'train')).map(({id}) => `train/${id}.rifeclip`)).toEqual(whole);
    expect(await pack(DEMO, out, {split: 'train', verify: true})).toMatchObject({
      packed: 4 - whole.length,
      kept: whole.length,
    });
    expect(packsIn(out)).toHaveLength(4);
  });
});
