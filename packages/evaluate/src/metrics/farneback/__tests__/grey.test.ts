import {factorFor, greyOf, shrunk} from '../grey.js';

const {fround} = Math;

// Each of the last three differs in the last bit from the sum in float32, and from that in float64.
test.each([
  [[255, 255, 255], 255],
  [[212, 173, 112], 159.20700073242188],
  [[216, 44, 22], 57.029998779296875],
  [[171, 134, 165], 147.4870147705078],
  [[213, 102, 201], 144.25498962402344],
])('the grey value of BGR %j is that of cvtColor, to the last bit', (bgr, value) => {
  expect(greyOf({width: 1, height: 1, data: Uint8Array.from(bgr)}).data[0]).toBe(fround(value));
});

test('a picture in floats is rounded to bytes first, halves to the even one', () => {
  const values = [0.5, 1.5, 2.5, 254.5, 300, -3].flatMap(value => [0, value / 255, 0]);
  const green = [0, 2, 2, 254, 255, 0].flatMap(value => [0, value, 0]);
  const grey = greyOf({width: 6, height: 1, data: Float32Array.from(values)});
  expect(grey).toEqual(greyOf({width: 6, height: 1, data: Uint8Array.from(green)}));
});

test('a smaller picture has the means of whole blocks, and of what is left at the edges', () => {
  const data = Float32Array.from({length: 15}, (_, i) => i);
  expect(shrunk({width: 5, height: 3, data}, 2)).toEqual({
    ...{width: 3, height: 2},
    data: Float32Array.of(3, 5, 6.5, 10.5, 12.5, 14),
  });
  expect(shrunk({width: 5, height: 3, data}, 1)).toEqual({width: 5, height: 3, data});
});

test.each([
  [480, 270, 1],
  [481, 10, 2],
  [1920, 1080, 4],
  [1080, 1921, 5],
  [4096, 2160, 9],
])('%i x %i is divided by %i', (width, height, factor) => {
  expect(factorFor({width, height}, 480)).toBe(factor);
});
