import {areUnique, failure, filesOf, newTree, readSet, removeTrees} from './trees.js';

afterAll(removeTrees);

const triple = (folder: string, ...names: string[]) => names.map(name => `${folder}/${name}.png`);
const im = (folder: string) => triple(folder, 'im1', 'im2', 'im3');

describe('vimeo90k', () => {
  const SIZE = [256, 448] as const;

  test('by the list, in its order, with the line ends of Windows and blank lines', async () => {
    const tree = newTree();
    tree.text('tri_testlist.txt', '00002/0001\r\n\r\n00001/0389\r\n\n');
    await tree.pictures([...im('sequences/00001/0389'), ...im('sequences/00002/0001')], SIZE);
    const set = await readSet('vimeo90k', tree.root);
    expect(set.pairs.map(({id, group, part, gap}) => [id, group, part, gap])).toEqual([
      ['00002/0001', '00002', '', 1],
      ['00001/0389', '00001', '', 1],
    ]);
    expect(filesOf(set, set.pairs[1]!)).toBe(
      'sequences/00001/0389/im1.png > sequences/00001/0389/im2.png < sequences/00001/0389/im3.png',
    );
    expect(set.pairs[0]!.targets).toMatchObject([{id: '00002/0001', t: 0.5}]);
    expect(set).toMatchObject({wholeTargets: 3782, missing: ['3780 of the 3782 triplets'], extra: []});
    expect(set.layout).toBe('tri_testlist.txt and sequences, 2 triplets');
    expect(set.lists).toEqual([`${tree.root}/tri_testlist.txt`]);
  });

  test("in the folder around it, and in RIFE's layout, which needs no list", async () => {
    const around = newTree();
    around.text('vimeo_triplet/tri_testlist.txt', '00001/0001\n');
    await around.pictures(im('vimeo_triplet/sequences/00001/0001'), SIZE);
    expect((await readSet('vimeo90k', around.root)).layout).toBe(
      'vimeo_triplet/tri_testlist.txt and vimeo_triplet/sequences, 1 triplet',
    );
    const rife = newTree();
    await rife.pictures([
      ...im('vimeo_interp_test/target/00001/0002'),
      ...im('vimeo_interp_test/target/00001/0001'),
    ]);
    const set = await readSet('vimeo90k', rife.root);
    expect(set.pairs.map(({id}) => id)).toEqual(['00001/0001', '00001/0002']);
    expect(set.lists).toEqual([]);
    rife.text('vimeo_interp_test/tri_testlist.txt', '00001/0002\n');
    expect((await readSet('vimeo90k', rife.root)).pairs.map(({id}) => id)).toEqual(['00001/0002']);
  });

  test('triplets without a file are left out and named; with none left it is an error', async () => {
    const tree = newTree();
    tree.text('tri_testlist.txt', '00001/0001\n00001/0002\n00001/0003\n');
    await tree.pictures([...im('sequences/00001/0001'), ...im('sequences/00001/0002')], SIZE);
    tree.remove('sequences/00001/0002/im2.png');
    const {pairs, missing} = await readSet('vimeo90k', tree.root);
    expect(pairs.map(({id}) => id)).toEqual(['00001/0001']);
    expect(missing[1]).toBe(
      '4 files: sequences/00001/0002/im2.png, sequences/00001/0003/im1.png, ' +
        'sequences/00001/0003/im2.png, sequences/00001/0003/im3.png',
    );
    tree.remove('sequences/00001/0001/im3.png');
    expect(await failure('vimeo90k', tree.root)).toMatch(
      /RIFE_ERR_EVAL_EMPTY: .*No target of Vimeo90K is complete.*5 files: sequences\/00001\/0001\/im3\.png/,
    );
  });

  test('lines that lead elsewhere, or hold more than a path, are refused with their number', async () => {
    const tree = newTree();
    await tree.pictures(im('sequences/00001/0001'));
    tree.text('tri_testlist.txt', '00001/0001\n\n../00001/0001\n');
    expect(await failure('vimeo90k', tree.root)).toMatch(/RIFE_ERR_EVAL_LIST: .*Line 3 of .*leads out/);
    tree.text('tri_testlist.txt', '00001/0001 00001/0002\n');
    expect(await failure('vimeo90k', tree.root)).toMatch(/RIFE_ERR_EVAL_LIST: .*Line 1 .*has 2 paths/);
  });

  test('a triplet that is named twice counts twice, with an id of its own', async () => {
    const tree = newTree();
    tree.text('tri_testlist.txt', '00001/0001\n00001/0001\n');
    await tree.pictures(im('sequences/00001/0001'), SIZE);
    const set = await readSet('vimeo90k', tree.root);
    expect(set.pairs.map(({id, targets}) => [id, targets[0]!.id])).toEqual([
      ['00001/0001', '00001/0001'],
      ['00001/0001 (2)', '00001/0001 (2)'],
    ]);
  });
});

test('ucf101: all folders in natural order; the mask is ignored, what is no triplet is named', async () => {
  const tree = newTree();
  const names = ['frame_00', 'frame_01_gt', 'frame_02', 'motion_mask'];
  const folders = ['1', '11', '2', '101'].map(folder => `ucf101_interp_ours/${folder}`);
  await tree.pictures(
    folders.flatMap(folder => triple(folder, ...names)),
    [256, 256],
  );
  tree.text('ucf101_interp_ours/other/readme.txt', '');
  const set = await readSet('ucf101', tree.root);
  expect(set.pairs.map(({id, group}) => `${id} ${group}`)).toEqual(['1 1', '2 2', '11 11', '101 101']);
  expect(filesOf(set, set.pairs[0]!)).toBe(
    ['frame_00.png >', 'frame_01_gt.png <', 'frame_02.png'].map(s => `ucf101_interp_ours/1/${s}`).join(' '),
  );
  expect(set).toMatchObject({
    wholeTargets: 379,
    missing: ['375 of the 379 triplets'],
    extra: ['1 other name: other'],
    layout: '4 folders of frame_00.png, frame_01_gt.png and frame_02.png in ucf101_interp_ours',
  });
});

test('atd12k: frame2 between frame1 and frame3', async () => {
  const tree = newTree();
  await tree.pictures(triple('Disney_v4_0_000024_s2', 'frame1', 'frame2', 'frame3'), [540, 960]);
  const set = await readSet('atd12k', tree.root);
  expect(filesOf(set, set.pairs[0]!)).toMatch(/frame1\.png > .*frame2\.png < .*frame3\.png$/);
  expect([set.wholeTargets, set.missing]).toEqual([2000, ['1999 of the 2000 triplets']]);
});

const scene = (inputs: string, targets: string, name: string) => [
  ...triple(`${inputs}/${name}`, 'frame10', 'frame11'),
  ...triple(`${targets}/${name}`, 'frame10i11'),
];

describe('middlebury and davis-30', () => {
  const NAMES = [
    ...['Beanbags', 'Dimetrodon', 'DogDance', 'Grove2', 'Grove3', 'Hydrangea', 'MiniCooper'],
    ...['RubberWhale', 'Urban2', 'Urban3', 'Venus', 'Walking'],
  ];

  test('the 12 scenes with ground truth, of their own sizes; others are named', async () => {
    const tree = newTree();
    await tree.pictures(NAMES.slice(1).flatMap(name => scene('other-data', 'other-gt-interp', name)));
    await tree.pictures(scene('other-data', 'other-gt-interp', 'Beanbags'), [10, 12]);
    await tree.pictures(triple('other-data/Army', 'frame10', 'frame11'));
    const set = await readSet('middlebury', tree.root);
    expect(set.pairs.map(({id}) => id)).toEqual(NAMES);
    expect(filesOf(set, set.pairs[4]!)).toBe(
      'other-data/Grove3/frame10.png > other-gt-interp/Grove3/frame10i11.png < other-data/Grove3/frame11.png',
    );
    expect(set).toMatchObject({wholeTargets: 12, missing: [], extra: ['1 other folder: Army']});
    expect(areUnique(set)).toBe(true);
  });

  test("AdaCoF's layout holds either set; a missing scene makes a subset", async () => {
    const tree = newTree();
    await tree.pictures(NAMES.slice(2).flatMap(name => scene('input', 'gt', name)));
    const {pairs, missing} = await readSet('middlebury', tree.root);
    expect(pairs.length).toBe(10);
    expect(missing[0]).toMatch(/^6 files: input\/Beanbags\/frame10\.png, gt\/Beanbags\/frame10i11\.png/);
    expect(await failure('davis-30', tree.root)).toMatch(
      /RIFE_ERR_EVAL_ROOT: .*has the layout of middlebury/,
    );
    const davis = newTree();
    await davis.pictures(['boxing', 'surf'].flatMap(name => scene('input', 'gt', name)));
    const set = await readSet('davis-30', davis.root);
    expect(set.pairs.map(({id}) => id)).toEqual(['boxing', 'surf']);
    expect([set.wholeTargets, set.missing]).toEqual([30, ['28 of the 30 scenes']]);
    expect(await failure('middlebury', davis.root)).toMatch(/has the layout of davis-30/);
  });

  test('a target of another size than its inputs is refused', async () => {
    const tree = newTree();
    await tree.pictures(scene('input', 'gt', 'surf'));
    await tree.pictures(['gt/surf/frame10i11.png'], [6, 9]);
    expect(await failure('davis-30', tree.root)).toMatch(/RIFE_ERR_EVAL_SIZES: .*6 x 8 .*6 x 9/);
  });
});
