/** What is said about clips that are too short must be possible. */
import {clipShort, gapTooLong} from '@rife-train/errors';

test.each([
  [8, 9, 'to at most 4'],
  [8, 3, 'to at most 1'],
  [8, 2, 'Add clips of at least three frames'],
  [1, 1, 'Add clips of at least three frames'],
  [1, 0, 'Add clips of at least three frames'],
])('a gap of %i and at most %i frames', (gap, longest, advice) => {
  expect(gapTooLong(gap, longest).message).toContain(advice);
});

test('the smallest gap cannot be lowered', () => {
  expect(clipShort('a', '/a', 2, 1).message).toContain('Give the clip more frames');
  expect(clipShort('a', '/a', 2, 2).message).toContain('Lower data.gaps, give the clip more frames');
});
