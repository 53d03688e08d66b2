import {createHash} from 'node:crypto';
import {yuvBytes, yuvToBgr} from '../yuv.js';

/** Bytes that a reference can make too: the middle ones of a linear congruential generator. */
function noise(count: number, seed: number): Uint8Array {
  let state = BigInt(seed);
  return Uint8Array.from({length: count}, () => {
    state = (state * 1103515245n + 12345n) % 2n ** 31n;
    return Number(state >> 16n) & 255;
  });
}

const sha = (data: Uint8Array | Float32Array) => createHash('sha256').update(data).digest('hex');
const pixel = (data: Uint8Array | Float32Array, at: number) => [...data.subarray(3 * at, 3 * at + 3)];

// Computed with Pillow 13.0.0 (Image.resize of the chroma) and scikit-image 0.26.0 (yuv2rgb), as
// ECCV2022-RIFE:benchmark/yuv_frame_io.py does.
const CASES = [
  [8, 12, 'bicubic', '68ab18fb944c529d18f416b05089fc3389d92db4573d767094d089c194561150', [92, 43, 239]],
  [8, 12, 'nearest', 'f90c0be8fe4aac87817a59967a984294755bb520a51347aeb499769c643f3535', [94, 47, 231]],
  [64, 96, 'bicubic', '94ee3b5e2800ee541b1b84f3ca29ac9d6716dc182a11fc152b5dc0703a4dbc95', [0, 147, 108]],
  [64, 96, 'nearest', '42622c2b9c7d7b46b08c93e02a03737d2e8d7fe14114b24cfcb957eb6655427f', [0, 133, 125]],
  [544, 1280, 'bicubic', 'ccb2fc60b98b786ef522fb9625af0f984e8e257a923de9876217d268c8f90cf7', [0, 194, 24]],
  [544, 1280, 'nearest', 'a26f841b32010432e7f7c91d1a19b31db85af0109e398b5b58c2a6c6d8818df3', [0, 179, 44]],
] as const;

test.each(CASES)(
  '%d x %d, %s: every byte is that of Pillow and scikit-image',
  (height, width, chroma, hash, first) => {
    const {data} = yuvToBgr(noise(yuvBytes(height, width), 7), height, width, chroma);
    expect(pixel(data, 0)).toEqual(first);
    expect(sha(data)).toBe(hash);
  },
);

test('a grey frame is not quite grey: the middle of chroma, 128, is above 0.5', () => {
  const bytes = new Uint8Array(yuvBytes(2, 2)).fill(128);
  expect(pixel(yuvToBgr(bytes, 2, 2, 'bicubic').data, 3)).toEqual([129, 127, 128]);
});
