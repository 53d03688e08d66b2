import {bar, duration, figure, fit, gapRange, rate} from '../format.js';

test.each([
  [0, '0s'],
  [9_400, '9s'],
  [245_000, '4:05'],
  [3_723_000, '1:02:03'],
  [3 * 86_400_000 + 4 * 3_600_000 + 5 * 60_000, '3d 04:05'],
  [NaN, '?'],
  [-5, '0s'],
])('%p ms is %p', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [0.08123, '0.0812'],
  [0, '0.00'],
  [12.345, '12.3'],
  [1234.5, '1235'],
  [1.23e9, '1.2e+9'],
  [0.000012, '1.2e-5'],
  [NaN, 'NaN'],
  [-Infinity, '-Infinity'],
])('figure %p is %p', (value, text) => expect(figure(value)).toBe(text));

test('rate and gaps', () => {
  expect([rate(3e-4), rate(0), gapRange(1, 1), gapRange(2, 8)]).toEqual(['3.0e-4', '0', 'gap 1', 'gap 2-8']);
});

test.each([
  [0, '[--------]'],
  [0.5, '[####----]'],
  [1, '[########]'],
  [1.7, '[########]'],
])('a bar at %p', (fraction, text) => expect(bar(fraction, 10)).toBe(text));

test('fit keeps whole fields, the first ones, and cuts only when not even one fits', () => {
  const fields = ['step 1/10', '', 'loss 0.1', 'lr 1e-4'];
  expect(fit(fields, 80)).toBe('step 1/10  loss 0.1  lr 1e-4');
  expect(fit(fields, 20)).toBe('step 1/10  loss 0.1');
  expect(fit(fields, 6)).toBe('step 1');
  expect(fit(fields, 0)).toBe('');
});
