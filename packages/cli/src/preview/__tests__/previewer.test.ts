import {existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import sharp from 'sharp';
import {inputsOf, Previewer} from '../previewer.js';
import type {PreviewBatch} from '../sample.js';

let out: string;
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'rife-previewer-'))));
afterEach(() => rmSync(out, {recursive: true}));

const batch: PreviewBatch = {
  images: new Uint8Array(2 * 3 * 9).fill(128),
  gap: Float32Array.of(2),
  timestep: Float32Array.of(0.5),
  names: ['001/cam04 0-2-4'],
  index: 0,
  policy: {minGap: 2, maxGap: 2},
  height: 2,
  width: 3,
};

/** A network that returns grey and no motion, and remembers what it was asked. */
function setUp(folder = out) {
  const warnings: string[] = [];
  const requests: unknown[] = [];
  const tensor = (channels: number, value: number) => ({
    shape: [1, 2, 3, channels],
    values: new Float32Array(6 * channels).fill(value),
  });
  let taken = 0;
  const previewer = new Previewer({
    out: folder,
    takeBatch: () => Promise.resolve((taken++, batch)),
    predict: request => {
      requests.push(request);
      return Promise.resolve({refined: tensor(3, 0.5), flow: tensor(4, 0), mask: tensor(1, 0.5)});
    },
    warn: text => warnings.push(text),
  });
  return {previewer, warnings, requests, taken: () => taken};
}

test('the network gets the two inputs, not gt', () => {
  expect([
    ...inputsOf(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19])),
  ]).toEqual([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
});

test('each preview has its file, the newest also a fixed name; the triplet is taken once', async () => {
  const {previewer, warnings, requests, taken} = setUp();
  await previewer.write(5);
  await previewer.write(10);
  expect(warnings).toEqual([]);
  expect(readdirSync(join(out, 'previews'))).toEqual(['step-00000005.png', 'step-00000010.png']);
  const psnr = -20 * Math.log10(128 / 255 - 0.5);
  const written = {
    path: join(out, 'preview.png'),
    firstPsnr: expect.closeTo(psnr, 3) as number,
    psnr: expect.closeTo(psnr, 3) as number,
    inputsPsnr: 100, // inputs and gt are all the same grey
  };
  expect(previewer.written).toEqual(written);
  expect((await sharp(written.path).metadata()).format).toBe('png');
  expect(requests[0]).toMatchObject({shape: [1, 2, 3], gap: batch.gap, timestep: batch.timestep});
  expect(taken()).toBe(1);
});

test('a preview that cannot be written is reported once, and does not stop the run', async () => {
  const file = join(out, 'file');
  writeFileSync(file, '');
  const {previewer, warnings} = setUp(file);
  await previewer.write(5);
  await previewer.write(10);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^\[rife:cli\] The preview .*step-00000005\.png could not be written/);
  expect(previewer.written).toBeUndefined();
  expect(existsSync(join(out, 'preview.png'))).toBe(false);
});
