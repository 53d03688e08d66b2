import {findBlack, findBreaks, findFlashes, lossBetween} from '../cuts';
import type {Luma} from '../luma';
import {brighter, clip, flat, noisy, scene, SIZE, withObject} from './pictures';

const nothing = {cuts: [], odd: [], flashes: [], black: []};
const breaksOf = (frames: Luma[]) => findBreaks(frames, SIZE);
/** Two shots, each with its own slow pan. */
const joined = (at: number) => clip(14, i => (i < at ? scene(1, i, 0) : scene(2, 0, i)));

describe('cuts', () => {
  test.each([1, 2, 7, 12, 13])('two shots are joined at frame %i', at =>
    expect(breaksOf(joined(at))).toEqual({...nothing, cuts: [at]}),
  );

  test('two shots of one view: a thing is there all at once, and hides a third', () => {
    const still = clip(12, i => noisy(i < 5 ? scene(1) : withObject(scene(1), [0, 0, 32, 64], 2), 1, i));
    expect(breaksOf(still)).toEqual({...nothing, cuts: [5]});
  });

  test('three shots', () => {
    const frames = clip(18, i => scene(1 + Math.floor(i / 6), i, 0));
    expect(breaksOf(frames).cuts).toEqual([6, 12]);
  });

  test('two shots under noise, and two of which one moves fast', () => {
    expect(breaksOf(joined(7).map((frame, i) => noisy(frame, 4, i))).cuts).toEqual([7]);
    expect(breaksOf(clip(14, i => (i < 7 ? scene(1, 9 * i, 0) : scene(2)))).cuts).toEqual([7]);
  });

  test('a cut with black frames between', () => {
    const frames = joined(7).flatMap((frame, i) => (i === 7 ? [flat(3), flat(3), frame] : [frame]));
    expect(breaksOf(frames)).toEqual({...nothing, cuts: [9], black: [7, 8]});
  });
});

describe('no cut', () => {
  test.each([
    ['a slow pan', clip(12, i => scene(1, 2 * i, i))],
    ['a pan of a seventh of the width a frame', clip(12, i => scene(1, 14 * i, 0))],
    ['motion beyond the range in every frame', clip(12, i => scene(1, 60 * i, 0))],
    ['a pan that starts at once', clip(12, i => scene(1, i < 6 ? 0 : 12 * (i - 5), 0))],
    ['a still scene under noise', clip(12, i => noisy(scene(1), 5, i))],
    [
      'a large thing that comes in over six frames',
      clip(12, i => withObject(scene(1), [0, 8, 12 * Math.max(0, i - 4), 48], 2)),
    ],
    ['light that goes on', clip(12, i => (i < 6 ? scene(1) : brighter(scene(1), 40)))],
    ['a scene that fades', clip(12, i => scene(1).map(value => (value * (12 - i / 2)) / 12))],
    [
      'a fast thing of which two frames make five',
      clip(14, i =>
        withObject(scene(1), [14 * (2 * Math.floor(i / 5) + (i % 5 < 3 ? 0 : 1)) - 10, 8, 40, 48], 2),
      ),
    ],
    ['two frames', [scene(1), scene(1, 3, 0)]],
    ['one frame', [scene(1)]],
    ['none', []],
  ])('in %s', (_, frames) => expect(breaksOf(frames).cuts).toEqual([]));
});

describe('frames that do not belong there', () => {
  const pan = clip(12, i => scene(1, 2 * i, 0));

  test.each([1, 5, 10])('frame %i of another scene is odd, and no cut', at =>
    expect(breaksOf(pan.with(at, scene(2)))).toEqual({...nothing, odd: [at]}),
  );

  test('up to four of them', () => {
    const frames = pan.map((frame, i) => (i >= 4 && i < 8 ? scene(2) : frame));
    expect(breaksOf(frames)).toEqual({...nothing, odd: [4, 5, 6, 7]});
  });

  test.each([60, -60])('a flash by %i levels is no cut', levels =>
    expect(breaksOf(pan.with(5, brighter(pan[5]!, levels)))).toEqual({...nothing, flashes: [5]}),
  );

  test('a black frame is no cut', () => {
    expect(breaksOf(pan.with(5, flat(0)))).toEqual({...nothing, black: [5]});
    expect(breaksOf([...pan.slice(0, -1), flat(0)])).toEqual({...nothing, black: [11]});
  });
});

test('flashes are recognised by brightness: not steps, not slow changes', () => {
  const levels = (...all: number[]) => findFlashes(all.map(level => flat(level)));
  expect(levels(50, 51, 90, 50, 51)).toEqual([2]);
  expect(levels(50, 51, 20, 50, 51)).toEqual([2]);
  expect(levels(50, 50, 90, 90, 90)).toEqual([]);
  expect(levels(50, 60, 70, 60, 50)).toEqual([]);
  expect(levels(90, 50)).toEqual([]);
});

test('black is black but for a speck', () => {
  const speck = flat(2).map((value, i) => (i < 20 ? 255 : value));
  const lamp = flat(2).map((value, i) => (i < 200 ? 255 : value));
  expect(findBlack([flat(0), flat(60), speck, lamp])).toEqual([0, 2]);
});

test('losses: nothing between a picture and its darker, flatter self', () => {
  const dim = scene(1).map(value => value * 0.6 + 10);
  expect(lossBetween(scene(1), dim, SIZE)).toBeLessThan(0.15);
  expect(lossBetween(scene(1), scene(2), SIZE)).toBeGreaterThan(0.5);
});
