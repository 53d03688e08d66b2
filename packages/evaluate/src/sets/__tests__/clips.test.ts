import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {choosePlaces, scanClips} from '@rife-train/data';
import {areUnique, failure, newTree, numbered, readSet, removeTrees} from './trees.js';

afterAll(removeTrees);

const CLIPS = join(__dirname, '../../../../../examples/quickstart/clips');
const frames = (clip: string, count: number) => numbered(count).map(name => `${clip}/${name}`);

test('of val/, the places of training, cropped to multiples of 32', async () => {
  const set = await readSet('clips', CLIPS, {gaps: [1, 4], perGap: 3});
  const clips = await scanClips(CLIPS, 'val');
  const places = choosePlaces(clips, [1, 4], 6);
  expect(set.pairs.map(({gap, img0, img1, targets}) => [gap, img0, targets[0]!.source, img1])).toEqual(
    places.map(({clip, gap, gt}) => [
      gap,
      ...[gt - gap, gt, gt + gap].map(index => ({kind: 'clip', clip, index})),
    ]),
  );
  const {height, width} = clips[0]!;
  expect(set.view).toEqual({height: height - (height % 32), width: width - (width % 32)});
  expect(set.pairs.map(({targets}) => targets[0]!.t)).toEqual(places.map(() => 0.5));
  expect(set.wholeTargets).toBeUndefined();
  expect(areUnique(set)).toBe(true);
  expect(set.pairs[0]!.group).toBe(clips[0]!.id);
});

test('the folder itself where there is no val/; ids tell clip, inputs and target', async () => {
  const tree = newTree();
  await tree.pictures(frames('a/b', 5), [40, 70]);
  const set = await readSet('clips', tree.root, {gaps: [2], perGap: 1});
  expect(set.pairs.map(({id, group, part, targets}) => [id, group, part, targets[0]!.id])).toEqual([
    ['a/b/0000-0004', 'a/b', '', 'a/b/0000-0004/0002'],
  ]);
  expect(set.view).toEqual({height: 32, width: 64});
  expect(set.layout).toBe('1 clip, cropped to 32 x 64');
});

test('clips that are too short come once, and what lacks is named', async () => {
  const tree = newTree();
  await tree.pictures(frames('a', 3), [32, 32]);
  const {pairs, missing} = await readSet('clips', tree.root, {gaps: [1, 2], perGap: 4});
  expect(pairs.map(({id}) => id)).toEqual(['a/0000-0002']);
  expect(missing).toEqual([
    '3 of 4 targets of gap 1: the clips are too short for more',
    'targets of gap 2: no clip has 5 frames',
  ]);
  expect(await failure('clips', tree.root, {gaps: [2]})).toMatch(
    /RIFE_ERR_EVAL_EMPTY: .*no clip has 5 frames/,
  );
});

test('clips of several sizes have one crop, that fits into each', async () => {
  const tree = newTree();
  await tree.pictures(frames('a', 3), [70, 100]);
  await tree.pictures(frames('b', 3), [100, 70]);
  expect((await readSet('clips', tree.root, {gaps: [1], perGap: 2})).view).toEqual({height: 64, width: 64});
});

test('a crop as given; one that does not fit is refused', async () => {
  const tree = newTree();
  await tree.pictures(frames('a', 3), [40, 70]);
  const options = {gaps: [1], perGap: 1};
  const {view} = await readSet('clips', tree.root, {...options, crop: [20, 30]});
  expect(view).toEqual({height: 20, width: 30});
  expect(await failure('clips', tree.root, {...options, crop: [41, 70]})).toMatch(
    /RIFE_ERR_EVAL_VIEW: .*at least 41 x 70/,
  );
  const small = newTree();
  await small.pictures(frames('a', 3), [31, 64]);
  expect(await failure('clips', small.root, options)).toMatch(/RIFE_ERR_EVAL_VIEW: .*at least 32 x 64/);
});

test('grey frames and frames of another size are refused before any is decoded', async () => {
  const tree = newTree();
  await tree.pictures(frames('a', 5), [32, 32]);
  await tree.pictures(['a/0001.png'], [32, 64]);
  expect(await failure('clips', tree.root, {gaps: [1], perGap: 3})).toMatch(
    /RIFE_ERR_EVAL_SIZES: .*0001\.png" is 32 x 64/,
  );
  const grey = newTree();
  await grey.pictures(frames('a', 3), [32, 32]);
  // Kind of colours of the header: grey.
  const bytes = readFileSync(join(grey.root, 'a/0001.png'));
  bytes[25] = 0;
  grey.remove('a/0001.png');
  grey.write('a/0001.png', bytes);
  expect(await failure('clips', grey.root, {gaps: [1], perGap: 1})).toMatch(/RIFE_ERR_EVAL_FORMAT: .*grey/);
});

test('a clip that can not be opened is left out and named', async () => {
  const tree = newTree();
  await tree.pictures(frames('a', 3), [32, 32]);
  tree.text('b/0001.png', 'no picture');
  const {pairs, missing} = await readSet('clips', tree.root, {gaps: [1], perGap: 1});
  expect(pairs.length).toBe(1);
  expect(missing[0]).toMatch(/^clip b: Frame .*0001\.png/);
});

test.each([
  [{gaps: []}, /"gaps"/],
  [{gaps: [1, 1]}, /"gaps"/],
  [{gaps: [0]}, /"gaps"/],
  [{perGap: 0}, /"perGap"/],
  [{crop: [32, 0.5] as const}, /"crop"/],
  [{multi: 8}, /"multi" .*x-test-4k/],
])('%j is refused', async (options, message) => {
  const text = await failure('clips', CLIPS, options);
  expect(text).toMatch(/^RIFE_ERR_EVAL_OPTION/);
  expect(text).toMatch(message);
});
