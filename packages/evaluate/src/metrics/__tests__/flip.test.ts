import {flip, flipMap} from '../flip.js';
import {LARGEST_DISTANCE} from '../flipColour.js';
import {HALO} from '../flipFilters.js';
import {flat, patternPair, type BytePicture} from './helpers/pictures.js';

/** Waves in RGB, and the same moved by two pixels with a grey box. */
function waves(): [test: {data: Float32Array; height: number; width: number}, reference: BytePicture] {
  const [height, width] = [48, 64];
  const reference = flat(height, width, 0);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      reference.data.set([x * y, 7 * x + 2 * y, 3 * x + 5 * y], 3 * (y * width + x));
  const data = new Float32Array(reference.data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + ((x + width - 2) % width));
      const isBox = y >= 10 && y < 20 && x >= 10 && x < 30;
      for (let c = 0; c < 3; c++)
        data[3 * (y * width + x) + c] = isBox ? 0.5 : reference.data[from + c]! / 255;
    }
  return [{data, height, width}, reference];
}

test('the values of flip-evaluator 1.7', () => {
  const [test, reference] = waves();
  expect(Math.abs(flip(test, reference) - 0.457382)).toBeLessThan(2e-6);
  const map = flipMap(test, reference);
  expect(map[0]).toBeCloseTo(0.982592, 5);
  expect(map[24 * 64 + 32]).toBeCloseTo(0.864076, 5);
  expect(map[47 * 64 + 63]).toBeCloseTo(0.654818, 5);
});

test('the constants of the standard display', () => {
  expect(HALO).toBe(10);
  expect(LARGEST_DISTANCE).toBeCloseTo(41.2761, 5);
});

test('identical pictures differ by 0, black and white by nearly 1', () => {
  const [, gt] = patternPair(30, 40);
  expect(flip(gt, gt)).toBe(0);
  expect(flip(flat(20, 20, 0), flat(20, 20, 255))).toBeGreaterThan(0.95);
});

test('the map has the score as its mean, also across tiles', () => {
  const [prediction, gt] = patternPair(67, 530);
  const map = flipMap(prediction, gt);
  const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
  expect(mean).toBeCloseTo(flip(prediction, gt), 7);
  expect(Math.max(...map)).toBeLessThanOrEqual(1);
});

test('two sizes are an error', () => {
  expect(() => flip(flat(4, 6, 0), flat(6, 4, 0))).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_EVAL_SIZES'}),
  );
});
