import {findRepeated, isStatic} from '../static';
import {brighter, clip, flat, noisy, scene, SIZE, withObject} from './pictures';

describe('static', () => {
  test.each([
    ['the same picture', clip(10, () => scene(1)), true],
    ['noise of 1 level', clip(10, i => noisy(scene(1), 1, i)), true],
    ['noise of 6 levels', clip(10, i => noisy(scene(1), 6, i)), true],
    ['a flat wall under noise', clip(10, i => noisy(flat(90), 4, i)), true],
    ['a slow pan', clip(10, i => scene(1, 0.3 * i, 0)), false],
    ['a slow pan under noise', clip(10, i => noisy(scene(1, 0.3 * i, 0), 3, i)), false],
    ['a small thing that moves', clip(10, i => withObject(scene(1), [10 + 2 * i, 20, 12, 12], 2)), false],
    ['a change of the light', clip(10, i => brighter(scene(1), 2 * i)), false],
    ['motion in the last frame alone', clip(40, i => scene(1, i === 39 ? 3 : 0, 0)), false],
    ['one frame', [scene(1)], false],
  ])('%s: %#', (_, frames, expected) => expect(isStatic(frames, SIZE)).toBe(expected));
});

describe('repeated frames', () => {
  const pan = clip(14, i => scene(1, 2 * i, 0));

  test.each([1, 6, 13])('frame %i once more, the same bits', at =>
    expect(findRepeated(pan.with(at, pan[at - 1]!), SIZE)).toEqual([at]),
  );

  test('with noise of its own', () => {
    const frames = pan.map((frame, i) => noisy(i === 6 ? pan[5]! : frame, 1.5, i));
    expect(findRepeated(frames, SIZE)).toEqual([6]);
  });

  test('every second frame', () => {
    const frames = clip(14, i => pan[i - (i % 2)]!);
    expect(findRepeated(frames, SIZE)).toEqual([1, 3, 5, 7, 9, 11, 13]);
  });

  test.each([
    ['a pan', pan],
    ['a still scene under noise', clip(14, i => noisy(scene(1), 2, i))],
    ['a still scene', clip(14, () => scene(1))],
    ['a pan that stops', clip(14, i => scene(1, 2 * Math.min(i, 7), 0))],
    [
      'a pendulum that turns between two frames',
      clip(24, i => noisy(scene(1, 20 * Math.sin((i - 6.5) / 4), 0), 1, i)),
    ],
    ['none', []],
  ])('none in %s', (_, frames) => expect(findRepeated(frames, SIZE)).toEqual([]));

  test('what is strange is not what a clip usually moves', () => {
    const quiet = clip(14, i => noisy(scene(1, 0.4 * i, 0), 1, i));
    const frames = quiet.with(5, scene(2)).with(8, scene(3)).with(11, scene(4));
    expect(findRepeated(frames, SIZE, {odd: [5, 8, 11]})).toEqual([]);
    expect(findRepeated(pan.with(6, pan[5]!), SIZE, {cuts: [6]})).toEqual([]);
  });

  test('one shot says nothing about another: a quiet end after a cut', () => {
    const quiet = [noisy(scene(2), 1, 1), noisy(scene(2), 1, 2)];
    expect(findRepeated([...pan, ...quiet], SIZE, {cuts: [14]})).toEqual([]);
    expect(findRepeated([...pan.with(6, pan[5]!), ...pan.with(9, pan[8]!)], SIZE, {cuts: [14]})).toEqual([
      6, 23,
    ]);
  });
});
