import {cropBack, padded, type Padding} from '../pad.js';
import type {Picture} from '../picture.js';

/** Pixel (y, x) is 10 y + x + 1, in all channels. */
const bytes = (height: number, width: number): Picture => ({
  height,
  width,
  data: Uint8Array.from({length: height * width * 3}, (_, i) => {
    const at = Math.floor(i / 3);
    return 10 * Math.floor(at / width) + (at % width) + 1;
  }),
});
/** The first channel, in rows. */
const rowsOf = ({width, data}: Picture) => {
  const first = [...data].filter((_, i) => i % 3 === 0);
  return Array.from({length: first.length / width}, (_, y) => first.slice(y * width, (y + 1) * width));
};
const corner = (fill: number, multiple: number): Padding => ({where: 'corner', fill, to: {multiple}});
const CENTRE_4: Padding = {where: 'centre', fill: 'replicate', to: {multiple: 4}};

test('corner: zeros at the right and bottom; bytes stay bytes', () => {
  const frame = padded(bytes(2, 3), corner(0, 4));
  expect(frame.data).toBeInstanceOf(Uint8Array);
  expect(rowsOf(frame)).toEqual([
    [1, 2, 3, 0],
    [11, 12, 13, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('corner with another value: float32 in 0..1, as that value has no byte', () => {
  const frame = padded(bytes(1, 1), corner(0.5, 2));
  expect(frame.data).toBeInstanceOf(Float32Array);
  expect(rowsOf(frame)).toEqual([
    [Math.fround(1 / 255), 0.5],
    [0.5, 0.5],
  ]);
});

test('corner to a fixed size: the frame at the top left of 480 x 640', () => {
  const to = {height: 480, width: 640};
  const frame = padded(bytes(380, 420), {where: 'corner', fill: 0, to});
  expect([frame.height, frame.width]).toEqual([480, 640]);
  expect(frame.data[3 * 419]).toBe(164);
  expect(frame.data[3 * 420]).toBe(0);
  expect(frame.data[3 * 640 * 379]).toBe((10 * 379 + 1) % 256);
  expect(frame.data[3 * 640 * 380]).toBe(0);
});

test('centre: half above and at the left, rounded down, of the nearest pixels', () => {
  expect(rowsOf(padded(bytes(1, 3), CENTRE_4))).toEqual(Array.from({length: 4}, () => [1, 2, 3, 3]));
  expect(rowsOf(padded(bytes(3, 2), CENTRE_4))).toEqual([
    [1, 1, 2, 2],
    [11, 11, 12, 12],
    [21, 21, 22, 22],
    [21, 21, 22, 22],
  ]);
});

test('centre of 1080 rows to 32: 4 above and 4 below', () => {
  const data = new Float32Array(1080 * 2 * 3);
  for (let y = 0; y < 1080; y++) data.fill(y, y * 6, (y + 1) * 6);
  const rows = rowsOf(
    padded({height: 1080, width: 2, data}, {where: 'centre', fill: 'replicate', to: {multiple: 32}}),
  );
  expect(rows.length).toBe(1088);
  expect(rows.slice(0, 6).map(row => row[0])).toEqual([0, 0, 0, 0, 0, 1]);
  expect(rows.slice(-5).map(row => row[0])).toEqual([1079, 1079, 1079, 1079, 1079]);
});

test('rows: by the height of the frame; none at other heights', () => {
  const padding: Padding = {where: 'rows', fill: 'replicate', rows: {2: 1}};
  expect(rowsOf(padded(bytes(2, 2), padding))).toEqual([
    [1, 2],
    [1, 2],
    [11, 12],
    [11, 12],
  ]);
  const other = bytes(3, 2);
  expect(padded(other, padding)).toBe(other);
});

test.each<[string, Padding]>([
  ['corner', corner(0, 8)],
  ['corner, float32', corner(0.5, 8)],
  ['fixed', {where: 'corner', fill: 0, to: {height: 12, width: 20}}],
  ['centre', {where: 'centre', fill: 'replicate', to: {multiple: 8}}],
  ['rows', {where: 'rows', fill: 'replicate', rows: {5: 3}}],
])('cropBack undoes %s', (_, padding) => {
  const frame: Picture = {height: 5, width: 7, data: Float32Array.from(bytes(5, 7).data, v => v / 255)};
  const back = cropBack(padded(frame, padding), padding, {height: 5, width: 7});
  expect([back.height, back.width]).toEqual([5, 7]);
  expect([...back.data]).toEqual([...frame.data]);
});

test('a frame that needs nothing is handed back as it is', () => {
  const frame = bytes(4, 8);
  expect(padded(frame, CENTRE_4)).toBe(frame);
  expect(cropBack(frame, CENTRE_4, frame)).toBe(frame);
});
