import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {examineData, framePictures, type DoctorOptions} from '../..';
import {DEMO, rejection, tempFolder} from '../../__tests__/support';
import {scene} from '../../detect/__tests__/pictures';
import {pan, writeFrames} from './files';

const root = tempFolder();
const reportOf = async (options: Partial<DoctorOptions> = {}) =>
  (await examineData({root, ...options})).report;
const brief = async (options: Partial<DoctorOptions> = {}) =>
  (await reportOf(options)).findings.map(
    ({kind, severity, split, clip}) => `${severity} ${kind} ${split} ${clip}`,
  );

beforeAll(async () => {
  await writeFrames(join(root, 'train/a'), pan(1));
  await writeFrames(join(root, 'train/b'), pan(2));
  await writeFrames(join(root, 'train/c'), pan(3, 7));
  await writeFrames(join(root, 'train/d'), pan(2), 2);
  await writeFrames(join(root, 'train/e'), pan(5, 2));
  await writeFrames(join(root, 'val/v'), pan(1));
  await writeFrames(join(root, 'val/w'), pan(6));
});

test('lengths, sizes, duplicates and leaks; errors first', async () => {
  expect(await brief()).toEqual([
    'error too-short train e',
    'error leak val v',
    'warning length train c',
    'warning length train e',
    'warning duplicate-clip train d',
  ]);
  const {counts, findings} = await reportOf();
  expect(counts).toEqual({
    errors: 2,
    warnings: 3,
    kinds: {'too-short': 1, leak: 1, length: 2, 'duplicate-clip': 1},
  });
  expect(findings[1]).toMatchObject({other: {split: 'train', clip: 'a'}});
  expect(findings[2]!.text).toBe('It has 7 frames; most clips have 9.');
});

test('with a length asked for others are errors; the configuration has its say', async () => {
  expect(await brief({frames: 7})).toContain('error length train a');
  expect(await brief({frames: 7})).not.toContain('error length train c');
  const own = await brief({data: {gaps: [4, 4], crop: 96}});
  expect(own.filter(line => line.includes('too-short'))).toEqual([
    'error too-short train c',
    'error too-short train e',
  ]);
  expect(own.filter(line => line.includes('crop-size'))).toHaveLength(6);
  expect(own).not.toContain('error crop-size train d');
});

test('counts, motion, shares, speed', async () => {
  const report = await reportOf({data: {gaps: [1, 2], workers: 2}});
  expect(report).toMatchObject({format: 'rife-train/data-doctor', version: 1, root, notes: []});
  expect(report.splits).toMatchObject([
    {
      split: 'train',
      clips: 5,
      examined: 5,
      frames: 36,
      sizes: [{height: 64, width: 96, clips: 4}, {clips: 1}],
    },
    {split: 'val', clips: 2, frames: 18, lengths: [{frames: 9, clips: 2}]},
  ]);
  expect(report.motion.map(({gap, windows}) => [gap, windows > 0])).toEqual(
    [1, 2, 4, 8, 16, 32].map(gap => [gap, gap <= 8]),
  );
  expect(report.motion[0]!.shares.reduce((sum, share) => sum + share)).toBeCloseTo(1);
  expect(report.fastest[0]).toMatchObject({split: 'train', clip: 'd'});
  expect(report.sampling).toEqual({
    shares: [
      {gap: 1, share: 0.5},
      {gap: 2, share: 0.5},
    ],
  });
  const {msPerTriplet, epochSeconds, ...decode} = report.decode!;
  // All triplets of gaps 1 and 2.
  const EPOCH = report.splits[0]!.lengths.reduce(
    (sum, {frames, clips}) => sum + clips * (Math.max(0, frames - 2) + Math.max(0, frames - 4)),
    0,
  );
  expect(decode).toEqual({triplets: 4, workers: 2, epochSamples: EPOCH});
  expect(epochSeconds).toBeCloseTo((msPerTriplet * EPOCH) / 2 / 1000);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('gaps that no clip serves are reported, not thrown', async () => {
  expect((await reportOf({data: {gaps: [1, 30]}})).sampling).toEqual({
    error: expect.stringContaining('gap of 30'),
  });
});

test('a sample is drawn by the seed, and progress is reported', async () => {
  const drawn = async (seed: number, sample = 3) => {
    const told: number[][] = [];
    const {clips, report} = await examineData({root, sample, seed, onProgress: (...at) => told.push(at)});
    expect(told).toEqual(clips.map((_, i) => [i + 1, clips.length]));
    expect(report.splits.map(split => split.clips)).toEqual([5, 2]);
    return clips.map(({split, found}) => `${split} ${found.id}`);
  };
  const [one, same, ...others] = [
    await drawn(1),
    await drawn(1),
    await drawn(2),
    await drawn(3),
    await drawn(4),
  ];
  expect(one).toHaveLength(3);
  expect(same).toEqual(one);
  expect(others).not.toEqual([one, one, one]);
  expect(await drawn(1, 99)).toHaveLength(7);
});

test('a clip of which nothing can be read ends nothing', async () => {
  const broken = tempFolder();
  await writeFrames(join(broken, 'a'), pan(1));
  mkdirSync(join(broken, 'b'));
  writeFileSync(join(broken, 'b/1.png'), 'x');
  writeFileSync(join(broken, 'c.mp4'), 'x');
  const {findings, decode} = await reportOf({root: broken});
  expect(findings.map(({kind, clip}) => `${kind} ${clip}`)).toEqual([
    'unreadable b',
    'unreadable c',
    'too-short b',
  ]);
  expect(decode).toMatchObject({triplets: 1});
});

test.each([
  [() => ({root: join(root, 'nowhere')}), 'RIFE_ERR_DATA_ROOT'],
  [() => ({root: tempFolder()}), 'RIFE_ERR_DATA_EMPTY'],
  [() => ({seed: -1}), 'RIFE_ERR_DATA_OPTION'],
  [() => ({data: {crop: 50}}), 'RIFE_ERR_DATA_CROP'],
])('bad usage %#', async (options, code) =>
  expect(await rejection(examineData({root, ...options()}))).toMatchObject({code}),
);

test('pictures of folders and videos; none of what is not there', async () => {
  const {clips} = await examineData({root: DEMO, sample: 1});
  const [first, gone] = await framePictures(clips[0]!, [64, 65]);
  expect(first).toMatch(/^data:image\/webp;base64,UklGR/);
  expect(gone).toBeUndefined();
  const folder = tempFolder();
  await writeFrames(join(folder, 'a'), [scene(1), scene(1, 2, 0), scene(1, 4, 0)]);
  const own = (await examineData({root: folder})).clips[0]!;
  const pictures = await framePictures(own, [0, 2, 3]);
  expect(pictures.map(uri => uri?.slice(0, 15))).toEqual(['data:image/webp', 'data:image/webp', undefined]);
});
