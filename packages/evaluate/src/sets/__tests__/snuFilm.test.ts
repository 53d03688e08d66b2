import {areUnique, failure, filesOf, newTree, numbered, readSet, removeTrees} from './trees.js';

afterAll(removeTrees);

const GOPRO = 'GOPRO_test/GOPR0384_11_00';
const YOUTUBE = 'YouTube_test/0000';
const line = (clip: string, from: number, gap: number, digits: number) =>
  [from, from + gap, from + 2 * gap]
    .map(n => `data/SNU-FILM/test/${clip}/${String(n).padStart(digits, '0')}.png`)
    .join(' ');

/** The four lists, with the prefix that the published ones have, and frames of two clips. */
async function snuFilm() {
  const tree = newTree();
  for (const [part, gap] of [
    ['easy', 1],
    ['medium', 2],
    ['hard', 4],
    ['extreme', 8],
  ] as const)
    tree.text(`test-${part}.txt`, `${line(GOPRO, 2, gap, 6)}\r\n${line(YOUTUBE, 1, gap, 5)}\r\n\r\n`);
  await tree.pictures(numbered(19, 6, 1).map(name => `test/${GOPRO}/${name}`));
  await tree.pictures(
    numbered(18, 5, 1).map(name => `test/${YOUTUBE}/${name}`),
    [4, 4],
  );
  return tree;
}

test('snu-film: the triplets of four lists; the middle path is the target', async () => {
  const tree = await snuFilm();
  const set = await readSet('snu-film', tree.root);
  expect(set.pairs.map(({id, part, group, gap}) => [id, part, group, gap])).toEqual([
    [`easy/${GOPRO}/000003`, 'easy', GOPRO, 1],
    [`easy/${YOUTUBE}/00002`, 'easy', YOUTUBE, 1],
    [`medium/${GOPRO}/000004`, 'medium', GOPRO, 2],
    [`medium/${YOUTUBE}/00003`, 'medium', YOUTUBE, 2],
    [`hard/${GOPRO}/000006`, 'hard', GOPRO, 4],
    [`hard/${YOUTUBE}/00005`, 'hard', YOUTUBE, 4],
    [`extreme/${GOPRO}/000010`, 'extreme', GOPRO, 8],
    [`extreme/${YOUTUBE}/00009`, 'extreme', YOUTUBE, 8],
  ]);
  expect(filesOf(set, set.pairs[6]!)).toBe(
    `test/${GOPRO}/000002.png > test/${GOPRO}/000010.png < test/${GOPRO}/000018.png`,
  );
  expect(set.wholeTargets).toBe(1240);
  expect(set.missing).toEqual(
    ['easy', 'medium', 'hard', 'extreme'].map(part => `308 of the 310 lines of test-${part}.txt`),
  );
  expect(set.lists.map(list => list.slice(tree.root.length + 1))).toEqual(
    ['easy', 'medium', 'hard', 'extreme'].map(part => `test-${part}.txt`),
  );
  expect(areUnique(set)).toBe(true);
});

test('each list alone', async () => {
  const tree = await snuFilm();
  const set = await readSet('snu-film-hard', tree.root);
  expect(set.pairs.map(({part, gap}) => [part, gap])).toEqual([
    ['hard', 4],
    ['hard', 4],
  ]);
  expect(set).toMatchObject({wholeTargets: 310, title: 'SNU-FILM hard'});
  expect(set.lists.length).toBe(1);
  tree.remove('test-hard.txt');
  expect(await failure('snu-film-hard', tree.root)).toMatch(/RIFE_ERR_EVAL_ROOT/);
  expect((await readSet('snu-film', tree.root)).missing).toContain('310 of the 310 lines of test-hard.txt');
});

test('snu-film-arb: every frame between the inputs, by number', async () => {
  const tree = await snuFilm();
  const set = await readSet('snu-film-arb', tree.root);
  expect(set.pairs.map(({part, gap, targets}) => [part, gap, targets.length])).toEqual([
    ['medium', 2, 3],
    ['medium', 2, 3],
    ['hard', 4, 7],
    ['hard', 4, 7],
    ['extreme', 8, 15],
    ['extreme', 8, 15],
  ]);
  expect(set.pairs[0]!.targets.map(({id, t}) => [id, t])).toEqual([
    [`medium/${GOPRO}/000002-000006/000003`, 0.25],
    [`medium/${GOPRO}/000002-000006/000004`, 0.5],
    [`medium/${GOPRO}/000002-000006/000005`, 0.75],
  ]);
  expect(filesOf(set, set.pairs[1]!)).toBe(
    `test/${YOUTUBE}/00001.png > ${[2, 3, 4].map(n => `test/${YOUTUBE}/0000${n}.png`).join(', ')} < test/${YOUTUBE}/00005.png`,
  );
  expect(set.wholeTargets).toBe(310 * (3 + 7 + 15));
  expect(areUnique(set)).toBe(true);
});

test('a missing frame between the inputs costs its target alone', async () => {
  const tree = await snuFilm();
  tree.remove(`test/${GOPRO}/000003.png`);
  const {pairs, missing} = await readSet('snu-film-arb', tree.root);
  expect(pairs[0]!.targets.map(({t}) => t)).toEqual([0.5, 0.75]);
  expect(missing.at(-1)).toBe(`1 file: test/${GOPRO}/000003.png`);
});

test('lists in eval_modes, pictures beside them, the folder around both', async () => {
  const tree = newTree();
  tree.text('SNU-FILM/eval_modes/test-easy.txt', line(YOUTUBE, 1, 1, 5).replaceAll('data/SNU-FILM/', ''));
  await tree.pictures(numbered(3, 5, 1).map(name => `SNU-FILM/${YOUTUBE}/${name}`));
  const set = await readSet('snu-film-easy', tree.root);
  expect(filesOf(set, set.pairs[0]!)).toMatch(/^SNU-FILM\/YouTube_test\/0000\/00001\.png > /);
  expect(set.layout).toBe('SNU-FILM/eval_modes/test-easy.txt; pictures in SNU-FILM');
});

test.each([
  ['a/1.png a/2.png', /Line 1 .*has 2 paths, and 3 are expected/],
  ['a/1.png b/2.png a/3.png', /Line 1 .*different clips/],
  ['a/1.png a/../../2.png a/3.png', /Line 1 .*leads out/],
  ['/a/1.png /a/2.png /a/3.png', /Line 1 .*leads out/],
])('%s is refused', async (text, message) => {
  const tree = newTree();
  tree.text('test-easy.txt', text);
  const error = await failure('snu-film-easy', tree.root);
  expect(error).toMatch(/^RIFE_ERR_EVAL_LIST/);
  expect(error).toMatch(message);
});

test('arb needs inputs as far apart as the list says', async () => {
  const tree = newTree();
  tree.text('test-medium.txt', line(YOUTUBE, 1, 3, 5));
  expect(await failure('snu-film-arb', tree.root)).toMatch(/RIFE_ERR_EVAL_LIST: .*4 frames apart/);
});
