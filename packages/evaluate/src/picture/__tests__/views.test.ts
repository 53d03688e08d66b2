import type {Picture} from '../picture.js';
import {viewed, viewNeeds} from '../views.js';

/** Bytes that tell their place: 7 y + 3 x + 50 c. */
const ramp = (height: number, width: number): Picture => ({
  height,
  width,
  data: Uint8Array.from({length: height * width * 3}, (_, i) => {
    const at = Math.floor(i / 3);
    return (7 * Math.floor(at / width) + 3 * (at % width) + 50 * (i % 3)) % 256;
  }),
});
const size = ({height, width}: Picture) => [height, width];
/** Two rows of two pixels; the channels differ by their unit. */
const four = (a: number, b: number, c: number, d: number): Picture => ({
  height: 2,
  width: 2,
  data: Uint8Array.from([a, b, c, d].flatMap(value => [value, 0, 255 - value])),
});

test('whole is the frame itself', () => {
  const frame = ramp(4, 6);
  expect(viewed(frame, 'whole')).toBe(frame);
});

test.each([
  [[0, 0, 0, 1], 0],
  [[0, 0, 1, 1], 1],
  [[1, 2, 2, 2], 2],
  [[254, 255, 255, 254], 255],
])('xiph-2k: the mean of %j, rounded half up, is %d', (values, mean) => {
  const {data, height, width} = viewed(four(...(values as [number, number, number, number])), 'xiph-2k');
  expect([height, width]).toEqual([1, 1]);
  expect(data).toBeInstanceOf(Uint8Array);
  expect(data[0]).toBe(mean);
});

test('x-test-2k: the mean is not rounded, and is float32', () => {
  const {data} = viewed(four(0, 0, 0, 1), 'x-test-2k');
  expect(data).toBeInstanceOf(Float32Array);
  expect(data[0]).toBe(Math.fround(1 / 255) / 4);
  // cv2 5.0: cv2.resize((b / 255.).astype(np.float32), (1, 1), interpolation=cv2.INTER_AREA)
  expect(viewed(four(26, 71, 201, 13), 'x-test-2k').data[0]).toBe(0.30490198731422424);
});

test('both halve each pixel of a larger frame', () => {
  const frame = ramp(4, 6);
  const bytes = viewed(frame, 'xiph-2k');
  const floats = viewed(frame, 'x-test-2k');
  expect([size(bytes), size(floats)]).toEqual([
    [2, 3],
    [2, 3],
  ]);
  // Of the pixels at (2,4), (2,5), (3,4) and (3,5): 26, 29, 33, 36; 100 more in the third channel.
  expect([bytes.data[15], bytes.data[17]]).toEqual([31, 131]);
  expect(floats.data[15]).toBeCloseTo(31 / 255, 7);
  expect(floats.data[17]).toBeCloseTo(131 / 255, 7);
});

test('xiph-4k is rows 540 to 1619 and columns 1024 to 3071', () => {
  const frame = {height: 2160, width: 4096, data: new Uint8Array(2160 * 4096 * 3)};
  const mark = (y: number, x: number, value: number) => (frame.data[3 * (y * 4096 + x)] = value);
  mark(540, 1024, 1);
  mark(1619, 3071, 2);
  mark(539, 1024, 9);
  mark(1619, 3072, 9);
  const {height, width, data} = viewed(frame, 'xiph-4k');
  expect([height, width]).toEqual([1080, 2048]);
  expect([data[0], data[data.length - 3]]).toEqual([1, 2]);
  expect(data.includes(9)).toBe(false);
});

test.each([
  [720, 1280, 104, 384],
  [513, 515, 0, 1],
])('centre-512 of %d x %d begins at row %d, column %d', (height, width, top, left) => {
  const frame = ramp(height, width);
  const cut = viewed(frame, 'centre-512');
  expect(size(cut)).toEqual([512, 512]);
  expect(cut.data[0]).toBe((7 * top + 3 * left) % 256);
});

test('a crop is cut from the centre', () => {
  const cut = viewed(ramp(9, 8), {height: 4, width: 4});
  expect([size(cut), cut.data[0]]).toEqual([[4, 4], 7 * 2 + 3 * 2]);
});

test('frames that are too small or odd are refused', () => {
  expect(viewNeeds('xiph-4k', {height: 1079, width: 4096})).toContain('at least 1080 x 2048');
  expect(viewNeeds('centre-512', {height: 600, width: 500})).toContain('512 x 512');
  expect(viewNeeds({height: 64, width: 64}, {height: 64, width: 63})).toContain('64 x 64');
  expect(viewNeeds('x-test-2k', {height: 3, width: 4})).toContain('even');
  expect(viewNeeds('xiph-2k', {height: 4, width: 4})).toBeUndefined();
  expect(viewNeeds('whole', {height: 1, width: 1})).toBeUndefined();
});
