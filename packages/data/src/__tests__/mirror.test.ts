/** Batches whose second half mirrors the first. */
import {join} from 'node:path';
import type {Batch, BatchSource} from '@rife-train/core';
import {openBatchSource, type BatchSourceOptions} from '..';
import {mirrorRows} from '../augment/mirror';
import {CLIP128, copyTo, damage, rejection, tempFolder} from './support';

const HALF = 2;
const opened: BatchSource[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(source => source.close()));
});

async function take(count: number, options: Partial<BatchSourceOptions>): Promise<Batch[]> {
  const source = await openBatchSource({
    ...{root: CLIP128, crop: [64, 96], workers: 1, gaps: [1, 3], timestep: 'any'},
    ...options,
  });
  opened.push(source);
  const batches: Batch[] = [];
  for (let i = 0; i < count; i++) batches.push(await source.next());
  return batches;
}
const mirrored = (count: number, options: Partial<BatchSourceOptions> = {}) =>
  take(count, {batch: 2 * HALF, mirror: true, ...options});

/** Pixel by pixel, another way than the code's. */
function expectMirrored(images: Uint8Array, of: Uint8Array, width: number): void {
  expect(images).toHaveLength(of.length);
  const expected = Uint8Array.from(images, (_, i) => {
    const [row, x, c] = [Math.floor(i / (9 * width)), Math.floor(i / 9) % width, i % 9];
    return of[(row * width + (width - 1 - x)) * 9 + c]!;
  });
  expect(Buffer.compare(images, expected)).toBe(0);
}

test('the first half is the batch of half the size, the second mirrors it, with equal gaps and times', async () => {
  const [halves, wholes] = [await take(3, {batch: HALF}), await mirrored(3)];
  wholes.forEach((batch, i) => {
    const plain = halves[i]!;
    const size = plain.images.length;
    expect(Buffer.compare(batch.images.subarray(0, size), plain.images)).toBe(0);
    expectMirrored(batch.images.subarray(size), plain.images, 96);
    expect(Buffer.compare(batch.images.subarray(size), plain.images)).not.toBe(0);
    expect(batch.names).toEqual([...plain.names, ...plain.names.map(name => `${name} mirrored`)]);
    expect([...batch.gap]).toEqual([...plain.gap, ...plain.gap]);
    expect([...batch.timestep]).toEqual([...plain.timestep, ...plain.timestep]);
  });
});

test('with shrunk regions, and without augmentation, too', async () => {
  for (const augment of [{rescale: [1 / 2]}, false] as const) {
    const [batch] = await mirrored(1, {crop: 64, augment: augment as BatchSourceOptions['augment']});
    const size = batch!.images.length / 2;
    expectMirrored(batch!.images.subarray(size), batch!.images.subarray(0, size), 64);
  }
});

test('replicas share the samples that one would draw', async () => {
  const all = await mirrored(2, {batch: 4 * HALF, epoch: 'full'});
  const parts = await Promise.all([0, 1].map(rank => mirrored(2, {epoch: 'full', shard: {rank, count: 2}})));
  all.forEach(({names}, i) =>
    expect(parts.flatMap(batches => batches[i]!.names).sort()).toEqual([...names].sort()),
  );
});

test('cached clips give the same, and a sample that is drawn again is mirrored', async () => {
  const cache = tempFolder();
  const [first, again] = [await mirrored(2, {cache}), await mirrored(2, {cache})];
  const same = (a: Batch[], b: Batch[]) =>
    a.forEach(({images}, i) => expect(Buffer.compare(images, b[i]!.images)).toBe(0));
  same(first, await mirrored(2));
  same(again, first);

  const root = tempFolder();
  for (const clip of ['a', 'b', 'c']) copyTo(CLIP128, join(root, clip));
  damage(join(root, 'b', '0004.png'));
  const options = {root, onBadClip: 'skip', maxBadShare: 1, warn: () => {}} as const;
  const batches = await mirrored(6, {...options, crop: 64, gaps: [4, 4], timestep: 'middle'});
  expect(batches.reduce((sum, {replaced = 0}) => sum + replaced, 0)).toBeGreaterThan(0);
  for (const {images, names} of batches) {
    expectMirrored(images.subarray(images.length / 2), images.subarray(0, images.length / 2), 64);
    expect(names.slice(HALF)).toEqual(names.slice(0, HALF).map(name => `${name} mirrored`));
  }
});

test('rows are independent', () => {
  const source = Uint8Array.from({length: 4 * 3 * 9}, (_, i) => i);
  const target = new Uint8Array(source.length);
  mirrorRows(source, 3, target);
  expectMirrored(target, source, 3);
});

test('an odd batch has no halves', async () => {
  expect(await rejection(take(1, {batch: 3, mirror: true}))).toMatchObject({
    code: 'RIFE_ERR_DATA_OPTION',
    message: expect.stringMatching(/batch.*an even number where data\.mirror is true/),
  });
});
