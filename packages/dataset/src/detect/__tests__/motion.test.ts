import {lengthsOf, matchBlocks, unexplained} from '../motion';
import {flat, noisy, scene, SIZE, withObject} from './pictures';

const median = (values: Iterable<number>) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
};
const quarter = (dx: number, dy: number) => matchBlocks(scene(1), scene(1, dx, dy), SIZE);

test.each([
  [0, 0],
  [0.5, 0],
  [3.4, -2.2],
  [-7, 5],
  [12.5, 0.3],
  [-21, -3],
])('a shift of (%d, %d) is measured within half a pixel', (dx, dy) => {
  const match = quarter(dx, dy);
  expect(Math.abs(median(match.dx) - dx)).toBeLessThan(0.5);
  expect(Math.abs(median(match.dy) - dy)).toBeLessThan(0.5);
  expect(Math.abs(median(lengthsOf(match)) - Math.hypot(dx, dy))).toBeLessThan(0.5);
});

test('each window inside moves so, not just the median', () => {
  const {dx, dy, residual} = quarter(4, 2);
  // The last column and row leave the picture.
  const inside = [...dx.keys()].filter(i => i % 11 < 10 && i < 66);
  for (const i of inside) {
    expect(Math.abs(dx[i]! - 4)).toBeLessThan(0.5);
    expect(Math.abs(dy[i]! - 2)).toBeLessThan(0.5);
    expect(residual[i]).toBeLessThan(1);
  }
});

test('what moves farther than the range is not found', () => {
  const match = quarter(40, 0);
  expect(Math.max(...match.dx)).toBeLessThanOrEqual(27);
  expect(unexplained(match)).toBeGreaterThan(0.3);
});

test('noise moves nothing, and flat areas have no motion', () => {
  const still = matchBlocks(noisy(scene(1), 3, 1), noisy(scene(1), 3, 2), SIZE);
  expect(Math.max(...lengthsOf(still))).toBeLessThan(0.5);
  expect(unexplained(still)).toBe(0);
  const wall = matchBlocks(noisy(flat(90), 1, 1), noisy(flat(90), 1, 2), SIZE);
  expect(lengthsOf(wall)).toEqual([]);
});

test('before a flat wall only the thing that moves is measured', () => {
  const at = (left: number) => withObject(flat(90), [left, 16, 24, 24], 2);
  const lengths = lengthsOf(matchBlocks(at(16), at(22), SIZE));
  expect(lengths.length).toBeGreaterThan(3);
  expect(lengths.length).toBeLessThan(40);
  expect(median(lengths)).toBeCloseTo(6, 0);
});

test('another scene explains little, the same one everything', () => {
  expect(unexplained(matchBlocks(scene(1), scene(2), SIZE))).toBeGreaterThan(0.5);
  expect(unexplained(matchBlocks(scene(1), scene(1), SIZE))).toBe(0);
});

test('the smallest pictures there are', () => {
  const size = {width: 32, height: 32};
  const {dx} = matchBlocks(scene(1, 0, 0, size), scene(1, 2, 0, size), size);
  expect(dx).toHaveLength(9);
  expect(median(dx)).toBeCloseTo(2, 0);
});
