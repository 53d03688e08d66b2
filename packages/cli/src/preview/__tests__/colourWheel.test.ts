import {flowColour, flowToRgb, longestFlow, WHEEL} from '../colourWheel.js';

test('the wheel has the 55 colours of the original', () => {
  expect(WHEEL).toHaveLength(55);
  expect([WHEEL[0], WHEEL[1], WHEEL[15], WHEEL[21], WHEEL[25], WHEEL[36], WHEEL[49]]).toEqual([
    [255, 0, 0],
    [255, 17, 0],
    [255, 255, 0],
    [0, 255, 0],
    [0, 255, 255],
    [0, 0, 255],
    [255, 0, 255],
  ]);
  expect(WHEEL[16]).toEqual([255 - Math.floor(255 / 6), 255, 0]);
});

test('no motion is white', () => expect(flowColour(0, 0)).toEqual([255, 255, 255]));

// Middlebury's colour coding: right is red, left is cyan, down is yellow to green, up is blue to
// violet.
test('directions have their hues', () => {
  expect(flowColour(1, 0)).toEqual([255, 0, 0]);
  const [leftR, leftG, leftB] = flowColour(-1, 0);
  expect(leftR).toBe(0);
  expect(Math.min(leftG, leftB)).toBeGreaterThan(180);
  const [downR, downG, downB] = flowColour(0, 1);
  expect(downB).toBe(0);
  expect(downR + downG).toBeGreaterThan(400);
  const [, upG, upB] = flowColour(0, -1);
  expect(upB).toBe(255);
  expect(upG).toBe(0);
});

test('half the length is half as saturated; beyond full length it is darker', () => {
  expect(flowColour(0.5, 0)).toEqual([255, 127, 127]);
  expect(flowColour(2, 0)).toEqual([191, 0, 0]);
});

test.each([
  [NaN, 0],
  [Infinity, 1],
])('%p, %p is black', (x, y) => expect(flowColour(x, y)).toEqual([0, 0, 0]));

test('the longest vector ignores the other channels and what is not finite', () => {
  const flow = Float32Array.of(3, 4, 100, 100, NaN, 1, 0, 0);
  expect(longestFlow(flow, 4, 0)).toBeCloseTo(5);
  expect(longestFlow(new Float32Array(4), 4, 0)).toBe(1e-6);
});

test('a picture takes two of four channels', () => {
  expect([...flowToRgb(Float32Array.of(9, 9, 2, 0, 9, 9, 0, 0), 4, 2, 2)]).toEqual([
    255, 0, 0, 255, 255, 255,
  ]);
});
