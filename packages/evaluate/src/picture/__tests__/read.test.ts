import {copyFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {readTriplet, scanClips} from '@rife-train/data';
import sharp from 'sharp';
import {pictureSize, pictureSizes} from '../header.js';
import {readFrame} from '../read.js';
import {yuvBytes, yuvToBgr} from '../yuv.js';

const CLIPS = join(__dirname, '../../../../../examples/quickstart/clips');
const folder = mkdtempSync(join(tmpdir(), 'rife-read-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const at = (name: string) => join(folder, name);
/** Pixel i is (i, 100 + i, 200 + i) in RGB. */
const rgb = (width: number, height: number) =>
  Buffer.from(Array.from({length: width * height}, (_, i) => [i, 100 + i, 200 + i]).flat());
const raw = (width: number, height: number) => sharp(rgb(width, height), {raw: {width, height, channels: 3}});
const fails = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: Error & {code: string}) => `${error.code}: ${error.message}`,
  );

test('a picture is read as BGR bytes', async () => {
  await raw(3, 2).png().toFile(at('rgb.png'));
  const {height, width, data} = await readFrame({kind: 'picture', path: at('rgb.png')}, 'whole');
  expect([height, width]).toEqual([2, 3]);
  expect([...data.subarray(0, 6)]).toEqual([200, 100, 0, 201, 101, 1]);
  expect([...data.subarray(15)]).toEqual([205, 105, 5]);
});

test('a view is taken of it, and refused where that is impossible', async () => {
  await raw(4, 2).png().toFile(at('even.png'));
  const frame = await readFrame({kind: 'picture', path: at('even.png')}, 'x-test-2k');
  // Red of pixels 0, 1, 4 and 5.
  expect(frame.data[2]).toBeCloseTo(2.5 / 255, 7);
  expect(await fails(readFrame({kind: 'picture', path: at('rgb.png')}, 'x-test-2k'))).toMatch(
    /RIFE_ERR_EVAL_VIEW: .*rgb\.png" is 2 x 3/,
  );
});

test('a damaged picture is named', async () => {
  writeFileSync(at('cut.png'), (await raw(30, 20).png().toBuffer()).subarray(0, 60));
  expect(await fails(readFrame({kind: 'picture', path: at('cut.png')}, 'whole'))).toMatch(
    /RIFE_ERR_EVAL_PICTURE: .*cut\.png" can't be read/,
  );
});

test('frames of a raw video are read by their number; chroma as asked', async () => {
  const [height, width] = [4, 8];
  const length = yuvBytes(height, width);
  const bytes = Uint8Array.from({length: 2 * length}, (_, i) => (i * 37) % 256);
  writeFileSync(at('two.yuv'), bytes);
  const source = (index: number) => ({kind: 'yuv', path: at('two.yuv'), index, width, height}) as const;
  const second = bytes.subarray(length);
  expect(await readFrame(source(1), 'whole')).toEqual(yuvToBgr(second, height, width, 'bicubic'));
  const nearest = await readFrame(source(1), 'whole', {chroma: 'nearest'});
  expect(nearest).toEqual(yuvToBgr(second, height, width, 'nearest'));
  expect(nearest).not.toEqual(yuvToBgr(second, height, width, 'bicubic'));
  expect(await fails(readFrame(source(2), 'whole'))).toMatch(/RIFE_ERR_EVAL_YUV: .*frame 2/);
});

test('frames of a clip are those of a triplet, cropped alike', async () => {
  const [clip] = await scanClips(CLIPS, 'val');
  const {images, height, width} = await readTriplet(clip!, {gap: 2, gt: 3, crop: [64, 96]});
  // Of each pixel: img0, img1, gt.
  for (const [channel, index] of [1, 5, 3].entries()) {
    const frame = await readFrame({kind: 'clip', clip: clip!, index}, {height: 64, width: 96});
    expect([frame.height, frame.width]).toEqual([height, width]);
    const part = images.filter((_, i) => Math.floor((i % 9) / 3) === channel);
    expect(Buffer.from(frame.data.buffer).equals(Buffer.from(part))).toBe(true);
  }
});

test('sizes are read from headers: of PNG, and of JPEG, also of a turned one', async () => {
  await raw(5, 3).jpeg().toFile(at('plain.jpg'));
  await raw(5, 3).jpeg().withMetadata({orientation: 6}).toFile(at('turned.jpg'));
  expect(await pictureSize(at('rgb.png'))).toEqual({height: 2, width: 3});
  expect(await pictureSize(at('plain.jpg'))).toEqual({height: 3, width: 5});
  expect(await pictureSize(at('turned.jpg'))).toEqual({height: 5, width: 3});
  expect(await pictureSize(at('none.png'))).toBeUndefined();
});

test('grey pictures, 16 bits, and what is no picture are refused', async () => {
  await raw(2, 2).greyscale().toColourspace('b-w').png().toFile(at('grey.png'));
  await raw(2, 2).greyscale().toColourspace('b-w').jpeg().toFile(at('grey.jpg'));
  await raw(2, 2).toColourspace('rgb16').png().toFile(at('deep.png'));
  writeFileSync(at('text.png'), 'no picture');
  expect(await fails(pictureSize(at('grey.png')))).toMatch(/RIFE_ERR_EVAL_FORMAT: .*is grey/);
  expect(await fails(pictureSize(at('grey.jpg')))).toMatch(/RIFE_ERR_EVAL_FORMAT: .*is grey/);
  expect(await fails(pictureSize(at('deep.png')))).toMatch(/RIFE_ERR_EVAL_FORMAT: .*16 bits/);
  expect(await fails(pictureSize(at('text.png')))).toMatch(/RIFE_ERR_EVAL_PICTURE/);
  writeFileSync(at('short.png'), Buffer.from('89504e470d0a1a0a0000', 'hex'));
  expect(await fails(pictureSize(at('short.png')))).toMatch(/RIFE_ERR_EVAL_PICTURE: .*header/);
});

test('many sizes are read side by side, each file once', async () => {
  const paths = Array.from({length: 40}, (_, i) => at(`many${i}.png`));
  for (const path of paths) copyFileSync(at('rgb.png'), path);
  const sizes = await pictureSizes([...paths, ...paths, at('none.png')]);
  expect(sizes.size).toBe(41);
  expect(sizes.get(paths[39]!)).toEqual({height: 2, width: 3});
  expect(sizes.has(at('none.png')) && sizes.get(at('none.png'))).toBeUndefined();
});
