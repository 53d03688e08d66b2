import {resolveConfig, type PredictRequest, type Validation} from '@rife-train/core';
import type {Triplet} from '@rife-train/data';
import {join} from 'node:path';
import {psnr} from '../psnr.js';
import {readValidation} from '../triplets.js';
import {Validator} from '../validator.js';

const CLIPS = join(__dirname, '../../../../../examples/quickstart/clips');

test('triplets of the bundled clips: of val, cropped in the middle', async () => {
  const config = resolveConfig({data: {root: CLIPS, crop: 64, gaps: [1, 8]}, steps: 1, validateTriplets: 3});
  const triplets = await readValidation(config, () => {});
  expect(triplets.map(({gap, height, width}) => [gap, height, width])).toEqual([
    [1, 64, 64],
    [5, 64, 64],
    [8, 64, 64],
  ]);
  expect(triplets.every(({name}) => name.includes('cam04'))).toBe(true);
});

/** A triplet of one colour each: img0, img1 and gt. */
const triplet = (gap: number, [a, b, gt]: readonly [number, number, number]): Triplet => ({
  images: Uint8Array.of(a, a, a, b, b, b, gt, gt, gt),
  height: 1,
  width: 1,
  gap,
  timestep: 0.5,
  name: `gap ${gap}`,
});

/** Predicts the mean of both images. */
const blend = async ({images}: PredictRequest) => {
  const values = Float32Array.from({length: 3}, (_, c) => (images[c]! + images[c + 3]!) / 510);
  return {refined: {shape: [1, 1, 1, 3], values}} as never;
};

function validator(
  readTriplets: () => Promise<Triplet[]>,
  predict: (request: PredictRequest) => Promise<never> = blend,
) {
  const warnings: string[] = [];
  const made = new Validator({root: 'clips', readTriplets, predict, warn: text => warnings.push(text)});
  const validate = async (best?: Validation['best']) => {
    const validation: Validation = {
      ...{step: 1, steps: 2, fraction: 0.5, scores: {}, baselines: {}, lowerIsBetter: []},
      ...(best && {best}),
    };
    await made.validate(validation);
    return validation;
  };
  const scores = async () => (await validate()).scores;
  return {scores, validate, warnings, made};
}

const decibels = (error: number) => -20 * Math.log10(error / 255);

test('PSNR is the mean over all triplets, and over those of each gap', async () => {
  // An error of 0.1 is 20 dB, one of 0.01 40 dB.
  const triplets = [triplet(1, [0, 0, 255 / 10]), triplet(4, [255, 255, 255 - 51])];
  let reads = 0;
  const {scores} = validator(async () => (reads++, triplets));
  const {psnr, ...perGap} = await scores();
  const [near, far] = [perGap['psnr/gap 1']!, perGap['psnr/gap 4']!];
  expect(near).toBeCloseTo(decibels(25), 4);
  expect(far).toBeCloseTo(decibels(51), 4);
  expect(psnr).toBeCloseTo((near + far) / 2, 6);
  await scores();
  expect(reads).toBe(1);
});

test('beside each score is that of the mean of the inputs on the same triplets', async () => {
  const triplets = [triplet(1, [0, 20, 20]), triplet(4, [200, 100, 200])];
  const grey = async () =>
    ({refined: {shape: [1, 1, 1, 3], values: new Float32Array(3).fill(100 / 255)}}) as never;
  const {validate, made} = validator(async () => triplets, grey);
  const {scores, baselines} = await validate({step: 0, name: 'psnr', score: 7});
  expect(scores['psnr/gap 1']).toBeCloseTo(decibels(80), 4);
  expect(baselines['psnr/gap 1']).toBeCloseTo(decibels(10), 4);
  expect(baselines['psnr/gap 4']).toBeCloseTo(decibels(50), 4);
  expect(baselines['psnr']).toBeCloseTo((decibels(10) + decibels(50)) / 2, 4);
  expect(made.validated).toMatchObject({psnr: scores['psnr'], inputsPsnr: baselines['psnr']});
});

test('the best is that of the run, not of this process alone', async () => {
  const {validate, made} = validator(async () => [triplet(1, [0, 0, 51])]);
  await validate({step: 5, name: 'psnr', score: 30});
  expect(made.validated!.best).toEqual({step: 5, psnr: 30});
  const {scores} = await validate({step: 5, name: 'psnr', score: 3});
  expect(made.validated!.best).toEqual({step: 1, psnr: scores['psnr']});
});

test('public sets are scored although there are no triplets, and a failure of theirs is reported once', async () => {
  const warnings: string[] = [];
  let calls = 0;
  const scoreSets = async ({scores}: Validation) => {
    if (++calls > 1) throw new Error('the disk is gone');
    scores['middlebury/ie'] = 3;
  };
  const made = new Validator({
    ...{root: 'clips', readTriplets: async () => [], predict: blend, scoreSets},
    warn: text => warnings.push(text),
  });
  const validate = async () => {
    const validation: Validation = {
      ...{step: 1, steps: 2, fraction: 0.5, scores: {}, baselines: {}, lowerIsBetter: []},
    };
    await made.validate(validation);
    return validation.scores;
  };
  expect(await validate()).toEqual({'middlebury/ie': 3});
  expect(await validate()).toEqual({});
  expect(await validate()).toEqual({});
  expect(calls).toBe(2);
  expect(warnings).toEqual([
    expect.stringContaining('There is nothing to validate on'),
    expect.stringContaining('the disk is gone'),
  ]);
});

test('equal pictures count as 100 dB, so that one of them leaves a mean finite', async () => {
  const still = triplet(1, [7, 7, 7]);
  const {validate} = validator(async () => [still, triplet(1, [0, 0, 51])]);
  const {scores, baselines} = await validate();
  expect(scores['psnr']).toBeCloseTo((100 + decibels(51)) / 2, 3);
  expect(baselines['psnr']).toBeCloseTo((100 + decibels(51)) / 2, 3);
});

test('PSNR of two pixels of which one channel is wrong by 1', () => {
  const one = [255, 0, 0, 0, 255, 0, 0, 0, 255];
  const images = Uint8Array.from([...one, ...one]);
  expect(psnr({images, refined: Float32Array.of(0, 0, 1, 0, 0, 0)})).toBeCloseTo(-10 * Math.log10(1 / 6), 5);
});

test('nothing to validate on is reported once', async () => {
  const {scores, warnings} = validator(async () => []);
  expect([await scores(), await scores()]).toEqual([{}, {}]);
  expect(warnings).toEqual([expect.stringContaining('"clips" has no folder "val"')]);
});

test('a failure is reported once, and is not the end of the run', async () => {
  const {scores, warnings} = validator(
    async () => [triplet(1, [0, 0, 0])],
    () => Promise.reject(new Error('out of memory')),
  );
  expect([await scores(), await scores()]).toEqual([{}, {}]);
  expect(warnings).toEqual([expect.stringContaining('Validation failed (out of memory)')]);
});
