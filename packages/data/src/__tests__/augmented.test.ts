/** Golden pictures: bench/twin/augment.py made them with cv2 and numpy. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import type {Crop} from '../clip';
import {openBatchSource, resolveOptions} from '..';
import {writeSample, type Augmentation, type Frames} from '../augment/augment';
import {colourMatrix, drawColour, recoloured, type ColourJitter} from '../augment/colour';
import {planSample, type PlanContext} from '../sampling/plan';
import {createRandom} from '../sampling/random';
import {shrunk} from '../augment/shrink';
import {CLIP128, pixels, rejection, tempFolder, writeClip} from './support';

interface Case {
  crop: Crop;
  augmentation: Augmentation;
  colour: ColourJitter | null;
}
const FOLDER = join(__dirname, 'fixtures/augmented');
const {frames: numbers, cases} = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8')) as {
  frames: number[];
  cases: Case[];
};
const rgb = async (file: string) => sharp(file).removeAlpha().raw().toBuffer({resolveWithObject: true});

test.each([...cases.entries()])('picture %i', async (number, {crop, augmentation, colour}) => {
  const read = await Promise.all(numbers.map(n => rgb(join(CLIP128, `000${n}.png`))));
  const frames = read.map(({data}) => new Uint8Array(data)) as unknown as Frames;
  const golden = await rgb(join(FOLDER, `${number}.png`));
  const [height, width] = [golden.info.height, golden.info.width / 3];
  const target = new Uint8Array(height * width * 9);
  const matrix = colour ? {colour: colourMatrix(colour)} : {};
  writeSample(frames, 128, crop, {...augmentation, ...matrix}, target);
  // img0, gt and img1 lie side by side in the picture, as RGB; in a sample img0, img1, gt on each
  // other, as BGR.
  const shown = new Uint8Array(golden.data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [place, slot] of [0, 2, 1].entries())
        for (const channel of [0, 1, 2])
          shown[(y * 3 * width + place * width + x) * 3 + channel] =
            target[(y * width + x) * 9 + slot * 3 + 2 - channel]!;
  expect(Buffer.compare(shown, golden.data)).toBe(0);
});

describe('shrinking', () => {
  test('averages blocks, halves go up, and nothing around the region is looked at', () => {
    const frame = pixels(13, 17, 3);
    const crop = {top: 1, left: 2, height: 12, width: 15};
    const made = shrunk(frame, 17, crop, 3);
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 5; x++)
        for (const c of [0, 1, 2]) {
          let sum = 0;
          for (let i = 0; i < 9; i++)
            sum += frame[((1 + 3 * y + Math.floor(i / 3)) * 17 + 2 + 3 * x + (i % 3)) * 3 + c]!;
          expect(made[(y * 5 + x) * 3 + c]).toBe(Math.round(sum / 9));
        }
  });

  test('by 1 it is the region', () => {
    const frame = pixels(4, 5, 1);
    const made = shrunk(frame, 5, {top: 1, left: 2, height: 2, width: 3}, 1);
    expect([...made]).toEqual([...frame.subarray(21, 30), ...frame.subarray(36, 45)]);
  });
});

describe('colours', () => {
  test('factors of 1 leave every byte alone', () => {
    const frame = Uint8Array.from({length: 768}, (_, i) => (i * 37) % 256);
    expect(recoloured(frame, colourMatrix({brightness: 1, contrast: 1, saturation: 1}))).toEqual(frame);
  });

  test('each does what its name says', () => {
    const pixel = (factors: Partial<ColourJitter>, ...values: number[]) => [
      ...recoloured(
        Uint8Array.from(values),
        colourMatrix({brightness: 1, contrast: 1, saturation: 1, ...factors}),
      ),
    ];
    expect(pixel({brightness: 1.5}, 100, 200, 10)).toEqual([150, 255, 15]);
    expect(pixel({contrast: 0.5}, 100, 200, 128)).toEqual([114, 164, 128]);
    // Without saturation a pixel is its luma.
    expect(pixel({saturation: 0}, 255, 0, 0)).toEqual([76, 76, 76]);
  });

  test('factors are drawn from 1 - x to 1 + x, and one that is off changes no other', () => {
    const matrices = Array.from({length: 2000}, (_, i) =>
      drawColour({brightness: 0.2, contrast: 0, saturation: 0}, createRandom(1, i, 0, 0)),
    );
    const gains = matrices.map(matrix => matrix[0]!);
    expect(Math.min(...gains)).toBeGreaterThanOrEqual(0.8);
    expect(Math.max(...gains)).toBeLessThanOrEqual(1.2);
    expect(Math.max(...gains) - Math.min(...gains)).toBeGreaterThan(0.39);
    const both = drawColour({brightness: 0.2, contrast: 0, saturation: 0.5}, createRandom(1, 0, 0, 0));
    const sum = (matrix: readonly number[]) => matrix[0]! + matrix[1]! + matrix[2]!;
    expect(sum(both)).toBeCloseTo(sum(matrices[0]!), 12);
  });
});

describe('draws', () => {
  const clip = {id: 'a', kind: 'folder', path: '/a', frames: 9, width: 300, height: 200, files: []} as const;
  const context: PlanContext = {
    ...{root: '/', clips: [clip], seed: 3, crop: [64, 64], augment: {}, timestep: 'middle', epoch: 100},
    ...{batchSize: 1, shard: {rank: 0, count: 1}},
  };
  const draw = (augment: PlanContext['augment'], count = 300) =>
    Array.from({length: count}, (_, i) => planSample({...context, augment}, {minGap: 1, maxGap: 2}, i, 0));

  test('without them nothing is drawn: samples are those of RIFE’s augmentation', () => {
    expect(draw({})).toEqual(draw({rescale: [1]}));
    expect(draw({})[0]!.augmentation).not.toHaveProperty('shrink');
  });

  test('each scale that fits is equally likely, and the region is as much larger', () => {
    const samples = draw({rescale: [1, 1 / 2, 1 / 3, 1 / 4]}, 1500);
    const counts = new Map<number, number>();
    for (const {
      crop,
      augmentation: {shrink = 1},
    } of samples) {
      counts.set(shrink, (counts.get(shrink) ?? 0) + 1);
      expect([crop.height, crop.width]).toEqual([64 * shrink, 64 * shrink]);
      expect(crop.top + crop.height <= 200 && crop.left + crop.width <= 300).toBe(true);
    }
    // A quarter would need 256 rows.
    expect([...counts.keys()].sort()).toEqual([1, 2, 3]);
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(75);
  });

  test('colours change neither triplets nor regions nor RIFE’s augmentation', () => {
    const without = (samples: ReturnType<typeof draw>) =>
      samples.map(({augmentation: {colour: _colour, ...augmentation}, ...rest}) => ({...rest, augmentation}));
    const coloured = draw({colour: {brightness: 0.2}});
    expect(coloured[0]!.augmentation.colour).toHaveLength(12);
    expect(without(coloured)).toEqual(without(draw({})));
  });
});

test('batches are made with both', async () => {
  const root = tempFolder();
  await writeClip(join(root, 'a'), 3, 128, 160);
  const source = await openBatchSource({
    ...{root, crop: 64, batch: 4, workers: 1},
    augment: {rescale: [1 / 2], colour: {contrast: 0.9}},
  });
  const {images} = await source.next();
  await source.close();
  expect(images).toHaveLength(4 * 64 * 64 * 9);
  // 2 x 2 pixels of noise: means spread half as much.
  const mean = images.reduce((sum, value) => sum + value, 0) / images.length;
  expect(Math.abs(mean - 127)).toBeLessThan(20);
});

test('a region that does not fit into any clip is refused', async () => {
  const root = tempFolder();
  await writeClip(join(root, 'a'), 3, 128, 160);
  const open = (rescale: number[]) => openBatchSource({root, crop: 96, workers: 1, augment: {rescale}});
  expect(await rejection(open([1 / 2]))).toMatchObject({
    code: 'RIFE_ERR_DATA_CROP_SIZE',
    message: expect.stringContaining('192 x 192'),
  });
  await (await open([1, 1 / 2])).close();
});

test.each<[unknown, string]>([
  ['yes', 'augment'],
  [{rescale: []}, 'augment.rescale'],
  [{rescale: [0.3]}, 'augment.rescale'],
  [{rescale: [2]}, 'augment.rescale'],
  [{colour: {hue: 0.1}}, 'augment.colour'],
  [{colour: {contrast: 1}}, 'augment.colour'],
  [{colour: true}, 'augment.colour'],
  [{jitter: 1}, 'augment.jitter'],
])('augment: %j is refused', (augment, option) => {
  expect(() => resolveOptions({root: '/a', augment: augment as boolean})).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_DATA_OPTION',
      message: expect.stringContaining(`data.${option} is `),
    }),
  );
});
