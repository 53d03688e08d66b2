/** Rows of cells are exact at any size, and inside the table. */
import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '../../index.js';
import {cellIndices, type ImageSize} from '../cellIndices.js';

beforeAll(() => loadRuntime());

/** The cells of the last few columns and rows of each image, as [B,1,n,1]. */
function corners({batch, height, width}: ImageSize) {
  const last = [0, 1, 2].flatMap(dy => [0, 1, 2].map(dx => [width - 2 - dx, height - 2 - dy] as const));
  const cells = last.filter(([, row]) => row >= 0);
  const side = (axis: 0 | 1) => Array.from({length: batch}, () => cells.map(cell => cell[axis])).flat();
  return {cells, x: side(0), y: side(1), shape: [batch, 1, cells.length, 1]};
}

test.each([
  ['one image, the most that float32 counts', {batch: 1, height: 4096, width: 4096}],
  ['a batch, the most that float32 counts', {batch: 64, height: 512, width: 512}],
  ['one more column', {batch: 1, height: 4096, width: 4097}],
  ['one more image', {batch: 65, height: 512, width: 512}],
  ['a wide one', {batch: 1, height: 2, width: 8_388_608}],
  ['far above', {batch: 2, height: 4320, width: 7681}],
])('%s', (_name, size) => {
  const {cells, x, y, shape} = corners(size);
  const {batch, height, width} = size;
  const expected = Array.from({length: batch}, (_, b) =>
    cells.map(([cx, cy]) => (b * height + cy) * width + cx),
  ).flat();
  tf.tidy(() => {
    const got = cellIndices(tf.tensor(x, shape), tf.tensor(y, shape), size);
    expect({dtype: got.dtype, rows: Array.from(got.dataSync())}).toEqual({dtype: 'int32', rows: expected});
  });
});

test.each([
  ['in float32', {batch: 1, height: 4, width: 4}],
  ['in int32', {batch: 1, height: 4096, width: 4097}],
])('the row of a NaN is inside the table, counted %s', (_name, size) => {
  tf.tidy(() => {
    const at = (values: number[]) => tf.tensor(values, [1, 1, 3, 1]);
    const rows = cellIndices(at([NaN, 0, NaN]), at([0, NaN, NaN]), size).dataSync();
    for (const row of rows) {
      expect(row).toBeGreaterThanOrEqual(0);
      expect(row).toBeLessThanOrEqual(size.batch * size.height * size.width - size.width - 2);
    }
  });
});
