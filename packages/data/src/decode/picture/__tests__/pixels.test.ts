/** Pixels as cv2.imread(path) gives them; bench/data/opencv compares with OpenCV itself. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import sharp from 'sharp';
import {pixels, tempFolder} from '../../../__tests__/support';
import {decodeImage, decodeRegion, imageSize, readPicture} from '../../image';

const [HEIGHT, WIDTH] = [24, 40];
const image = () =>
  sharp(pixels(HEIGHT, WIDTH, 5), {raw: {width: WIDTH, height: HEIGHT, channels: 3}}).blur(2);

function exifBlock(orientation: number, order: 'II' | 'MM'): Buffer {
  const block = Buffer.alloc(26);
  const little = order === 'II';
  const u16 = (value: number, at: number) =>
    little ? block.writeUInt16LE(value, at) : block.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    little ? block.writeUInt32LE(value, at) : block.writeUInt32BE(value, at);
  block.write(order, 0, 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(1, 8);
  u16(0x112, 10);
  u16(3, 12);
  u32(1, 14);
  u16(orientation, 18);
  return block;
}

/** Puts a mark into a JPEG after its first two bytes. */
function marked(jpeg: Buffer, orientation: number, order: 'II' | 'MM' = 'MM'): Buffer {
  const data = Buffer.concat([Buffer.from('Exif\0\0'), exifBlock(orientation, order)]);
  const head = Buffer.from([0xff, 0xe1, 0, data.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function write(name: string, data: Buffer): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, data);
  return path;
}

/** What libvips makes of the mark: a second opinion. */
async function turned(path: string) {
  const {data, info} = await sharp(path).autoOrient().removeAlpha().raw().toBuffer({resolveWithObject: true});
  return {data, width: info.width, height: info.height};
}

async function expectTurned(path: string): Promise<void> {
  const {data, width, height} = await turned(path);
  expect(await imageSize('c', path)).toEqual({width, height});
  const clip = {id: 'c', width, height};
  expect(Buffer.compare(await decodeImage(clip, path), data)).toBe(0);
  const crop = {left: 3, top: 6, width: 16, height: 12};
  const part = await sharp(data, {raw: {width, height, channels: 3}})
    .extract(crop)
    .raw()
    .toBuffer();
  expect(Buffer.compare(await decodeRegion(clip, path, crop), part)).toBe(0);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('a JPEG with orientation %i, in both byte orders', async orientation => {
  const jpeg = await image().jpeg({quality: 90}).toBuffer();
  for (const order of ['II', 'MM'] as const) {
    const path = write('a.jpg', marked(jpeg, orientation, order));
    await expectTurned(path);
    expect((await imageSize('c', path)).width).toBe(orientation < 5 ? WIDTH : HEIGHT);
  }
});

test('a mark that says nothing, a second one, and one after the header leave it upright', async () => {
  const jpeg = await image().jpeg().toBuffer();
  const plain = await readPicture('c', write('a.jpg', jpeg));
  for (const data of [marked(jpeg, 0), marked(jpeg, 9), marked(marked(jpeg, 6), 1)])
    expect(await readPicture('c', write('a.jpg', data))).toEqual(plain);
});

test.each([
  ['png', 'before the pixels'],
  ['png', 'after the pixels'],
  ['webp', 'lossless'],
  ['webp', 'lossy'],
])('%s, %s: marks count as well', async (kind, how) => {
  if (kind === 'webp') {
    const made = image()
      .withExif({IFD0: {Copyright: 'x'}})
      .withMetadata({orientation: 6});
    return expectTurned(write('a.webp', await made.webp({lossless: how === 'lossless'}).toBuffer()));
  }
  const png = await image().png().toBuffer();
  const at = how === 'before the pixels' ? 33 : png.length - 12;
  const mark = chunk('eXIf', exifBlock(6, 'II'));
  const path = write('a.png', Buffer.concat([png.subarray(0, at), mark, png.subarray(at)]));
  const {rgb, width, height} = await readPicture('c', path);
  expect([width, height]).toEqual([HEIGHT, WIDTH]);
  const expected = await sharp(png).rotate(90).raw().toBuffer();
  expect(Buffer.compare(rgb, expected)).toBe(0);
});

test('a file is read by what it is, not by its name', async () => {
  const png = await image().png().toBuffer();
  const {rgb} = await readPicture('c', write('a.jpg', png));
  expect(Buffer.compare(rgb, await image().raw().toBuffer())).toBe(0);
});

test.each(['cmyk', 'ycck'])('%s: the bytes that OpenCV gives', async name => {
  const all = JSON.parse(readFileSync(join(__dirname, 'fixtures/cmyk.json'), 'utf8'));
  const {file, rgb: expected} = all[name];
  const {rgb} = await readPicture('c', write('a.jpg', Buffer.from(file, 'base64')));
  expect([...rgb]).toEqual([...Buffer.from(expected, 'base64')]);
});
