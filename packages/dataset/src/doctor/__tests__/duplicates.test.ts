import {duplicateClips, hashOf, signatureOf, type Signature} from '../duplicates';
import type {Luma} from '../../detect/luma';
import {clip, flat, noisy, scene, SIZE, withObject} from '../../detect/__tests__/pictures';

const signature = (frames: Luma[], size = SIZE) => signatureOf(frames, size);
const pan = (seed: number, start = 0) => clip(12, i => scene(seed, 2 * (start + i), 0));

test('hashes distinguish single levels of single pixels', () => {
  const one = scene(1);
  const hashes = [one, one.with(0, one[0]! ^ 1), one.with(5000, one[5000]! ^ 1), scene(2)].map(hashOf);
  expect(new Set(hashes).size).toBe(4);
  expect(hashOf(Uint8Array.from(one))).toBe(hashes[0]);
  expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
});

test('the same clip, also noisy or in another size', () => {
  const large = {width: 96, height: 96};
  const wide = clip(12, i => scene(3, 2 * i, 0, large));
  const half = {width: 48, height: 48};
  const small = wide.map(frame =>
    Uint8Array.from({length: 48 * 48}, (_, i) => {
      const at = 2 * Math.floor(i / 48) * 96 + 2 * (i % 48);
      return (frame[at]! + frame[at + 1]! + frame[at + 96]! + frame[at + 97]!) / 4;
    }),
  );
  const clips = [
    signature(pan(1)),
    signature(pan(2)),
    signature(pan(1)),
    signature(pan(2).map((frame, i) => noisy(frame, 2, i))),
    signature(wide, large),
    signature(small, half),
  ];
  expect(duplicateClips(clips)).toEqual([
    {first: 0, second: 2, share: 1},
    {first: 1, second: 3, share: 1},
    {first: 4, second: 5, share: 1},
  ]);
});

test('a picture full of edges, which scaling moved by less than a small pixel', () => {
  const size = {width: 96, height: 96};
  // A cell has 6 x 6 pixels: a shift of one changes the mean of each by a sixth of the step to its
  // neighbour, 4 levels.
  const stripes = (shift: number) =>
    clip(12, i =>
      Uint8Array.from({length: 96 * 96}, (_, at) => 100 + i + (Math.floor(((at % 96) + shift) / 6) % 2) * 24),
    );
  const clips = [signature(stripes(0), size), signature(stripes(1), size), signature(stripes(3), size)];
  expect(duplicateClips(clips)).toEqual([{first: 0, second: 1, share: 1}]);
});

test('part of a clip, and the earliest of three', () => {
  const clips = [pan(1), pan(1, 6), pan(1, 3)].map(frames => signature(frames));
  expect(duplicateClips(clips)).toEqual([
    {first: 0, second: 1, share: 0.5},
    {first: 0, second: 2, share: 0.75},
  ]);
});

test.each([
  ['other scenes', [pan(1), pan(2)]],
  [
    'one view at two times, in which one thing moves',
    [0, 40].map(start => clip(12, i => withObject(scene(1), [start + 2 * i, 20, 16, 16], 2))),
  ],
  ['clips that share one frame', [pan(1), pan(1, 11)]],
  ['black clips', [clip(12, () => flat(0)), clip(12, () => flat(0))]],
  [
    'clips that share a black beginning',
    [1, 2].map(seed => clip(12, i => (i < 6 ? flat(0) : scene(seed, i, 0)))),
  ],
  ['clips without a frame', [[], []]],
])('not: %s', (_, clips) => expect(duplicateClips(clips.map(frames => signature(frames)))).toEqual([]));

test('a title that many clips have links none', () => {
  const title = ['a', 'b', 'c'];
  const clips = Array.from({length: 60}, (_, i): Signature => ({hashes: [...title, `${i}`], looks: []}));
  expect(duplicateClips(clips)).toEqual([]);
  expect(duplicateClips(clips.slice(0, 2))).toEqual([{first: 0, second: 1, share: 0.75}]);
});
