import {execFileSync} from 'node:child_process';
import {mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {copyTo, DEMO_VIDEO, rejection, tempFolder, writeClip, writeFrame} from '../../../__tests__/support';
import {openBatchSource} from '../../../loader/batchSource';
import {hasSplit, scan} from '../../scan';
import {entriesOf, isSystem} from '../entries';
import {decodeText, listedPaths} from '../list';
import {PassedOverLog, passedOverText} from '../passedOver';
import {findInTree} from '../tree';

const ids = async (root: string, split: 'train' | 'val' = 'train') =>
  (await scan(root, split)).clips.map(({id}) => id);
const touch = (path: string) => writeFileSync(path, 'x');
const passedIn = async (root: string) =>
  Object.fromEntries((await scan(root, 'train')).passedOver.map(({reason, paths}) => [reason, paths]));

describe('splits by the names that people give them', () => {
  test.each([
    ['Train', 'Val'],
    ['TRAIN', 'VALIDATION'],
    ['training', 'validation'],
    ['train_set', 'val_set'],
    ['trainset', 'validset'],
    ['train-data', 'eval'],
    ['train2017', 'val2017'],
    ['train', 'dev'],
    ['Training Set', 'Validation Set'],
  ])('%s and %s', async (train, val) => {
    const root = tempFolder();
    await writeClip(join(root, train, 's/a'), 3);
    await writeClip(join(root, val, 's/v'), 3);
    expect(await ids(root)).toEqual(['s/a']);
    expect(await hasSplit(root, 'val')).toBe(true);
    expect(await ids(root, 'val')).toEqual(['s/v']);
  });

  test.each([
    ['two of one kind', ['Training', 'train_set', 'val']],
    ['parts of other names', ['vimeo_train', 'vimeo_test']],
    ['within another folder', ['all/train', 'all/val']],
  ])('%s: asked about', async (_, folders) => {
    const root = tempFolder();
    for (const folder of folders) await writeClip(join(root, folder, 'a'), 3);
    const {code, message} = await rejection(scan(root, 'train'));
    expect(code).toBe('RIFE_ERR_DATA_SPLIT_UNCLEAR');
    expect(message).toContain(`"${folders[0]!.split('/').at(-1)}"`);
  });

  test('videos that are splits: asked about', async () => {
    const root = tempFolder();
    for (const name of ['Train.mp4', 'val.mp4']) copyTo(DEMO_VIDEO, join(root, name));
    expect((await rejection(scan(root, 'train'))).code).toBe('RIFE_ERR_DATA_SPLIT_UNCLEAR');
  });

  test('names that only hold such words are clips', async () => {
    const root = tempFolder();
    for (const name of ['trainer', 'valley', 'testimony']) await writeClip(join(root, name), 3);
    expect(await ids(root)).toEqual(['testimony', 'trainer', 'valley']);
  });

  test('what is beside them is reported', async () => {
    const root = tempFolder();
    for (const name of ['train/a', 'val/v', 'test/t', 'more/m']) await writeClip(join(root, name), 3);
    expect(await passedIn(root)).toEqual({beside: ['more', 'test']});
  });
});

describe('what is passed over', () => {
  test('files of other types, hidden ones, those of the system, deep folders: all with their paths', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    await writeClip(join(root, '1/2/3/4/5'), 3);
    for (const name of ['notes.txt', '.hidden.png', 'Thumbs.db', 'b.tiff']) touch(join(root, 'a', name));
    await writeFrame(join(root, 'a/@eaDir/0000.png/SYNOPHOTO_THUMB_M.jpg'), 8, 8, 1);
    expect(await ids(root)).toEqual(['a']);
    expect(await passedIn(root)).toEqual({
      other: ['a/b.tiff', 'a/notes.txt'],
      hidden: ['a/.hidden.png'],
      system: ['a/@eaDir', 'a/Thumbs.db'],
      deep: ['1/2/3/4/5'],
    });
    const source = await openBatchSource({root, crop: 64, workers: 1});
    await source.close();
    expect(source.description).toMatch(
      /, epochs of 1\. Passed over: 1 x folder deeper than four below the split \(1\/2\/3\/4\/5\); 2 x file of another type \(a\/b\.tiff, a\/notes\.txt\); /,
    );
  });

  test('nothing is said where nothing was', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    expect((await scan(root, 'train')).passedOver).toEqual([]);
    expect(passedOverText([])).toBe('');
  });

  test('examples are three, and what nobody misses can be left out', () => {
    const all = [
      {reason: 'other', paths: ['1', '2', '3', '4']},
      {reason: 'hidden', paths: ['.a']},
    ] as const;
    const found = all.map(({reason, paths}) => ({reason, paths: [...paths]}));
    expect(passedOverText(found, false)).toBe('Passed over: 4 x file of another type (1, 2, 3, ...)');
    expect(passedOverText(found)).toContain('; 1 x hidden (.a)');
    expect(passedOverText([{reason: 'other', paths: ['a\u001b[2J']}])).toContain('(a?[2J)');
  });

  test('folders named as pictures are folders; a pipe named as one is a bad clip that is not opened', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    await writeClip(join(root, 'a/0003.png'), 3);
    expect(await ids(root)).toEqual(['a', 'a/0003.png']);
    execFileSync('mkfifo', [join(root, 'a/0004.png')]);
    expect((await rejection(scan(root, 'train'))).message).toContain('it is no file');
  });

  test('a folder that can not be read', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    await writeClip(join(root, 'b'), 3);
    // Tests may run as root, who may read everything.
    const read = (folder: string) =>
      folder === join(root, 'b') ? Promise.reject(new Error('EACCES')) : entriesOf(folder);
    const log = new PassedOverLog();
    expect((await findInTree(root, root, log, read)).map(({id}) => id)).toEqual(['a']);
    expect(log.all()).toEqual([{reason: 'unreadable', paths: ['b']}]);
    const all = findInTree(root, root, log, () => Promise.reject(new Error('EACCES')));
    expect((await rejection(all)).code).toBe('RIFE_ERR_DATA_FILE');
  });

  test.each([
    '@eaDir',
    '#recycle',
    '$RECYCLE.BIN',
    'System Volume Information',
    '__MACOSX',
    'lost+found',
    'desktop.ini',
  ])('%s is of the system', name => expect(isSystem(name)).toBe(true));
});

describe('links', () => {
  test('a loop ends, and counts nothing twice', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    await writeClip(join(root, 'b'), 3);
    symlinkSync(root, join(root, 'a/loop'));
    symlinkSync(join(root, 'b'), join(root, 'a/other'));
    symlinkSync(join(root, 'a'), join(root, 'b/back'));
    expect(await ids(root)).toEqual(['a', 'b']);
    expect((await passedIn(root)).again).toEqual(expect.arrayContaining(['a/loop', 'a/other', 'b/back']));
  });

  test('a link to a clip elsewhere is a clip, once', async () => {
    const [root, elsewhere] = [tempFolder(), tempFolder()];
    await writeClip(join(elsewhere, 'x'), 3);
    symlinkSync(join(elsewhere, 'x'), join(root, 'one'));
    symlinkSync(join(elsewhere, 'x'), join(root, 'two'));
    expect(await ids(root)).toEqual(['one']);
    expect(await passedIn(root)).toEqual({again: ['two']});
  });

  test('frames may be links', async () => {
    const [root, elsewhere] = [tempFolder(), tempFolder()];
    await writeClip(elsewhere, 3);
    mkdirSync(join(root, 'a'));
    for (let i = 0; i < 3; i++) symlinkSync(join(elsewhere, `000${i}.png`), join(root, 'a', `000${i}.png`));
    expect(await ids(root)).toEqual(['a']);
    expect((await entriesOf(join(root, 'a'))).links.size).toBe(3);
  });

  test('those that lead out of the root are remarked, and warned of', async () => {
    const [root, elsewhere] = [tempFolder(), tempFolder()];
    for (const folder of [join(elsewhere, 'x'), join(elsewhere, 'frames'), join(root, 'own')])
      await writeClip(folder, 3);
    symlinkSync(join(elsewhere, 'x'), join(root, 'folder'));
    symlinkSync(DEMO_VIDEO, join(root, 'video.mp4'));
    mkdirSync(join(root, 'frame'));
    for (const i of [0, 1, 2])
      symlinkSync(join(elsewhere, `frames/000${i}.png`), join(root, `frame/000${i}.png`));
    mkdirSync(join(root, 'inside'));
    symlinkSync(join(root, 'own'), join(root, 'inside/a'));
    const {clips} = await scan(root, 'train');
    const linked = clips.filter(({remarks}) => remarks?.includes('linked')).map(({id}) => id);
    expect(linked).toEqual(['folder', 'frame', 'video']);
    const warnings: string[] = [];
    const options = {root, crop: 64, batch: 1, gaps: [1, 1] as [number, number], workers: 0};
    const source = await openBatchSource({...options, warn: text => warnings.push(text)});
    await source.close();
    expect(warnings.join()).toMatch(/3 of 4 clips have links that lead out of the folder of the clips/);
  });
});

test('frames whose names are no order are a bad clip', async () => {
  const root = tempFolder();
  await writeClip(join(root, 'good'), 3);
  for (const name of ['l_1', 'l_2', 'r_1']) await writeFrame(join(root, 'bad', `${name}.png`), 64, 64, 1);
  expect(await rejection(scan(root, 'train'))).toMatchObject({
    code: 'RIFE_ERR_DATA_FRAME_ORDER',
    message: expect.stringContaining('"l_1.png" and "r_1.png" are not named alike'),
  });
  const bad: string[] = [];
  const {clips} = await scan(root, 'train', 'auto', (id, {code}) => bad.push(`${id} ${code}`));
  expect([clips.map(({id}) => id), bad]).toEqual([['good'], ['bad RIFE_ERR_DATA_FRAME_ORDER']]);
});

describe('lists', () => {
  const LINES = ['00001/0001', '00001/0002', '00002/0001'];
  const utf16 = (text: string, mark = '\ufeff') => Buffer.from(mark + text, 'utf16le');

  test.each<[string, Buffer]>([
    ['as in the archive', Buffer.from(LINES.join('\n'))],
    ['line ends of Windows', Buffer.from(`${LINES.join('\r\n')}\r\n\r\n`)],
    ['line ends of old Macs', Buffer.from(LINES.join('\r'))],
    ['backslashes', Buffer.from(LINES.map(line => line.replace('/', '\\')).join('\r\n'))],
    ['the folder before each', Buffer.from(LINES.map(line => `sequences/${line}/`).join('\n'))],
    ['a whole path before each', Buffer.from(LINES.map(line => `D:\\vimeo\\sequences\\${line}`).join('\n'))],
    ['dots and slashes', Buffer.from(LINES.map(line => `./${line}`).join('\n'))],
    ['a comment', Buffer.from(`# made by hand\n${LINES.join('\n')}`)],
    ['quotes', Buffer.from(LINES.map(line => `"${line}"`).join('\n'))],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${LINES.join('\n')}`)],
    ['UTF-16', utf16(LINES.join('\r\n'))],
    ['UTF-16 without a mark', utf16(LINES.join('\r\n'), '')],
    ['UTF-16, the other way round', utf16(LINES.join('\r\n')).swap16()],
  ])('%s', (_, bytes) => expect(listedPaths(bytes, '/data/vimeo/sequences')).toEqual(LINES));

  test('UTF-16 of the other order without a mark', () =>
    expect(decodeText(utf16('00001/0001', '').swap16())).toBe('00001/0001'));

  async function vimeo(sizes: readonly number[], ending = 'png'): Promise<string> {
    const root = tempFolder();
    const lines = sizes.map((_, i) => `00001/${String(i + 1).padStart(4, '0')}`);
    for (const [i, line] of lines.entries())
      for (let f = 1; f <= 3; f++)
        await writeFrame(join(root, 'sequences', line, `im${f}.${ending}`), 64, sizes[i]!, f);
    writeFileSync(join(root, 'tri_trainlist.txt'), lines.join('\n'));
    return root;
  }

  test('each clip has a size of its own, and trains', async () => {
    const root = await vimeo([64, 96, 80, 64]);
    const {clips} = await scan(root, 'train');
    expect(clips.map(({width}) => width)).toEqual([64, 96, 80]);
    const source = await openBatchSource({root, crop: 64, batch: 3, workers: 1});
    const {names, replaced} = await source.next();
    await source.close();
    expect([names.length, replaced]).toEqual([3, 0]);
  });

  test('frames may be JPEG or WebP', async () => {
    const root = await vimeo([64, 64], 'jpg');
    expect((await scan(root, 'train')).clips).toMatchObject([{files: ['im1.jpg', 'im2.jpg', 'im3.jpg']}]);
  });

  test('a frame that is missing names what is there, and is a bad clip', async () => {
    const root = await vimeo([64, 64, 64]);
    rmSync(join(root, 'sequences/00001/0001/im2.png'));
    expect((await rejection(scan(root, 'train'))).message).toContain(
      'of tri_trainlist.txt has no im2.png: the folder holds im1.png, im3.png',
    );
    const bad: string[] = [];
    const {clips} = await scan(root, 'train', 'auto', id => bad.push(id));
    expect([clips.map(({id}) => id), bad]).toEqual([['00001/0002'], ['00001/0001']]);
  });

  test('what the list does not name, and what it names twice, is reported', async () => {
    const root = await vimeo([64, 64]);
    await writeClip(join(root, 'sequences/00001/0099'), 3);
    writeFileSync(join(root, 'tri_trainlist.txt'), '00001/0001\n00001/0001\n00001/0002\n');
    const {passedOver, clips} = await scan(root, 'train');
    expect(clips.map(({id}) => id)).toEqual(['00001/0001']);
    expect(passedOver).toEqual([
      {reason: 'unlisted', paths: ['00001/0099']},
      {reason: 'again', paths: ['00001/0001 (twice in tri_trainlist.txt)']},
    ]);
  });

  test('of no use at all', async () => {
    const root = await vimeo([64]);
    writeFileSync(join(root, 'tri_trainlist.txt'), 'a/1\na/2\n');
    expect((await rejection(scan(root, 'train', 'auto', () => {}))).message).toContain(
      'None of the 1 clips in tri_trainlist.txt is complete in',
    );
  });
});
