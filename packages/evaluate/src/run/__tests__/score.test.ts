import type {Picture} from '../../picture/picture.js';
import {meanOf, scoreTarget} from '../score.js';
import type {ScoreTask} from '../tasks.js';

const flat = (value: number): Picture => ({width: 16, height: 16, data: new Uint8Array(768).fill(value)});
const source = {kind: 'picture' as const, path: 'unread.png'};

const taskAt = (t: number, metrics: ScoreTask['metrics']): ScoreTask => ({
  ...{kind: 'score', reading: {view: 'whole', options: {}}, img0: source, img1: source, gt: source, t},
  ...{previousGt: undefined, metrics},
  made: [{subject: 'network', data: new Float32Array(768).fill(1.5), previous: undefined}],
});

const frames = {img0: flat(10), img1: flat(40), gt: flat(20), previousGt: flat(10)};

test.each([
  [0.25, 10],
  [0.5, 10],
  [0.75, 20],
])('at %d the nearest input is %d levels off, and the mean 5', async (t, nearest) => {
  const {scores} = await scoreTarget(taskAt(t, ['ie']), frames);
  expect(scores.nearest).toEqual({ie: nearest});
  expect(scores.mean).toEqual({ie: 5});
});

test('a prediction is clipped to 0..1 before it is scored', async () => {
  const {scores} = await scoreTarget(taskAt(0.5, ['ie', 'psnr']), frames);
  expect(scores.network!.ie).toBe(235);
  expect(scores.network!.psnr).toBeCloseTo(20 * Math.log10(255 / 235), 9);
});

test('every metric but LPIPS is measured of the network, and the costly ones of nothing else', async () => {
  const metrics = ['psnr-y', 'ssim', 'ssim-rounded', 'ssim-skimage', 'ssim-tf', 'flip'] as const;
  const {scores, ms} = await scoreTarget(taskAt(0.5, metrics), frames);
  expect(Object.keys(scores.network!)).toEqual([...metrics]);
  expect(Object.keys(scores.mean!)).toEqual(metrics.filter(name => name !== 'flip'));
  expect(ms).toBeGreaterThanOrEqual(0);
});

test('the mean of the inputs takes bytes and floats alike, and does not round', () => {
  const floats = {...flat(0), data: new Float32Array(768).fill(15 / 255)};
  expect(meanOf({img0: flat(10), img1: floats}).data[0]).toBeCloseTo(12.5 / 255, 7);
});
