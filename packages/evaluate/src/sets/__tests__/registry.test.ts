import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {setNamed, SETS} from '../registry.js';
import {failure, newTree, numbered, readSet, removeTrees} from './trees.js';

afterAll(removeTrees);

const frames = (folder: string) => numbered(33).map(name => `${folder}/${name}`);

test('every set has a name of its own, and words and paths for its help', () => {
  expect(SETS.map(({name}) => name)).toEqual([
    ...['x-test-4k', 'x-test-2k', 'xtest-l-4k', 'xtest-l-2k', 'vimeo90k', 'ucf101', 'atd12k'],
    ...['middlebury', 'davis-30', 'snu-film', 'snu-film-easy', 'snu-film-medium', 'snu-film-hard'],
    ...['snu-film-extreme', 'snu-film-arb', 'xiph-2k', 'xiph-4k', 'hd', 'hd-4x', 'davis-90'],
    ...['gopro', 'adobe240', 'clips'],
  ]);
  for (const {words, expects} of SETS) expect(words.length * expects.length).toBeGreaterThan(0);
});

test('a name that is no set is refused with those that are', () => {
  expect(() => setNamed('vimeo')).toThrow(/no set "vimeo".*x-test-4k, .*, clips/);
});

test('a root that does not exist, and an empty one', async () => {
  const {root} = newTree();
  expect(await failure('ucf101', join(root, 'none'))).toMatch(
    /RIFE_ERR_EVAL_ROOT: .*none" is no root of ucf101.*There is no such folder/,
  );
  expect(await failure('ucf101', root)).toMatch(/RIFE_ERR_EVAL_ROOT: .*The folder is empty/);
  expect(await failure('clips', join(root, 'none'))).toMatch(/RIFE_ERR_EVAL_ROOT/);
});

test('a wrong root: what was expected, what is there, and which set that is', async () => {
  const tree = newTree();
  await tree.pictures(['sequences/00001/0001/im1.png']);
  tree.text('tri_testlist.txt', '00001/0001');
  const text = await failure('x-test-4k', tree.root);
  expect(text).toContain('Expected a folder with test/Type1/<clip>/0000.png or Type1/<clip>/0000.png');
  expect(text).toContain('The folder holds sequences/, tri_testlist.txt.');
  expect(text).toContain('has the layout of vimeo90k');
  expect(text).toContain(`evaluate on vimeo90k with --root ${tree.root}`);
});

test('a folder too high or too low: the right one is named', async () => {
  const tree = newTree();
  await tree.pictures(frames('data/x/Type1/clip'));
  expect(await failure('x-test-4k', join(tree.root, 'data'))).toContain(`Use --root ${tree.root}/data/x`);
  expect(await failure('x-test-4k', join(tree.root, 'data/x/Type1'))).toContain(
    `Use --root ${tree.root}/data/x.`,
  );
});

test('a relative root is read as an absolute one', async () => {
  const tree = newTree();
  await tree.pictures(frames('Type1/clip'));
  const before = process.cwd();
  process.chdir(tree.root);
  try {
    expect((await readSet('xtest-l-4k', '.')).pairs[0]!.img0).toMatchObject({
      path: join(process.cwd(), 'Type1/clip/0000.png'),
    });
  } finally {
    process.chdir(before);
  }
});

test('grey pictures, 16 bits and damaged ones are refused whatever the set', async () => {
  const tree = newTree();
  const folder = 'ucf101_interp_ours/1';
  await tree.pictures(['frame_00', 'frame_01_gt', 'frame_02'].map(name => `${folder}/${name}.png`));
  const grey = sharp({create: {width: 8, height: 6, channels: 3, background: '#888'}});
  const replace = (content: Uint8Array) => {
    tree.remove(`${folder}/frame_02.png`);
    tree.write(`${folder}/frame_02.png`, content);
  };
  replace(await grey.clone().toColourspace('b-w').png().toBuffer());
  expect(await failure('ucf101', tree.root)).toMatch(/RIFE_ERR_EVAL_FORMAT: .*frame_02\.png" is grey/);
  replace(await grey.clone().toColourspace('rgb16').png().toBuffer());
  expect(await failure('ucf101', tree.root)).toMatch(/RIFE_ERR_EVAL_FORMAT: .*16 bits a channel/);
  replace(Buffer.from('<html>'));
  expect(await failure('ucf101', tree.root)).toMatch(/RIFE_ERR_EVAL_PICTURE: .*frame_02\.png/);
});

test('every error of evaluations is documented, and no other', () => {
  const read = (path: string) => readFileSync(join(__dirname, '../../../../..', path), 'utf8');
  const codes = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(match => match[1]).sort();
  expect(codes(read('docs/errors/evaluate.md'), /^## (\w+)/gm)).toEqual([
    ...new Set(codes(read('packages/errors/src/evaluate.ts'), /code: '(\w+)'/g)),
  ]);
});
