import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {decodeImage, decodeRegion} from '../decode/image';
import {webpRegion} from '../decode/webp';
import {damage, pixels, rejection, tempFolder, truncate} from './support';

const [HEIGHT, WIDTH] = [40, 52];
const SIZE = {id: 'c', height: HEIGHT, width: WIDTH};
const WHOLE = {top: 0, left: 0, height: HEIGHT, width: WIDTH};
const CROP = {top: 13, left: 7, height: 16, width: 24};
const RGB = pixels(HEIGHT, WIDTH, 3);

const image = (rgb = RGB, channels: 3 | 4 = 3) => sharp(rgb, {raw: {width: WIDTH, height: HEIGHT, channels}});

async function write(made: sharp.Sharp): Promise<string> {
  const path = join(tempFolder(), 'a.webp');
  await made.toFile(path);
  return path;
}

const lossless = () => write(image().webp({lossless: true, effort: 0}));

test('a region of a lossless one has the bytes that were written', async () => {
  const path = await lossless();
  const whole = webpRegion(readFileSync(path), SIZE, WHOLE);
  expect(whole && Buffer.compare(whole, RGB)).toBe(0);
  const region = webpRegion(readFileSync(path), SIZE, CROP);
  const expected = await image().extract(CROP).raw().toBuffer();
  expect(region && Buffer.compare(region, expected)).toBe(0);
});

test('without the package the bits are the same', async () => {
  const path = await lossless();
  expect(webpRegion(readFileSync(path), SIZE, CROP, null)).toBeUndefined();
  const bySharp = await sharp(path).extract(CROP).raw().toBuffer();
  expect(Buffer.compare(await decodeRegion(SIZE, path, CROP), bySharp)).toBe(0);
});

test.each([
  ['lossy', () => image().webp({quality: 60})],
  ['with a profile', () => image().withIccProfile('srgb').webp({lossless: true})],
])('%s: left to sharp', async (_, made) => {
  const path = await write(made());
  expect(webpRegion(readFileSync(path), SIZE, CROP)).toBeUndefined();
  const bySharp = await sharp(path, {ignoreIcc: true}).extract(CROP).raw().toBuffer();
  expect(Buffer.compare(await decodeRegion(SIZE, path, CROP), bySharp)).toBe(0);
});

test('alpha: left to sharp, which drops it', async () => {
  const rgba = pixels(HEIGHT, WIDTH, 1, 4).map((v, i) => (i % 4 === 3 ? v | 1 : v));
  const path = await write(image(rgba, 4).webp({lossless: true}));
  expect(webpRegion(readFileSync(path), SIZE, WHOLE)).toBeUndefined();
  expect([...(await decodeImage(SIZE, path))]).toEqual([...rgba].filter((_, i) => i % 4 < 3));
});

test.each([
  ['cut off', (path: string) => truncate(path, 0.7)],
  ['empty', (path: string) => writeFileSync(path, '')],
])('%s: the error names the file', async (_, harm) => {
  const path = await lossless();
  harm(path);
  const {code, message} = await rejection(decodeRegion(SIZE, path, CROP));
  expect(code).toBe('RIFE_ERR_DATA_FRAME');
  expect(message).toContain(path);
});

test('flipped bits give what sharp makes of them', async () => {
  const path = await lossless();
  const before = readFileSync(path);
  damage(path);
  expect(readFileSync(path).equals(before)).toBe(false);
  const own = webpRegion(readFileSync(path), SIZE, WHOLE);
  const bySharp = await sharp(path, {failOn: 'error'})
    .raw()
    .toBuffer()
    .catch(() => undefined);
  expect(own && Buffer.from(own)).toEqual(bySharp);
});

test('another size, with as many pixels', async () => {
  const path = await lossless();
  const turned = {...SIZE, height: WIDTH, width: HEIGHT};
  expect((await rejection(decodeRegion(turned, path, CROP))).code).toBe('RIFE_ERR_DATA_FRAME_SIZE');
});
