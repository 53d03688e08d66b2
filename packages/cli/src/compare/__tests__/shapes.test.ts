import {axisFor, shareOf, stepText, ticks} from '../axis.js';
import {Bins, RollingMean, RoughMedian, smoothed} from '../series.js';
import {frameAround, sparkline} from '../sparkline.js';

const point = (step: number, mean: number, count = 1) => ({step, mean, min: mean, max: mean, count});

test('bins have mean, minimum and maximum, without what is not finite', () => {
  const bins = new Bins(10);
  [
    [0, 1],
    [4, 5],
    [9, NaN],
    [10, 7],
    [5, 3],
  ].forEach(([step, value]) => bins.add(step!, value!));
  expect(bins.points()).toEqual([{step: 3, mean: 3, min: 1, max: 5, count: 3}, point(10, 7)]);
});

test('the lowest mean is that of a whole window', () => {
  const rolling = new RollingMean(2);
  [4, 1, Infinity, 2, 9].forEach((value, step) => rolling.add(step, value));
  expect([rolling.mean, rolling.count, rolling.lowest]).toEqual([5.5, 2, {mean: 1.5, step: 3}]);
});

test('a mean forgets a huge value', () => {
  const rolling = new RollingMean(2);
  [1e30, 1, 2].forEach((value, step) => rolling.add(step, value));
  expect(rolling.mean).toBe(1.5);
});

test.each([
  [[5], 5],
  [[1, 2, 1000], 2],
  [Array.from({length: 1001}, (_, i) => 1 + i / 10), 51],
])('the median is right to two thousandths', (values, expected) => {
  const median = new RoughMedian();
  values.forEach(value => median.add(value));
  expect(Math.abs(median.median / expected - 1)).toBeLessThan(0.002);
});

test('the median without values is NaN', () => expect(new RoughMedian().median).toBeNaN());

test('smoothing weighs points by their counts', () =>
  expect(smoothed([point(0, 0, 3), point(1, 4), point(2, 4), point(3, 4)]).map(({mean}) => mean)).toEqual([
    1, 1.6, 4, 4,
  ]));

test('a sparkline has its place in the steps of the longest run, and keeps a value until the next', () => {
  const frame = frameAround([[point(0, 0), point(7, 7)]], 8);
  expect(sparkline([point(2, 0), point(4, 7), point(5, 3)], frame, 8)).toBe('  ▁▁█▄');
  expect(sparkline([], frame, 8)).toBe('');
});

test('a sparkline of positive values is logarithmic', () => {
  const points = [point(0, 100), point(1, 10), point(2, 1)];
  expect(sparkline(points, frameAround([points], 3), 3)).toBe('█▅▁');
});

test.each([
  [[0, 10], false, [0, 2, 4, 6, 8, 10]],
  [[1, 1000], true, [1, 10, 100, 1000]],
  [[2, 30], false, [10, 20, 30]],
  [[7, 7], true, [6.8, 7, 7.2]],
])('round values beside an axis of %j', (values, isLog, expected) =>
  expect(ticks(axisFor(values, isLog), 6)).toEqual(expected),
);

test('a logarithmic axis places by ratio', () => {
  const axis = {low: 1, high: 100, isLog: true};
  expect([1, 10, 100, 0].map(value => shareOf(value, axis))).toEqual([0, 0.5, 1, 0]);
});

test('steps are written short', () =>
  expect([0, 2500, 20_000, 1_500_000].map(stepText)).toEqual(['0', '2500', '20k', '1.5M']));
