import {areUnique, failure, filesOf, newTree, numbered, readSet, removeTrees} from './trees.js';

afterAll(removeTrees);

const XIPH = [
  ...['BoxingPractice', 'Crosswalk', 'DrivingPOV', 'FoodMarket'],
  ...['FoodMarket2', 'RitualDance', 'SquareAndTimelapse', 'Tango'],
];

describe('xiph', () => {
  const FRAMES = numbered(100, 3, 1);

  test("392 targets in SoftSplat's layout: even frames from both neighbours", async () => {
    const tree = newTree();
    await tree.pictures(XIPH.flatMap(clip => FRAMES.map(name => `netflix/${clip}-${name}`)));
    await tree.pictures(['netflix/Narrator-001.png']);
    const set = await readSet('xiph-2k', tree.root);
    expect(set.pairs.length).toBe(392);
    expect([...new Set(set.pairs.map(({group}) => group))]).toEqual(XIPH);
    expect(filesOf(set, set.pairs[0]!)).toBe(
      'netflix/BoxingPractice-001.png > netflix/BoxingPractice-002.png < netflix/BoxingPractice-003.png',
    );
    expect(filesOf(set, set.pairs[48]!)).toBe(
      'netflix/BoxingPractice-097.png > netflix/BoxingPractice-098.png < netflix/BoxingPractice-099.png',
    );
    expect(set.pairs[48]).toMatchObject({id: 'BoxingPractice/098', gap: 1, part: ''});
    expect(set).toMatchObject({
      view: 'xiph-2k',
      wholeTargets: 392,
      extra: ['1 other name: Narrator-001.png'],
    });
    expect(set.layout).toBe("SoftSplat's layout, <clip>-001.png in netflix");
    expect(areUnique(set)).toBe(true);
    // 6 x 8 pixels have no centre of 1080 x 2048.
    expect(await failure('xiph-4k', tree.root)).toMatch(/RIFE_ERR_EVAL_VIEW: .*at least 1080 x 2048/);
  });

  test("AMT's layout, of one clip: a subset", async () => {
    const tree = newTree();
    await tree.pictures(
      FRAMES.map(name => `xiph/Tango/${name}`),
      [1080, 2048],
    );
    const set = await readSet('xiph-4k', tree.root);
    expect(filesOf(set, set.pairs[1]!)).toBe('xiph/Tango/003.png > xiph/Tango/004.png < xiph/Tango/005.png');
    expect([set.pairs.length, set.view, set.wholeTargets]).toEqual([49, 'xiph-4k', 392]);
    expect(set.missing[0]).toMatch(/^693 files: BoxingPractice|^693 files: xiph\/BoxingPractice\/001\.png/);
    expect(set.layout).toBe("AMT's layout, <clip>/001.png in xiph");
  });
});

describe('hd', () => {
  const BYTES = {
    'HD720p_GT/parkrun_1280x720_50': 1280 * 720 * 1.5,
    'HD1080p_GT/BlueSky': 1920 * 1080 * 1.5,
    'HD544p_GT/Sintel_Alley2_1280x544': 1280 * 544 * 1.5,
  };

  function hd(frames: number, before = 'HD_dataset/') {
    const tree = newTree();
    for (const [name, bytes] of Object.entries(BYTES)) tree.bytes(`${before}${name}.yuv`, bytes * frames);
    return tree;
  }

  test('x2: frames 0 and 2, 2 and 4 ..., while both are there; the parts are the resolutions', async () => {
    const tree = hd(6);
    tree.bytes('HD_dataset/HD720p_GT/other.yuv', 1);
    const set = await readSet('hd', tree.root);
    expect(set.pairs.map(({id, part}) => `${part} ${id}`)).toEqual([
      '720p parkrun_1280x720_50/0000-0002',
      '720p parkrun_1280x720_50/0002-0004',
      '1080p BlueSky/0000-0002',
      '1080p BlueSky/0002-0004',
      '544p Sintel_Alley2_1280x544/0000-0002',
      '544p Sintel_Alley2_1280x544/0002-0004',
    ]);
    const path = `${tree.root}/HD_dataset/HD544p_GT/Sintel_Alley2_1280x544.yuv`;
    const size = {width: 1280, height: 544};
    expect(set.pairs[5]).toEqual({
      ...{id: 'Sintel_Alley2_1280x544/0002-0004', group: 'Sintel_Alley2_1280x544', part: '544p', gap: 1},
      img0: {kind: 'yuv', path, index: 2, ...size},
      img1: {kind: 'yuv', path, index: 4, ...size},
      targets: [{id: 'Sintel_Alley2_1280x544/0003', t: 0.5, source: {kind: 'yuv', path, index: 3, ...size}}],
    });
    expect(set.missing[0]).toMatch(/^8 clips: HD720p_GT\/shields/);
    expect(set.extra).toEqual(['1 other file: HD720p_GT/other.yuv']);
    expect(set.layout).toBe('3 raw videos in HD_dataset');
  });

  test('4x: three frames between 0 and 4', async () => {
    const set = await readSet('hd-4x', hd(8, '').root);
    expect(set.pairs.length).toBe(3);
    expect(set.pairs[0]!.gap).toBe(2);
    expect(set.pairs[0]!.targets.map(({id, t}) => [id.slice(-4), t])).toEqual([
      ['0001', 0.25],
      ['0002', 0.5],
      ['0003', 0.75],
    ]);
  });

  test('the first 100 frames only', async () => {
    const tree = newTree();
    const name = 'HD544p_GT/Sintel_Temple1_1280x544.yuv';
    tree.bytes(name, 1280 * 544 * 1.5 * 104);
    const x2 = await readSet('hd', tree.root);
    expect([x2.pairs.length, x2.pairs.at(-1)!.id.slice(-9)]).toEqual([50, '0098-0100']);
    const x4 = await readSet('hd-4x', tree.root);
    expect([x4.pairs.length, x4.pairs.at(-1)!.id.slice(-9)]).toEqual([25, '0096-0100']);
  });

  test('a file that is cut off, or too short, is refused', async () => {
    const tree = hd(3);
    tree.bytes('HD_dataset/HD1080p_GT/BlueSky.yuv', 1920 * 1080 * 4);
    expect(await failure('hd', tree.root)).toMatch(
      /RIFE_ERR_EVAL_YUV: .*BlueSky\.yuv" has 8294400 bytes.*1080 x 1920/,
    );
    expect(await failure('hd-4x', hd(4).root)).toMatch(/RIFE_ERR_EVAL_YUV: .*has 4 frames, and 5 are needed/);
  });
});

describe('davis-90', () => {
  const frames = (sequence: string, count: number) =>
    numbered(count, 5, 0, 'jpg').map(name => `JPEGImages/480p/${sequence}/${name}`);

  test('frames t + 2 and t + 4, t + 3 between, for even t below n - 6', async () => {
    const tree = newTree();
    await tree.pictures([...frames('bear', 11), ...frames('camel', 8)]);
    const set = await readSet('davis-90', tree.root);
    expect(set.pairs.map(({id}) => id)).toEqual([
      ...['bear/00002-00004', 'bear/00004-00006', 'bear/00006-00008'],
      'camel/00002-00004',
    ]);
    expect(filesOf(set, set.pairs[2]!)).toBe(
      ['00006.jpg >', '00007.jpg <', '00008.jpg'].map(name => `JPEGImages/480p/bear/${name}`).join(' '),
    );
    expect(set.pairs[2]!.targets[0]).toMatchObject({id: 'bear/00007', t: 0.5});
    expect(set.missing).toEqual(['88 of the 90 sequences']);
  });

  test('a gap in the numbers, and a sequence that is too short, are refused', async () => {
    const tree = newTree();
    await tree.pictures([...frames('bear', 9), ...frames('camel', 6)]);
    expect(await failure('davis-90', tree.root)).toMatch(/RIFE_ERR_EVAL_CLIP: .*camel" has 6 frames/);
    tree.remove('JPEGImages/480p/bear/00004.jpg');
    expect(await failure('davis-90', tree.root)).toMatch(
      /RIFE_ERR_EVAL_CLIP: .*bear" has no 00004\.jpg, but 00005\.jpg/,
    );
  });
});

describe('gopro and adobe240', () => {
  const clip = (folder: string, count: number, first = 1) =>
    numbered(count, 6, first).map(name => `${folder}/${name}`);
  const SIZE = [512, 514] as const;

  test('gopro: 9-frame sets that share their ends; other clips are named', async () => {
    const tree = newTree();
    await tree.pictures([...clip('test/GOPR0385_11_01', 18), ...clip('test/GOPR0384_11_00', 9, 101)], SIZE);
    await tree.pictures(clip('test/GOPR9999', 9), SIZE);
    const set = await readSet('gopro', tree.root);
    expect(set.pairs.map(({id, gap, targets}) => [id, gap, targets.length])).toEqual([
      ['GOPR0384_11_00/000101-000109', 4, 7],
      ['GOPR0385_11_01/000001-000009', 4, 7],
      ['GOPR0385_11_01/000009-000017', 4, 7],
    ]);
    expect(set.pairs[2]!.targets.map(({id, t}) => [id.slice(-6), t])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map(k => [`0000${k + 9}`, k / 8]),
    );
    expect(set.view).toBe('centre-512');
    expect(set.missing[0]).toMatch(/^9 clips: GOPR0384_11_05/);
    expect(set.extra).toEqual(['1 other folder: GOPR9999']);
    expect(areUnique(set)).toBe(true);
  });

  test('a gap in the numbers, few frames, and small pictures are refused', async () => {
    const tree = newTree();
    await tree.pictures(clip('GOPR0384_11_00', 9));
    expect(await failure('gopro', tree.root)).toMatch(/RIFE_ERR_EVAL_VIEW: .*at least 512 x 512/);
    await tree.pictures(clip('GOPR0384_11_00', 1, 11));
    expect(await failure('gopro', tree.root)).toMatch(
      /RIFE_ERR_EVAL_CLIP: .*has 000009\.png, and then 000011\.png/,
    );
    tree.remove('GOPR0384_11_00/000008.png');
    tree.remove('GOPR0384_11_00/000011.png');
    expect(await failure('gopro', tree.root)).toMatch(/RIFE_ERR_EVAL_CLIP: .*has 8 frames/);
  });

  test('adobe240: the 10th folder by name, the 20th, and so on', async () => {
    const tree = newTree();
    for (let i = 1; i <= 21; i++)
      await tree.pictures(clip(`test_frames/clip${String(i).padStart(2, '0')}`, 9), SIZE);
    const set = await readSet('adobe240', tree.root);
    expect(set.pairs.map(({group}) => group)).toEqual(['clip10', 'clip20']);
    expect(set.layout).toBe('2 of 21 folders in test_frames, by name every 10th');
    const few = newTree();
    await few.pictures(clip('test_frames/a', 9), SIZE);
    expect(await failure('adobe240', few.root)).toMatch(
      /RIFE_ERR_EVAL_EMPTY: .*every 10th folder is used, and there are 1/,
    );
  });
});
