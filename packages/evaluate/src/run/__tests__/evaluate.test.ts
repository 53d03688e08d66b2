/** A set of small pictures through the threads that read and score. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import sharp from 'sharp';
import type {Protocol} from '../../protocols/protocol.js';
import type {FrameResult} from '../../report/result.js';
import type {EvalSet, Pair} from '../../sets/evalSet.js';
import {checkTimes, evaluate, type EvaluateParts} from '../evaluate.js';
import type {Maker} from '../maker.js';

const [WIDTH, HEIGHT] = [24, 16];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rife-evaluate-'));
  // Grey levels by number of the frame; 4 is no mean of 0 and 8.
  const levels = [0, 10, 20, 30, 50, 50, 60, 70, 80];
  for (const [i, level] of levels.entries()) {
    const rgb = {r: level, g: level, b: level};
    const image = sharp({create: {width: WIDTH, height: HEIGHT, channels: 3, background: rgb}});
    await image.png().toFile(join(folder, `${i}.png`));
  }
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const source = (i: number) => ({kind: 'picture' as const, path: join(folder, `${i}.png`)});

const pairOf = (id: string, from: number, to: number, targets: readonly number[]): Pair => ({
  ...{id, group: id, part: '', img0: source(from), img1: source(to), gap: (to - from) / 2},
  targets: targets.map(i => ({id: `${id}/${i}`, source: source(i), t: (i - from) / (to - from)})),
});

const setOf = (pairs: readonly Pair[]): EvalSet => ({
  ...{name: 'clips', title: 'Clips', root: folder, layout: '', view: 'whole', pairs},
  ...{wholeTargets: undefined, missing: [], extra: [], lists: []},
});

const protocol: Protocol = {name: 'plain', source: '', sets: ['*'], metrics: ['psnr', 'ie']};

/** The mean by time, of padded pictures. */
const blend: Maker = {
  anyTimestep: true,
  predict: async (img0, img1, t) =>
    Float32Array.from(img0.data, (value, i) => ((1 - t) * value + t * img1.data[i]!) / 255),
};

async function framesOf(parts: Partial<EvaluateParts>): Promise<FrameResult[]> {
  const frames: FrameResult[] = [];
  await evaluate({
    ...{set: setOf([pairOf('a', 0, 8, [2, 4, 6]), pairOf('b', 2, 4, [3])]), protocol},
    ...{metrics: ['psnr', 'ie'], network: blend, threads: 2, done: new Set<string>(), motion: false},
    onPair: pair => frames.push(...pair),
    ...parts,
  });
  return frames.sort((a, b) => (a.target < b.target ? -1 : 1));
}

test('every target is scored once, beside the mean and the nearer input', async () => {
  const frames = await framesOf({});
  const errors = frames.map(({target, scores: {network, mean, nearest}}) => [
    ...[target, network!.ie, mean!.ie, nearest!.ie],
  ]);
  // Of b, at 30 between 20 and 50: 35 both by time and as the mean.
  expect(errors).toEqual([
    ['a/2', 0, 20, 20],
    ['a/4', 10, 10, 50],
    ['a/6', 0, 20, 20],
    ['b/3', 5, 5, 10],
  ]);
  const psnr = frames.map(({scores}) => scores.network!.psnr!);
  expect(psnr[1]).toBeCloseTo(20 * Math.log10(25.5), 5);
  expect(psnr[3]).toBeCloseTo(20 * Math.log10(51), 5);
  // Float32 is not far off.
  expect(Math.min(psnr[0]!, psnr[2]!)).toBeGreaterThan(150);
  expect(frames.map(({t, gap}) => [t, gap])).toEqual([
    [0.25, 4],
    [0.5, 4],
    [0.75, 4],
    [0.5, 1],
  ]);
});

test.each<[string, Protocol['padding'], number, number]>([
  ['zeros at the right and bottom', {where: 'corner', fill: 0, to: {multiple: 32}}, 32, 32],
  ['edges around', {where: 'centre', fill: 'replicate', to: {height: 20, width: 40}}, 20, 40],
])('a network sees %s, and the scores are those without', async (_, padding, height, width) => {
  const sizes = new Set<string>();
  const network: Maker = {
    ...blend,
    predict: (img0, ...rest) => {
      sizes.add(`${img0.height} x ${img0.width}`);
      return blend.predict(img0, ...rest);
    },
  };
  const frames = await framesOf({network, protocol: {...protocol, padding}});
  expect([...sizes]).toEqual([`${height} x ${width}`]);
  expect(frames.map(({scores}) => scores.network!.ie)).toEqual([0, 10, 0, 5]);
});

test('another network gets the same frames, and what is done is left out', async () => {
  const still: Maker = {anyTimestep: true, predict: async img0 => Float32Array.from(img0.data, v => v / 255)};
  const frames = await framesOf({against: still, done: new Set(['a'])});
  expect(frames.map(({scores}) => scores.against!.ie)).toEqual([10]);
});

test('flows over time follow the frames of each network from the first input on', async () => {
  const frames = await framesOf({metrics: ['ie', 'tof'], against: blend, motion: true});
  for (const {scores} of frames) expect(scores.against).toEqual(scores.network);
  // Flat pictures move nowhere.
  expect(frames.map(({scores}) => scores.network!.tof)).toEqual([0, 0, 0, 0]);
  expect(frames.map(({motion}) => motion)).toEqual([0, 0, 0, 0]);
  expect(frames[0]!.scores.mean).not.toHaveProperty('tof');
});

test('a perceptual distance gets bytes where the protocol rounds, and floats where not', async () => {
  const seen: string[] = [];
  const lpips: EvaluateParts['lpips'] = async ({data}, gt) => {
    seen.push(`${data.constructor.name} ${gt.data[0]}`);
    return 0.25;
  };
  const set = setOf([pairOf('b', 2, 4, [3])]);
  const frames = await framesOf({set, lpips});
  await framesOf({set, lpips, protocol: {...protocol, metrics: ['psnr-rounded']}});
  expect(frames[0]!.scores.network!.lpips).toBe(0.25);
  expect(seen).toEqual(['Float32Array 30', 'Uint8Array 30']);
});

test('a frame that cannot be read ends it with the error of the thread, after the pairs before', async () => {
  const broken = pairOf('c', 0, 2, [1]);
  const gone = {kind: 'picture' as const, path: join(folder, 'gone.png')};
  const set = setOf([pairOf('b', 2, 4, [3]), {...broken, targets: [{...broken.targets[0]!, source: gone}]}]);
  const done: string[] = [];
  const run = evaluate({
    ...{set, protocol, metrics: ['psnr'], network: blend, threads: 1, done: new Set<string>()},
    onPair: ([frame]) => done.push(frame!.pair),
  });
  await expect(run).rejects.toMatchObject({code: expect.stringMatching(/^RIFE_ERR_/)});
  expect(done).toEqual(['b']);
});

test('a network that only halves is refused where a target is elsewhere', () => {
  const set = setOf([pairOf('a', 0, 3, [1, 2])]);
  expect(() => checkTimes(set, 'IFNet', {...blend, anyTimestep: false}, protocol)).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_PREDICT_TIMESTEP'}),
  );
  expect(() => checkTimes(set, 'IFNet_m', blend, protocol)).not.toThrow();
  expect(() => checkTimes(set, 'IFNet_m', blend, {...protocol, times: 'midpoints'})).toThrow('0.333');
});
