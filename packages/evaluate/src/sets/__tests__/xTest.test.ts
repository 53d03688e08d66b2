import {areUnique, failure, filesOf, newTree, numbered, readSet, removeTrees, type Tree} from './trees.js';

afterAll(removeTrees);

const NAMES = numbered(33);
const CLIPS = [1, 2, 3].flatMap(type => [1, 2, 3, 4, 5].map(clip => `Type${type}/TEST${type}${clip}_003`));

async function xTest(clips = CLIPS, before = 'test/'): Promise<Tree> {
  const tree = newTree();
  await tree.pictures(clips.flatMap(clip => NAMES.map(name => `${before}${clip}/${name}`)));
  return tree;
}

let whole: Tree;
beforeAll(async () => {
  whole = await xTest();
});

test('x-test-4k x8: 105 targets, by type and clip, at k/8', async () => {
  const set = await readSet('x-test-4k', whole.root);
  expect(set.pairs.map(({part, group}) => `${part}/${group}`)).toEqual(CLIPS);
  expect(set.pairs.flatMap(({targets}) => targets).length).toBe(105);
  const [first] = set.pairs;
  expect(first).toMatchObject({id: 'TEST11_003/0000-0032', group: 'TEST11_003', part: 'Type1', gap: 16});
  expect(first!.targets.map(({id, t}) => [id, t])).toEqual(
    [4, 8, 12, 16, 20, 24, 28].map(n => [`TEST11_003/${String(n).padStart(4, '0')}`, n / 32]),
  );
  expect(filesOf(set, first!)).toBe(
    `test/Type1/TEST11_003/0000.png > ${[4, 8, 12, 16, 20, 24, 28]
      .map(n => `test/Type1/TEST11_003/${NAMES[n]}`)
      .join(', ')} < test/Type1/TEST11_003/0032.png`,
  );
  expect(set).toMatchObject({title: 'X-TEST 4K x8', view: 'whole', wholeTargets: 105, extra: [], lists: []});
  expect(set.layout).toBe("XVFI's layout, 15 clips of 33 frames in test/Type1 to Type3");
  expect(areUnique(set)).toBe(true);
});

test('pictures of another size than the published one are no whole set', async () => {
  const {missing} = await readSet('x-test-4k', whole.root);
  expect(missing).toEqual(['the published size, 2160 x 4096: there are pictures of 6 x 8']);
});

test.each([
  [2, 15, [16]],
  [4, 45, [8, 16, 24]],
  [16, 225, Array.from({length: 15}, (_, i) => 2 * i + 2)],
  [32, 465, Array.from({length: 31}, (_, i) => i + 1)],
])('x%d: %d targets', async (multi, count, frames) => {
  const set = await readSet('x-test-2k', whole.root, {multi});
  expect(set.title).toBe(`X-TEST 2K x${multi}`);
  expect([set.view, set.wholeTargets]).toEqual(['x-test-2k', count]);
  expect(set.pairs[7]!.targets.map(({t}) => t * 32)).toEqual(frames);
});

test.each([
  ['xtest-l-4k', 'whole'],
  ['xtest-l-2k', 'x-test-2k'],
])('%s: frames 0, 16 and 32', async (name, view) => {
  const set = await readSet(name, whole.root);
  expect(set).toMatchObject({view, wholeTargets: 15});
  expect(set.pairs.map(({gap, targets}) => [gap, targets.length, targets[0]!.t])).toEqual(
    CLIPS.map(() => [16, 1, 0.5]),
  );
  expect(filesOf(set, set.pairs[0]!)).toMatch(/0000\.png > .*0016\.png < .*0032\.png$/);
});

test('the folder of the types may be the root itself, and the files beside it are named', async () => {
  const tree = await xTest(['Type1/a', 'Type3/b'], '');
  tree.text('Type1/notes.txt', '');
  tree.text('Type3/b/mask.txt', '');
  tree.text('Type3/b/.hidden', '');
  const set = await readSet('x-test-4k', tree.root);
  expect(set.pairs.map(({group}) => group)).toEqual(['a', 'b']);
  expect(set.missing.slice(0, 3)).toEqual([
    '4 of 5 clips of Type1',
    '5 of 5 clips of Type2',
    '4 of 5 clips of Type3',
  ]);
  expect(set.wholeTargets).toBe(105);
  expect(set.extra).toEqual(['1 file: Type1/notes.txt', '1 file: Type3/b/mask.txt']);
});

test('more clips than five of a type are used, and noted', async () => {
  const tree = await xTest([1, 2, 3, 4, 5, 6].map(clip => `Type2/c${clip}`));
  const {pairs, extra} = await readSet('x-test-4k', tree.root);
  expect(pairs.length).toBe(6);
  expect(extra).toEqual(['1 clip more in Type2 than the 5 of X-TEST']);
});

test('a clip of 32 frames is refused: which frame is missing can be seen', async () => {
  const tree = await xTest(['Type1/a', 'Type1/b']);
  tree.remove('test/Type1/b/0017.png');
  expect(await failure('x-test-4k', tree.root)).toMatch(
    /RIFE_ERR_EVAL_CLIP: .*Type1\/b" has 32 frames; 0017\.png is not there.*33 frames/,
  );
});

test('a clip of 34 frames is used only if the 33 names are among them', async () => {
  const tree = await xTest(['Type1/a']);
  await tree.pictures(['test/Type1/a/0033.png']);
  const {pairs, extra} = await readSet('x-test-4k', tree.root);
  expect(pairs[0]!.id).toBe('a/0000-0032');
  expect(extra).toEqual(['1 file: test/Type1/a/0033.png']);
  tree.remove('test/Type1/a/0003.png');
  await tree.pictures(['test/Type1/a/0034.png']);
  expect(await failure('x-test-4k', tree.root)).toMatch(/RIFE_ERR_EVAL_CLIP: .*34 frames; 0003\.png/);
});

test('a frame of another size is refused, and both are named', async () => {
  const tree = await xTest(['Type1/a']);
  await tree.pictures(['test/Type1/a/0012.png'], [8, 8]);
  expect(await failure('x-test-4k', tree.root)).toMatch(
    /RIFE_ERR_EVAL_SIZES: .*0000\.png" is 6 x 8 and .*0012\.png" is 8 x 8/,
  );
  // Frames that are not used are not read.
  expect(await failure('xtest-l-4k', tree.root)).toBe('no error');
});

test('odd sides can not be halved', async () => {
  const tree = newTree();
  await tree.pictures(
    NAMES.map(name => `Type1/a/${name}`),
    [5, 8],
  );
  expect(await failure('x-test-4k', tree.root)).toBe('no error');
  expect(await failure('x-test-2k', tree.root)).toMatch(/RIFE_ERR_EVAL_VIEW: .*5 x 8/);
});

test.each([
  ['x-test-4k', {multi: 3}, /"multi" is 3.*2, 4, 8, 16 or 32/],
  ['xtest-l-4k', {multi: 8}, /"multi" is 8 for the set xtest-l-4k.*for x-test-4k and x-test-2k only/],
  ['x-test-4k', {perGap: 2}, /"perGap" is 2.*for clips only/],
])('%s does not take %j', async (name, options, message) => {
  const text = await failure(name, whole.root, options);
  expect(text).toMatch(/^RIFE_ERR_EVAL_OPTION/);
  expect(text).toMatch(message);
});
