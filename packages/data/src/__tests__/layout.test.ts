import {spawnSync} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {openBatchSource} from '..';
import {guessLayout, locate} from '../clips/layout';
import {hasSplit, scan} from '../clips/scan';
import {copyTo, DEMO, DEMO_VIDEO, rejection, tempFolder, writeClip, writeFrame} from './support';

/** Vimeo90K as its archive unpacks: lines `00001/0001`, frames im1.png, ... */
async function vimeo(list: string, frames: number, count = 20): Promise<string> {
  const root = tempFolder();
  const lines = Array.from({length: count}, (_, i) => `0000${1 + (i % 2)}/${String(i).padStart(4, '0')}`);
  for (const [i, line] of lines.entries())
    for (let f = 1; f <= frames; f++)
      await writeFrame(join(root, 'sequences', line, `im${f}.png`), 64, 96, 10 * i + f);
  writeFileSync(join(root, list), `${lines.join('\r\n')}\n\n`);
  return root;
}

describe('Vimeo90K', () => {
  test.each([
    ['vimeo-triplet', 'tri_trainlist.txt', 3],
    ['vimeo-septuplet', 'sep_trainlist.txt', 7],
  ] as const)(
    '%s: the first 95 %% of the list in its order, the rest to validate on',
    async (layout, list, frames) => {
      const root = await vimeo(list, frames);
      expect(await guessLayout(root)).toBe(layout);
      const train = await scan(root, 'train');
      expect(train.layout).toBe(layout);
      expect(train.clips).toHaveLength(19);
      expect(train.clips.map(({id}) => id).slice(0, 3)).toEqual(['00001/0000', '00002/0001', '00001/0002']);
      expect(train.clips[0]).toMatchObject({frames, width: 96, height: 64});
      expect((await scan(root, 'val')).clips.map(({id}) => id)).toEqual(['00002/0019']);
      expect(await hasSplit(root, 'val')).toBe(true);
    },
  );

  test('septuplets at any timestep give the reference’s 35 triplets', async () => {
    const root = await vimeo('sep_trainlist.txt', 7, 2);
    const source = await openBatchSource({
      ...{root, crop: 64, batch: 35, gaps: [1, 3], timestep: 'any', augment: false, workers: 1},
      policyAt: () => ({minGap: 1, maxGap: 3, balance: 'triplets'}),
    });
    const {names} = await source.next();
    await source.close();
    expect(new Set(names).size).toBe(35);
    expect(names.every(name => name.startsWith('00001/0000 '))).toBe(true);
  });

  test('a line without its folder is a bad clip that is named; a frame of another size is met when it is decoded', async () => {
    const root = await vimeo('tri_trainlist.txt', 3);
    rmSync(join(root, 'sequences/00001/0002'), {recursive: true});
    expect(await rejection(scan(root, 'train'))).toMatchObject({
      code: 'RIFE_ERR_DATA_FILE',
      message: expect.stringContaining('0002'),
    });
    const bad: string[] = [];
    expect((await scan(root, 'train', 'auto', id => bad.push(id))).clips).toHaveLength(18);
    expect(bad).toEqual(['00001/0002']);
    await writeFrame(join(root, 'sequences/00002/0003/im2.png'), 64, 64, 1);
    const source = await openBatchSource({
      root,
      crop: 64,
      batch: 18,
      workers: 1,
      onBadClip: 'skip',
      maxBadShare: 0.2,
      warn: () => {},
    });
    const batch = await source.next();
    await source.close();
    expect(batch.replaced).toBe(1);
  });

  test('a line that leads out of the folder is a bad clip, and nothing there is read', async () => {
    const root = await vimeo('tri_trainlist.txt', 3, 3);
    for (let f = 1; f <= 3; f++) await writeFrame(join(root, 'elsewhere/1', `im${f}.png`), 64, 96, f);
    const list = join(root, 'tri_trainlist.txt');
    const lines = ['../elsewhere/1', '00001/../../elsewhere/1', '..\\elsewhere\\1', '/etc'];
    writeFileSync(list, [...lines, '00001/0000', '00002/0001', '00001/0002'].join('\n'));
    const bad: string[] = [];
    const {clips} = await scan(root, 'train', 'auto', (id, error) => bad.push(`${id}: ${error.message}`));
    expect(clips.map(({id}) => id)).toEqual(['00001/0000', '00002/0001']);
    // The third line is the first once more; slashes at the start of a line are dropped.
    const outside = (line: string) =>
      expect.stringContaining(`names "${line}", which is outside the folder of its clips`);
    expect(bad).toEqual([
      outside('../elsewhere/1'),
      outside('00001/../../elsewhere/1'),
      expect.stringContaining(`"${join(root, 'sequences/etc')}"`),
    ]);
  });

  test('a pipe as a list is no list: nothing waits for it', async () => {
    const root = tempFolder();
    mkdirSync(join(root, 'sequences'));
    spawnSync('mkfifo', [join(root, 'tri_trainlist.txt')]);
    expect((await rejection(scan(root, 'train', 'vimeo-triplet'))).code).toBe('RIFE_ERR_DATA_LAYOUT');
  });

  test('a list without its folders is no layout', async () => {
    const root = tempFolder();
    writeFileSync(join(root, 'tri_trainlist.txt'), '00001/0001\n');
    expect(await rejection(scan(root, 'train'))).toMatchObject({
      code: 'RIFE_ERR_DATA_LAYOUT',
      message: expect.stringContaining('"sequences"'),
    });
    mkdirSync(join(root, 'sequences'));
    expect((await rejection(scan(root, 'train', 'auto', () => {}))).code).toBe('RIFE_ERR_DATA_EMPTY');
  });
});

describe('X-TRAIN', () => {
  test('frames: train/<scene>/<clip>', async () => {
    const root = tempFolder();
    for (const clip of ['002/occ008.320', '002/occ011.320', '110/occ001.000'])
      await writeClip(join(root, 'train', clip), 3);
    await writeClip(join(root, 'val/Type1/TEST01_003_f0433'), 3);
    expect(await scan(root, 'train')).toMatchObject({
      layout: 'x-train',
      clips: [{id: '002/occ008.320'}, {id: '002/occ011.320'}, {id: '110/occ001.000'}],
    });
    expect((await scan(root, 'val')).clips.map(({id}) => id)).toEqual(['Type1/TEST01_003_f0433']);
  });

  test('encoded: encoded_train/<scene>/<clip>.mp4; frames win where both are there', async () => {
    const root = tempFolder();
    copyTo(DEMO_VIDEO, join(root, 'encoded_train/002/occ008.320.mp4'));
    expect(await scan(root, 'train')).toMatchObject({
      layout: 'x-train',
      clips: [{id: '002/occ008.320', kind: 'video', frames: 65}],
    });
    expect(await hasSplit(root, 'val')).toBe(false);
    await writeClip(join(root, 'train/002/occ008.320'), 3);
    expect((await scan(root, 'train')).clips).toMatchObject([{kind: 'folder', frames: 3}]);
  });
});

describe('X-TEST', () => {
  test.each(['', 'test'])('in "%s": scenes to validate on, and none to train on', async inside => {
    const root = tempFolder();
    for (const scene of ['Type1/TEST01_003_f0433', 'Type3/TEST11_078_f4977'])
      await writeClip(join(root, inside, scene), 3);
    expect(await scan(root, 'val')).toMatchObject({
      layout: 'x-test',
      clips: [{id: 'Type1/TEST01_003_f0433'}, {id: 'Type3/TEST11_078_f4977'}],
    });
    expect((await rejection(scan(root, 'train'))).code).toBe('RIFE_ERR_DATA_SPLIT');
  });
});

describe('a layout that is named', () => {
  test('is taken, whatever it looks like', async () => {
    const root = await vimeo('tri_trainlist.txt', 3, 2);
    // As a plain folder every sequence is a clip, and none is held back.
    expect(await scan(root, 'train', 'clips')).toMatchObject({layout: 'clips', clips: {length: 2}});
  });

  test.each(['vimeo-triplet', 'vimeo-septuplet', 'x-test'] as const)('%s that is not there', async layout => {
    expect((await rejection(locate(DEMO, 'train', layout))).code).toBe('RIFE_ERR_DATA_LAYOUT');
  });
});

test('what was found is logged: layout, clips, frames, size, triplets, epoch', async () => {
  const logged = async (options: object) => {
    const source = await openBatchSource({root: DEMO, crop: 64, workers: 1, ...options});
    await source.close();
    return source.description;
  };
  expect(await logged({})).toBe(
    'clips: 4 clips of 65 frames, 256 x 256; 252 triplets at gap 1, epochs of 252',
  );
  expect(await logged({gaps: [1, 32], epoch: 48_768})).toBe(
    'clips: 4 clips of 65 frames, 256 x 256; 4,096 triplets at gaps 1 to 32, epochs of 48,768',
  );
  expect(await logged({epoch: 'none'})).toContain('252 triplets at gap 1, each drawn by itself');
});
