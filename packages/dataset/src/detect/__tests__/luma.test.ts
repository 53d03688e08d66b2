import {quantile} from '@rife-train/data/parts';
import {cellMeans, halve, lumaOf, lumaSize, topChange} from '../luma';
import {flat, scene, SIZE, withObject} from './pictures';

test.each([
  [1920, 1080, 96, 54],
  [1080, 1920, 54, 96],
  [256, 256, 96, 96],
  [64, 48, 64, 48],
  [4000, 100, 96, 32],
])('%i x %i becomes %i x %i', (width, height, w, h) =>
  expect(lumaSize(width, height)).toEqual({width: w, height: h}),
);

test('brightness of white, red, green and blue', () =>
  expect([...lumaOf(Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255))]).toEqual([
    255, 76, 150, 29,
  ]));

test('half the size is the mean of four', () =>
  expect([...halve(Uint8Array.of(1, 3, 9, 5, 9, 9), {width: 3, height: 2})]).toEqual([5]));

test('means of cells, also where sides do not divide', () => {
  const luma = Uint8Array.of(0, 10, 20, 30, 40, 50);
  expect([...cellMeans(luma, {width: 3, height: 2}, 1, 2)]).toEqual([10, 40]);
  expect([...cellMeans(luma, {width: 3, height: 2}, 2, 1)]).toEqual([25 - 5, 35]);
});

test('quantiles', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([3, 1, 2], 1)).toBe(3);
  expect(quantile([], 0.5)).toBe(0);
});

test('a change of 3 % of the cells counts in full, of fewer in part', () => {
  const cells = (luma: ReturnType<typeof flat>) => cellMeans(luma, SIZE, 24, 16);
  const change = (side: number) =>
    topChange(
      cells(flat(100)),
      cells(flat(100).map((v, i) => (i % 96 < side && i / 96 < side ? v + 50 : v))),
    );
  expect(change(16)).toBeCloseTo(50);
  expect(change(4)).toBeLessThan(10);
  expect(topChange(cells(scene(1)), cells(withObject(scene(1), [8, 8, 16, 16], 2)))).toBeGreaterThan(20);
});
