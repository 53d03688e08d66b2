import {errorsOf, psnr, psnrY} from '../psnr.js';
import {clipped, rounded} from '../rounded.js';
import {flat, inFloat, patternPair} from './helpers/pictures.js';

const pixel = (...values: number[]) => ({data: Float32Array.from(values), height: 1, width: 1});

test('identical pictures have infinite PSNR', () => {
  const [, gt] = patternPair(5, 6);
  expect(errorsOf(gt, gt)).toEqual({psnr: Infinity, 'psnr-rounded': Infinity, ie: 0});
  expect(psnrY(gt, gt)).toBe(Infinity);
});

test('a difference of one step everywhere has 48.13 dB', () => {
  const expected = 20 * Math.log10(255);
  expect(psnr(flat(4, 5, 100), flat(4, 5, 101))).toBeCloseTo(expected, 12);
  expect(psnrY(flat(4, 5, 100), flat(4, 5, 101))).toBeCloseTo(expected, 12);
});

test('luma weights red by 0.299, green by 0.587, blue by 0.114', () => {
  const black = flat(1, 1, 0);
  [0.114, 0.587, 0.299].forEach((weight, channel) => {
    const data = new Uint8Array(3);
    data[channel] = 255;
    expect(psnrY({data, height: 1, width: 1}, black)).toBeCloseTo(-20 * Math.log10(weight), 12);
  });
});

test('halves are rounded to the even neighbour, and what lies outside is clipped', () => {
  const halves = Array.from({length: 255}, (_, i) => i + 0.5);
  const data = Float32Array.from(halves, half => half / 255);
  const expected = halves.map(half => 2 * Math.round(half / 2));
  expect([...rounded({data, height: 5, width: 17}).data]).toEqual(expected);
  expect([...rounded(pixel(-0.1, 1.1, 0.999)).data]).toEqual([0, 255, 255]);
});

test('clipping leaves what is inside, and bytes', () => {
  const picture = pixel(-0.1, 0.25, 1.1);
  expect([...clipped(picture).data]).toEqual([0, 0.25, 1]);
  expect([...picture.data]).toEqual([...Float32Array.of(-0.1, 0.25, 1.1)]);
  const bytes = flat(1, 1, 7);
  expect(clipped(bytes)).toBe(bytes);
  expect(rounded(bytes)).toBe(bytes);
});

test('only the prediction is rounded: a ground truth between bytes stays', () => {
  const gt = pixel(100.25 / 255, 50.5 / 255, 0);
  const prediction = pixel(100.4 / 255, 51.2 / 255, 2 / 255);
  const found = errorsOf(prediction, gt);
  const mean = (...errors: number[]) => errors.reduce((sum, error) => sum + error ** 2, 0) / 3 / 255 ** 2;
  expect(found.psnr).toBeCloseTo(-10 * Math.log10(mean(0.15, 0.7, 2)), 4);
  expect(found['psnr-rounded']).toBeCloseTo(-10 * Math.log10(mean(0.25, 0.5, 2)), 4);
  expect(found.ie).toBeCloseTo((0.25 + 0.5 + 2) / 3, 4);
});

test('bytes and the same values in float32 have the same errors', () => {
  const [prediction, gt] = patternPair(9, 7);
  const expected = errorsOf(prediction, gt);
  for (const [a, b] of [
    [inFloat(prediction), gt],
    [prediction, inFloat(gt)],
    [inFloat(prediction), inFloat(gt)],
  ] as const) {
    const found = errorsOf(a, b);
    expect(found.psnr).toBeCloseTo(expected.psnr, 5);
    expect(found['psnr-rounded']).toBeCloseTo(expected['psnr-rounded'], 5);
    expect(found.ie).toBeCloseTo(expected.ie, 4);
  }
});

test('two sizes are an error, even with the same number of pixels', () => {
  expect(() => psnr(flat(4, 6, 0), flat(6, 4, 0))).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_EVAL_SIZES'}),
  );
});
