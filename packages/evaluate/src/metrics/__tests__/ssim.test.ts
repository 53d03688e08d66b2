import type {Picture} from '../../picture/picture.js';
import {ssim2d, ssimMatlab} from '../ssimMatlab.js';
import {ssimSkimage} from '../ssimSkimage.js';
import {ssimTf} from '../ssimTf.js';
import {ssimXvfi} from '../ssimXvfi.js';
import {fixturePair, flat, patternPair} from './helpers/pictures.js';

const ALL = {ssimMatlab, ssim2d, ssimSkimage, ssimTf, ssimXvfi};

/** The other channel order. */
const swapped = ({data, height, width}: Picture): Picture => ({
  data: data.map((_, i) => data[i - (i % 3) + 2 - (i % 3)]!),
  height,
  width,
});

test.each(Object.entries(ALL))('%s of identical pictures is 1', (_, ssim) => {
  const [prediction, gt] = patternPair(20, 30);
  expect(ssim(gt, gt)).toBe(1);
  expect(ssim(prediction, gt)).toBeLessThan(0.9);
});

test.each(Object.entries(ALL))('%s of flat pictures is what the first constant gives', (_, ssim) => {
  const c1 = 0.01 ** 2;
  const [a, b] = [0.4, 0.6];
  const expected = (2 * a * b + c1) / (a * a + b * b + c1);
  // XVFI's luma has an offset, and no constant where the prediction has no range.
  const [ya, yb] = [16 + 219 * a, 16 + 219 * b];
  const onLuma = (2 * ya * yb) / (ya * ya + yb * yb);
  expect(ssim(flat(16, 17, 102), flat(16, 17, 153))).toBeCloseTo(ssim === ssimXvfi ? onLuma : expected, 9);
});

test('XVFI: a flat prediction scores next to nothing against a picture', () => {
  const [, gt] = patternPair(16, 17);
  expect(Math.abs(ssimXvfi(flat(16, 17, 102), gt))).toBeLessThan(1e-6);
});

test('ssim_matlab does not depend on the order of channels or pictures', () => {
  const [prediction, gt] = fixturePair(2, 40, 48);
  const expected = ssimMatlab(prediction, gt);
  expect(ssimMatlab(swapped(prediction), swapped(gt))).toBeCloseTo(expected, 12);
  expect(ssimMatlab(gt, prediction)).toBeCloseTo(expected, 12);
});

test("XVFI's depends on which picture is the prediction", () => {
  const [prediction, gt] = patternPair(40, 48);
  const pale = {...gt, data: gt.data.map(value => 100 + value / 10)};
  expect(Math.abs(ssimXvfi(pale, gt) - ssimXvfi(gt, pale))).toBeGreaterThan(0.01);
  expect(ssimXvfi(prediction, gt)).not.toBe(ssimXvfi(gt, prediction));
});

test.each([
  ['ssim-skimage', ssimSkimage, 7],
  ['ssim-xvfi', ssimXvfi, 7],
  ['ssim-tf', ssimTf, 11],
] as const)('%s needs its window on each side', (name, ssim, least) => {
  for (const [height, width] of [
    [least - 1, 40],
    [40, least - 1],
  ] as const)
    expect(() => ssim(flat(height, width, 0), flat(height, width, 0))).toThrow(
      expect.objectContaining({
        code: 'RIFE_ERR_EVAL_METRIC_SIZE',
        message: expect.stringContaining(`${name} is not defined for ${height} x ${width} pixels`),
      }),
    );
  expect(ssim(flat(least, least, 9), flat(least, least, 9))).toBe(1);
});

test.each(Object.entries(ALL))('%s of two sizes is an error', (_, ssim) => {
  expect(() => ssim(flat(12, 16, 0), flat(16, 12, 0))).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_EVAL_SIZES'}),
  );
});
