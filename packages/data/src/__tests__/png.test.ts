import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {crc32, deflateSync} from 'node:zlib';
import sharp from 'sharp';
import {decodeImage, decodeRegion} from '../decode/image';
import {pngRegion} from '../decode/png';
import {pixels, rejection, tempFolder, truncate} from './support';

const [HEIGHT, WIDTH] = [40, 52];
const SIZE = {id: 'c', height: HEIGHT, width: WIDTH};
const WHOLE = {top: 0, left: 0, height: HEIGHT, width: WIDTH};
const CROPS = [
  WHOLE,
  {top: 0, left: 0, height: 8, width: 8},
  {top: 13, left: 7, height: 16, width: 24},
  {top: 24, left: 28, height: 16, width: 24},
];
/** Smooth in places, so that a byte above or beside says something, and with every carry. */
const RGB = pixels(HEIGHT, WIDTH, 3).map((v, i) => (i % 7 < 4 ? v : (i >> 3) & 255));

type Part = [name: string, data: Uint8Array];

function chunk([name, data]: Part): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

function writePng(parts: readonly Part[]): string {
  const path = join(tempFolder(), 'a.png');
  writeFileSync(path, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts.map(chunk)]));
  return path;
}

function header(tail: readonly number[] = [8, 2, 0, 0, 0], width = WIDTH): Part {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(HEIGHT, 4);
  data.set(tail, 8);
  return ['IHDR', data];
}

/** What a filter takes away, straight from the specification. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter < 3) return [0, left, up][filter]!;
  if (filter === 3) return Math.floor((left + up) / 2);
  const near = [left, up, corner].map(v => Math.abs(left + up - corner - v));
  return [left, up, corner][near.indexOf(Math.min(...near))]!;
}

/** Rows, each after its filter type. */
function filtered(filterOf: (y: number) => number): Buffer {
  const at = (y: number, x: number) => (y < 0 || x < 0 ? 0 : RGB[y * WIDTH * 3 + x]!);
  const rows = Array.from({length: HEIGHT}, (_, y) => [
    filterOf(y),
    ...Array.from({length: WIDTH * 3}, (__, x) => {
      const guess = predicted(filterOf(y), at(y, x - 3), at(y - 1, x), at(y - 1, x - 3));
      return (at(y, x) - guess) & 255;
    }),
  ]);
  return Buffer.from(rows.flat());
}

/** The compressed pixels in parts of 200 bytes. */
function pixelParts(rows: Buffer): Part[] {
  const packed = deflateSync(rows);
  return Array.from({length: Math.ceil(packed.length / 200)}, (_, i) => [
    'IDAT',
    packed.subarray(200 * i, 200 * (i + 1)),
  ]);
}

const END: Part = ['IEND', new Uint8Array()];
const cut = ({top, left, height, width}: typeof WHOLE) =>
  RGB.filter((_, i) => {
    const [y, x] = [Math.floor(i / (WIDTH * 3)), Math.floor(i / 3) % WIDTH];
    return y >= top && y < top + height && x >= left && x < left + width;
  });

test.each([
  ...[0, 1, 2, 3, 4].map(n => [`filter ${n}`, () => n] as const),
  ['all filters in turn', (y: number) => (y * 3) % 5] as const,
])('%s: a region has the bytes that were written, as sharp reads them', async (_, filterOf) => {
  const path = writePng([header(), ...pixelParts(filtered(filterOf)), END]);
  expect(Buffer.compare(await sharp(path).raw().toBuffer(), RGB)).toBe(0);
  for (const crop of CROPS) {
    const region = pngRegion(readFileSync(path), SIZE, crop);
    expect(region).toBeDefined();
    expect(Buffer.compare(region!, cut(crop))).toBe(0);
  }
});

test('rows below the region that pack worse than those in it, and better', async () => {
  for (const half of [(y: number) => y < 20, (y: number) => y >= 20]) {
    const rows = filtered(() => 0).map((v, i) => (half(Math.floor(i / (WIDTH * 3 + 1))) ? v : 0));
    const path = writePng([header(), ...pixelParts(Buffer.from(rows)), END]);
    const crop = {top: 4, left: 8, height: 16, width: 24};
    const own = pngRegion(readFileSync(path), SIZE, crop);
    const theirs = await sharp(path).extract(crop).raw().toBuffer();
    expect(own && Buffer.compare(own, theirs)).toBe(0);
  }
});

test('chunks that say nothing of the pixels are passed over', () => {
  const text: Part = ['tEXt', Buffer.from('Comment\0frame')];
  const gamma: Part = ['gAMA', Buffer.from([0, 0, 0xb1, 0x8f])];
  const path = writePng([header(), gamma, text, ...pixelParts(filtered(() => 4)), text, END]);
  expect(Buffer.compare(pngRegion(readFileSync(path), SIZE, WHOLE)!, RGB)).toBe(0);
});

describe('left to sharp', () => {
  const rows = filtered(() => 1);
  const usual = () => writePng([header(), ...pixelParts(rows), END]);

  test.each([
    ['a palette', (image: sharp.Sharp) => image.png({palette: true})],
    ['rows in several passes', (image: sharp.Sharp) => image.png({progressive: true})],
    ['16 bits', (image: sharp.Sharp) => image.toColourspace('rgb16').png()],
    ['grey', (image: sharp.Sharp) => image.toColourspace('b-w').png()],
    ['alpha', (image: sharp.Sharp) => image.ensureAlpha(0.5).png()],
  ])('%s', async (_, written) => {
    const path = join(tempFolder(), 'a.png');
    await written(sharp(RGB, {raw: {width: WIDTH, height: HEIGHT, channels: 3}})).toFile(path);
    expect(pngRegion(readFileSync(path), SIZE, WHOLE)).toBeUndefined();
    const crop = CROPS[2]!;
    const whole = await decodeImage(SIZE, path);
    const region = await sharp(whole, {raw: {width: WIDTH, height: HEIGHT, channels: 3}})
      .extract(crop)
      .raw()
      .toBuffer();
    expect(Buffer.compare(await decodeRegion(SIZE, path, crop), region)).toBe(0);
  });

  test('a colour that stands for transparency: its pixels keep it', async () => {
    const transparent: Part = ['tRNS', Buffer.from([0, RGB[0]!, 0, RGB[1]!, 0, RGB[2]!])];
    const path = writePng([header(), transparent, ...pixelParts(rows), END]);
    expect(pngRegion(readFileSync(path), SIZE, WHOLE)).toBeUndefined();
    expect(Buffer.compare(await decodeImage(SIZE, path), RGB)).toBe(0);
  });

  test.each([
    ['cut off', (path: string) => truncate(path, 0.5)],
    ['pixels of another size', (path: string) => flip(path, 16 + 3)],
    ['a damaged part', (path: string) => flip(path, 90)],
    ['no PNG', (path: string) => writeFileSync(path, 'frame')],
  ])('%s: the error names the file', async (_, harm) => {
    const path = usual();
    expect(pngRegion(readFileSync(path), SIZE, WHOLE)).toBeDefined();
    harm(path);
    for (const decode of [() => decodeImage(SIZE, path), () => decodeRegion(SIZE, path, WHOLE)]) {
      const {code, message} = await rejection(decode());
      expect(code).toBe('RIFE_ERR_DATA_FRAME');
      expect(message).toContain(path);
    }
  });

  test.each([
    [
      'a filter that there is none of',
      () => [header(), ...pixelParts(filtered(y => (y === 9 ? 5 : 1))), END],
    ],
    ['too few rows', () => [header(), ...pixelParts(rows.subarray(0, 3000)), END]],
    ['a critical chunk that is unknown', () => [header(), ['ABCD', rows] as Part, ...pixelParts(rows), END]],
    ['no pixels', () => [header(), END]],
    ['another size', () => [header(undefined, WIDTH + 1), ...pixelParts(rows), END]],
  ])('%s', (_, parts) => {
    expect(pngRegion(readFileSync(writePng(parts())), SIZE, WHOLE)).toBeUndefined();
  });
});

/** Turns the bits of one byte. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 0xff;
  writeFileSync(path, bytes);
}
