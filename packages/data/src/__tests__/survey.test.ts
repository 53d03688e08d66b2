import {join} from 'node:path';
import {surveyClips} from '..';
import {DEMO, rejection, tempFolder, writeClip} from './support';

const nowhere = () => join(tempFolder(), 'x-train');
const X_TRAIN = {layout: 'x-train', crop: 512, gaps: [1, 32]} as const;
const xTrain = (more: object = {}) =>
  surveyClips({root: nowhere(), ...X_TRAIN, gaps: [...X_TRAIN.gaps], ...more});

test('X-TRAIN that is not there: what it is known to have, and its triplets by the formula', async () => {
  expect(await xTrain({epoch: 48_768})).toMatchObject({
    found: false,
    layout: 'x-train',
    clips: 4408,
    frames: 4408 * 65,
    length: [65, 65],
    height: [768, 768],
    width: [768, 768],
    pixelBytes: 4408 * 65 * 3 * 768 ** 2,
    triplets: 4408 * 1024,
    epoch: 48_768,
  });
});

test('at any timestep every three frames of a clip in order are a triplet', async () => {
  const {triplets, epoch} = await xTrain({timestep: 'any'});
  const choose3 = (65 * 64 * 63) / 6;
  expect(triplets).toBe(4408 * choose3);
  expect(epoch).toBe(triplets);
  expect(await xTrain({epoch: 'none'})).not.toHaveProperty('epoch');
});

test('shares are those of the policy', async () => {
  const {sharesOf} = await xTrain();
  expect(sharesOf({minGap: 1, maxGap: 4})).toEqual([0.25, 0.25, 0.25, 0.25]);
  const shares = sharesOf({minGap: 1, maxGap: 32, balance: 'triplets'});
  expect(shares.slice(0, 8).reduce((a, b) => a + b)).toBeCloseTo(0.4375, 4);
  expect(() => sharesOf({minGap: 1, maxGap: 33})).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_DATA_GAP'}),
  );
});

test('what X-TRAIN cannot serve is an error all the same', async () => {
  expect(await rejection(xTrain({gaps: [1, 33]}))).toMatchObject({code: 'RIFE_ERR_DATA_GAP'});
  expect(await rejection(xTrain({crop: 800}))).toMatchObject({code: 'RIFE_ERR_DATA_CROP_SIZE'});
});

test.each(['auto', 'clips', 'vimeo-triplet'] as const)('no root is an error with layout %s', async layout => {
  const error = await rejection(surveyClips({root: nowhere(), layout}));
  expect(error).toMatchObject({code: 'RIFE_ERR_DATA_ROOT'});
});

test('clips that are there are scanned, also those of X-TRAIN', async () => {
  const root = tempFolder();
  await writeClip(join(root, 'train/001/occ008.180'), 5);
  await writeClip(join(root, 'train/002/occ001.000'), 7, 64, 96);
  const survey = await surveyClips({root, layout: 'x-train', crop: 64, gaps: [1, 2]});
  expect(survey).toMatchObject({
    found: true,
    clips: 2,
    frames: 12,
    length: [5, 7],
    height: [64, 64],
    width: [64, 96],
    triplets: 3 + 1 + 5 + 3,
  });
  expect(await surveyClips({root: DEMO, gaps: [1, 2]})).toMatchObject({
    layout: 'clips',
    clips: 4,
    triplets: 496,
  });
});
