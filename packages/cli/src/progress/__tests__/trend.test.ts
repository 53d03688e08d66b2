import {lossTrend} from '../trend.js';

const sample = (gap: number, loss: number) => ({gap, timestep: 0.5, loss});

test('only gaps that occur in both are compared', () => {
  const first = [[sample(1, 4), sample(1, 2)]];
  const last = [[sample(1, 1), sample(8, 100)]];
  expect(lossTrend(first, last)).toEqual({count: 1, first: 3, last: 1, gaps: [1]});
});

test('gaps are ascending, and what is not finite does not count', () => {
  const first = [[sample(2.5, 4), sample(1, 2)], [sample(1, NaN)]];
  const last = [[sample(1, 1)], [sample(2.5, 2)]];
  expect(lossTrend(first, last)).toEqual({count: 2, first: 3, last: 1.5, gaps: [1, 2.5]});
});

test('nothing in common, nothing to say', () => {
  expect(lossTrend([[sample(1, 1)]], [[sample(2, 1)]])).toBeUndefined();
  expect(lossTrend([], [])).toBeUndefined();
});
