import {createHash} from 'node:crypto';
import {noCounts, type Between, type SourceFrame} from '../plan/outputs.js';
import {practicalOutputs} from '../plan/practicalRife.js';
import {fullScale, likeness, quantized, smallOf, type Pixels} from '../scene/likeness.js';

/** A picture by a formula that the script for PyTorch's numbers has too. */
function picture(height: number, width: number, shift: number): Uint8Array {
  const data = new Uint8Array(height * width * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[at++] =
          (Math.floor(((x * 3 + shift) * (y + 2)) / 7) + c * 40 + Math.floor((x + shift) ** 2 / 11)) % 256;
  return data;
}

/** By `ssim_matlab` of Practical-RIFE after `F.interpolate(..., (32, 32))`, PyTorch 2, float32. */
test.each([
  [50, 70, 1, 50, 70, 0.8764203190803528],
  [50, 70, 9, 128, 128, 0.721562385559082],
  [40, 33, 200, 40, 33, 0.020492883399128914],
])('likeness of %i x %i is that of PyTorch', (height, width, shift, paddedHeight, paddedWidth, expected) => {
  const padded = {width: paddedWidth, height: paddedHeight};
  const [a, b] = [0, shift].map(s => smallOf(picture(height, width, s), width, height, padded));
  expect(likeness(a!, b!)).toBeCloseTo(expected, 5);
  expect(likeness(a!, a!)).toBe(1);
});

// Nearly the padded size: zeros are alike on both sides of a cut.
const SIZE = {width: 124, height: 120};
const [A, B, C] = [0, 2, 4].map(shift => picture(SIZE.height, SIZE.width, shift)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const NEGATIVE = C.map(value => 255 - value);

/** In place of a network: the mean. */
const between: Between = async (img0, img1, {over, under}) => {
  const t = over / under;
  const of = (data: Pixels, i: number) => data[i]! / fullScale(data);
  return Float32Array.from(img0, (_, i) => (1 - t) * of(img0, i) + t * of(img1, i));
};

/** Short, for a failure that can be read. */
const short = (data: Uint8Array | Uint16Array) =>
  createHash('sha256').update(data).digest('hex').slice(0, 12);
const shorts = (...list: (Uint8Array | Uint16Array)[]) => list.map(short);

async function run(frames: Uint8Array[], multi: number, anyTimestep = true) {
  async function* source(): AsyncGenerator<SourceFrame> {
    for (const [tick, data] of frames.entries()) yield {tick, data};
  }
  const counts = noCounts();
  const list: (Uint8Array | Uint16Array)[] = [];
  for await (const output of practicalOutputs(source(), {
    ...SIZE,
    multi,
    scale: 1,
    anyTimestep,
    between,
    counts,
  })) {
    const pixels = await output.pixels();
    list.push(pixels instanceof Float32Array ? quantized(pixels, false, 'down') : pixels);
  }
  return {list: shorts(...list), counts};
}

const down = async (a: Pixels, b: Pixels, t = 1 / 2) =>
  quantized(await between(a, b, {over: t * 12, under: 12}), false, 'down');

describe('Practical-RIFE', () => {
  test('makes (n - 1) * multi + 1 frames, cut off to bytes', async () => {
    const {list, counts} = await run([A, B], 3);
    expect(list).toEqual(shorts(A, await down(A, B, 1 / 3), await down(A, B, 2 / 3), B));
    expect(list[1]).not.toBe(short(quantized(await between(A, B, {over: 1, under: 3}), false)));
    expect(counts).toMatchObject({read: 2, made: 2, originals: 2});
  });

  test('replaces a static frame by one between its neighbours, and goes on from that', async () => {
    const {list, counts} = await run([A, A, C], 2);
    const middle = await between(A, C, {over: 1, under: 2});
    expect(list).toEqual(
      shorts(A, await down(A, middle), quantized(middle, false, 'down'), await down(middle, C), C),
    );
    expect(counts).toMatchObject({read: 3, static: 1});
  });

  test('a static frame at the end is replaced by one between the last one and itself', async () => {
    const {list} = await run([A, A], 2);
    const middle = await between(A, A, {over: 1, under: 2});
    expect(list).toEqual(shorts(A, await down(A, middle), quantized(middle, false, 'down')));
  });

  test('repeats the first frame across a cut', async () => {
    const {list, counts} = await run([C, NEGATIVE], 3);
    const repeated = quantized(
      Float32Array.from(C, value => value / 255),
      false,
      'down',
    );
    expect(list).toEqual(shorts(C, repeated, repeated, NEGATIVE));
    expect(counts).toMatchObject({cuts: 1, made: 0});
  });

  test('a network without a timestep halves; an odd number of frames has the middle', async () => {
    const middle = await between(A, B, {over: 1, under: 2});
    const quarters = [await down(A, middle), await down(middle, B)] as const;
    expect((await run([A, B], 4, false)).list).toEqual(
      shorts(A, quarters[0], quantized(middle, false, 'down'), quarters[1], B),
    );
    expect((await run([A, B], 3, false)).list).toEqual(shorts(A, ...quarters, B));
  });
});
