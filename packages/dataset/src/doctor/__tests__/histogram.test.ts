import {addTo, coarse, count, emptyHistogram, quantileOf, totalOf} from '../histogram';

const of = (...lengths: number[]) => {
  const histogram = emptyHistogram();
  count(histogram, lengths);
  return histogram;
};

test.each([0.3, 1, 5, 17.3, 300])('the quantiles of %d alone are within 10 %%', length => {
  for (const share of [0.05, 0.5, 0.95])
    expect(Math.abs(quantileOf(of(length), share) / length - 1)).toBeLessThan(0.1);
});

test('median and 95th percentile of 0 to 99', () => {
  const histogram = of(...Array.from({length: 100}, (_, i) => i));
  expect(Math.abs(quantileOf(histogram, 0.5) - 50)).toBeLessThan(3);
  expect(Math.abs(quantileOf(histogram, 0.95) - 95)).toBeLessThan(5);
});

test('nothing counted is 0; sums add up; what is longer than all bins is in the last', () => {
  expect(quantileOf(emptyHistogram(), 0.5)).toBe(0);
  const sum = of(1, 2);
  addTo(sum, of(3, 1e6));
  expect(totalOf(sum)).toBe(4);
  expect(quantileOf(sum, 1)).toBeGreaterThan(1500);
});

test('coarse bins end at powers of 2', () =>
  expect(coarse(of(0, 0.99, 1, 1.99, 2, 255, 256, 999))).toEqual(
    [2, 2, 1, 0, 0, 0, 0, 0, 1, 2].map(number => number / 8),
  ));
