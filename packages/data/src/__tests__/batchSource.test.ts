import {execFile} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import type {Batch, BatchSource} from '@rife-train/core';
import sharp from 'sharp';
import {openBatchSource, scanClips, type BatchSourceOptions} from '..';
import {NO_AUGMENTATION, writeSample} from '../augment/augment';
import {gapOf} from '../clip';
import {planSample} from '../sampling/plan';
import {
  CLIP128,
  copyTo,
  damage,
  DEMO,
  DEMO_VIDEO,
  rejection,
  tempFolder,
  truncate,
  writeClip,
} from './support';

const opened: BatchSource[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(source => source.close()));
});

async function open(options: Partial<BatchSourceOptions> = {}): Promise<BatchSource> {
  const source = await openBatchSource({
    root: CLIP128,
    crop: 64,
    batch: 2,
    workers: 1,
    gaps: [1, 4],
    ...options,
  });
  opened.push(source);
  return source;
}

async function take(source: BatchSource, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let i = 0; i < count; i++) batches.push(await source.next());
  return batches;
}

const isSame = (a: Batch, b: Batch) =>
  a.names.join() === b.names.join() && Buffer.compare(a.images, b.images) === 0;
const same = (a: Batch[], b: Batch[]) => a.length === b.length && a.every((batch, i) => isSame(batch, b[i]!));

/** Gaps 1 to 4 of nine frames: 7 + 5 + 3 + 1 triplets. */
const EPOCH = {batchSize: 3, shard: {rank: 0, count: 1}, epoch: 16};

describe('batches', () => {
  test('hold exactly what was planned, augmented in the worker', async () => {
    const root = tempFolder();
    const raws = await writeClip(root, 9, 80, 72);
    const source = await open({root, batch: 3, seed: 5});
    const clips = await scanClips(root, 'train');
    const crop = [64, 64] as const;
    const plan = {...{root, clips, seed: 5, crop, augment: {}, timestep: 'middle' as const}, ...EPOCH};
    for (const batch of await take(source, 4)) {
      const samples = [0, 1, 2].map(j => planSample(plan, {minGap: 1, maxGap: 4}, batch.index, j));
      const expected = new Uint8Array(3 * 64 * 64 * 9);
      for (const [j, {numbers, crop, augmentation}] of samples.entries()) {
        const [before, gt, after] = numbers;
        const frames = [raws[before]!, raws[gt]!, raws[after]!] as const;
        writeSample(frames, 72, crop, augmentation, expected.subarray(j * 64 * 64 * 9));
      }
      expect(Buffer.compare(batch.images, expected)).toBe(0);
      expect([...batch.gap]).toEqual(samples.map(({numbers}) => gapOf(numbers)));
      expect([...batch.timestep]).toEqual([0.5, 0.5, 0.5]);
    }
  });

  test('at any timestep: gap, timestep and name are those of the pixels, swapped or not', async () => {
    const root = tempFolder();
    for (let i = 0; i < 9; i++)
      await sharp({
        create: {width: 64, height: 64, channels: 3, background: {r: 20 * i, g: 20 * i, b: 20 * i}},
      })
        .png()
        .toFile(join(root, `${i}.png`));
    const source = await open({root, batch: 8, timestep: 'any'});
    const swaps = new Set<boolean>();
    const times = new Set<number>();
    for (const {images, gap, timestep, names} of await take(source, 50)) {
      for (let j = 0; j < 8; j++) {
        const [img0, img1, gt] = [0, 3, 6].map(channel => images[j * 64 * 64 * 9 + channel]! / 20) as [
          number,
          number,
          number,
        ];
        expect(gap[j]).toBe(Math.abs(img1 - img0) / 2);
        expect(timestep[j]).toBe(Math.fround((gt - img0) / (img1 - img0)));
        expect(names[j]).toMatch(new RegExp(` ${img0}-${gt}-${img1}$`));
        swaps.add(img1 < img0);
        times.add(timestep[j]!);
      }
    }
    expect(swaps.size).toBe(2);
    expect(times.size).toBe(21); // all fractions i/T of T up to 8
  });

  test('are the same with one and two workers, and after a seek', async () => {
    const one = await take(await open({root: DEMO, gaps: [1, 32]}), 12);
    const source = await open({root: DEMO, gaps: [1, 32], workers: 2, prefetch: 3});
    expect(same(await take(source, 12), one)).toBe(true);
    await source.seek(5);
    expect(same(await take(source, 4), one.slice(5, 9))).toBe(true);
    expect(one.map(({index}) => index)).toEqual([...one.keys()]);
    expect(same(await take(await open({root: DEMO, gaps: [1, 32], seed: 9}), 12), one)).toBe(false);
  });

  test('a seek while next() waits: it gets the batch of the new place', async () => {
    const source = await open();
    const waiting = source.next();
    await source.seek(7);
    expect((await waiting).index).toBe(7);
    expect((await source.next()).index).toBe(8);
  });

  test('ask the policy once per batch, in order, no further ahead than the prefetch', async () => {
    const asked: number[] = [];
    const policyAt = (index: number) => {
      asked.push(index);
      return index < 2 ? {minGap: 1, maxGap: 1} : {minGap: 3, maxGap: 4, gapWeights: [0, 1]};
    };
    const source = await open({policyAt, prefetch: 2});
    expect(asked).toEqual([]);
    await source.next();
    expect(asked).toEqual([0, 1, 2]);
    expect((await take(source, 2)).map(({gap, policy}) => [...gap, policy.maxGap])).toEqual([
      [1, 1, 1],
      [4, 4, 4],
    ]);
  });

  test('report the share of each gap that follows from the clips', async () => {
    const policyAt = (index: number) =>
      ({minGap: 1, maxGap: 4, balance: index === 0 ? 'triplets' : 'gaps'}) as const;
    const [first, second] = await take(await open({policyAt}), 2);
    // 9 frames: 7, 5, 3 and 1 triplets.
    expect(first!.policy).toEqual({...policyAt(0), gapShares: [7 / 16, 5 / 16, 3 / 16, 1 / 16]});
    expect(second!.policy.gapShares).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('are oblong if asked for', async () => {
    const batch = await (await open({crop: [64, 96]})).next();
    expect(batch.images).toHaveLength(2 * 64 * 96 * 9);
    expect(batch.images).toBeInstanceOf(Uint8Array);
  });

  test('without augmentation are plain crops', async () => {
    const root = tempFolder();
    const raws = await writeClip(root, 3);
    const {images} = await (await open({root, batch: 1, gaps: [1, 1], augment: false})).next();
    const expected = new Uint8Array(64 * 64 * 9);
    writeSample(
      raws as [Uint8Array, Uint8Array, Uint8Array],
      64,
      {top: 0, left: 0, height: 64, width: 64},
      NO_AUGMENTATION,
      expected,
    );
    expect(Buffer.compare(images, expected)).toBe(0);
  });
});

describe('bad input at opening', () => {
  test('a clip too short for the smallest gap', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'train/s/short'), 4);
    const {code, message} = await rejection(open({root, gaps: [2, 2]}));
    expect(code).toBe('RIFE_ERR_DATA_CLIP_SHORT');
    expect(message).toContain('Clip "s/short"');
    expect(message).toContain('Expected at least 5');
  });

  test('a largest gap that no clip can serve', async () => {
    expect((await rejection(open({gaps: [1, 5]}))).code).toBe('RIFE_ERR_DATA_GAP');
  });

  test('a crop larger than the frame', async () => {
    expect((await rejection(open({crop: 160}))).code).toBe('RIFE_ERR_DATA_CROP_SIZE');
  });

  test('skip: warns once of each, and ends when none is left', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'short'), 2);
    await writeClip(join(root, 'small'), 9, 32, 32);
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    const {code, message} = await rejection(open({root, onBadClip: 'skip', maxBadShare: 1, warn}));
    expect(code).toBe('RIFE_ERR_DATA_NONE_LEFT');
    expect(message).toContain('all 2 were left out');
    expect(warnings.map(text => /clip "(\w+)"/i.exec(text)![1])).toEqual(['short', 'small']);
    copyTo(CLIP128, join(root, 'good'));
    const batch = await (await open({root, onBadClip: 'skip', maxBadShare: 1, warn: () => {}})).next();
    expect(batch.names.every(name => name.startsWith('good '))).toBe(true);
  });
});

describe('bad input while decoding', () => {
  const brokenRoot = () => {
    const root = tempFolder();
    copyTo(CLIP128, join(root, 'good'));
    copyTo(CLIP128, join(root, 'torn'));
    for (const frame of ['0003.png', '0005.png']) truncate(join(root, 'torn', frame), 0.5);
    copyTo(DEMO_VIDEO, join(root, 'video.mp4'));
    damage(join(root, 'video.mp4'));
    return root;
  };

  test('ends with the coded error, and again if asked again', async () => {
    const root = tempFolder();
    copyTo(CLIP128, join(root, 'torn'));
    truncate(join(root, 'torn/0004.png'), 0.5);
    const source = await open({root, gaps: [4, 4]});
    const first = await rejection(source.next());
    expect(first.code).toBe('RIFE_ERR_DATA_FRAME');
    expect(first.message).toContain(join(root, 'torn/0004.png'));
    expect(await rejection(source.next())).toEqual(first);
  });

  test('skip: goes on deterministically, with one warning for each clip', async () => {
    const root = brokenRoot();
    const warnings: string[] = [];
    const options: Partial<BatchSourceOptions> = {
      root,
      onBadClip: 'skip',
      maxBadShare: 1,
      warn: message => warnings.push(message),
    };
    const all = await take(await open(options), 12);
    expect(warnings.map(text => /clip "(\w+)"/.exec(text)![1]).sort()).toEqual(['torn', 'video']);
    expect(all.every(({names}) => names.every(name => !name.startsWith('video')))).toBe(true);
    // A source that starts later has not met the faults before: it must draw the same.
    const late = await open({...options, workers: 2});
    await late.seek(8);
    expect(same(await take(late, 4), all.slice(8))).toBe(true);
  });

  test('skip: ends when none is left', async () => {
    const root = tempFolder();
    copyTo(DEMO_VIDEO, join(root, 'video.mp4'));
    damage(join(root, 'video.mp4'));
    const source = await open({root, onBadClip: 'skip', maxBadShare: 1, warn: () => {}});
    expect(await rejection(source.next())).toMatchObject({code: 'RIFE_ERR_DATA_NONE_LEFT'});
  });

  test('a folder that disappears during the run', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'c'), 40);
    const source = await open({root, prefetch: 1});
    await source.next();
    rmSync(root, {recursive: true});
    expect((await rejection(take(source, 20))).code).toBe('RIFE_ERR_DATA_FILE');
  });

  test('a bad policy is reported with its batch, not before', async () => {
    const source = await open({policyAt: index => ({minGap: 1, maxGap: index < 2 ? 1 : 0})});
    await take(source, 2);
    expect(await rejection(source.next())).toMatchObject({
      code: 'RIFE_ERR_DATA_POLICY',
      message: expect.stringContaining('batch 2'),
    });
  });
});

describe('the end', () => {
  test('close() during next(): it rejects, and so does everything after', async () => {
    const source = await open({root: DEMO, batch: 16});
    const waiting = rejection(source.next());
    await source.close();
    await source.close();
    expect((await waiting).code).toBe('RIFE_ERR_DATA_CLOSED');
    expect((await rejection(source.next())).code).toBe('RIFE_ERR_DATA_CLOSED');
    expect((await rejection(source.seek(0))).code).toBe('RIFE_ERR_DATA_CLOSED');
  });

  test('a seek to no batch number', async () => {
    expect((await rejection((await open()).seek(-1))).code).toBe('RIFE_ERR_DATA_OPTION');
  });

  test.each(['with', 'without'])('a process ends by itself %s close()', async how => {
    const script = join(tempFolder(), 'run.mjs');
    const dist = join(__dirname, '../../dist/index.js');
    writeFileSync(
      script,
      `import {openBatchSource} from ${JSON.stringify(dist)};
       const source = await openBatchSource({root: ${JSON.stringify(DEMO)}, crop: 64, workers: 1, prefetch: 8});
       const batch = await source.next();
       ${how === 'with' ? 'await source.close();' : ''}
       console.log(batch.images.length);`,
    );
    const {stdout} = await promisify(execFile)(process.execPath, [script], {timeout: CHILD_LIMIT_MS});
    expect(stdout.trim()).toBe(String(4 * 64 * 64 * 9));
  });
});
