import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {hasSplit, scanClips} from '..';
import {
  copyTo,
  damage,
  DEMO,
  DEMO_VIDEO,
  rejection,
  tempFolder,
  truncate,
  writeClip,
  writeFrame,
} from './support';

const brief = async (root: string, split: 'train' | 'val' = 'train') =>
  (await scanClips(root, split)).map(
    clip => `${clip.kind} ${clip.id} ${clip.frames} ${clip.height}x${clip.width}`,
  );

const touch = (path: string) => writeFileSync(path, 'x');

describe('layouts', () => {
  test('train/<scene>/<clip> and val/<scene>/<clip> with videos', async () => {
    expect(await brief(DEMO)).toEqual([
      'video 001/cam01 65 256x256',
      'video 001/cam03 65 256x256',
      'video 002/cam01 65 256x256',
      'video 002/cam03 65 256x256',
    ]);
    expect(await brief(DEMO, 'val')).toEqual(['video 001/cam04 65 256x256', 'video 002/cam04 65 256x256']);
  });

  test('clips directly under train, folders and videos mixed, in natural order', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'train/clip10'), 3, 32, 40);
    await writeClip(join(root, 'train/clip2'), 4, 32, 40);
    copyTo(DEMO_VIDEO, join(root, 'train/clip3.mp4'));
    expect(await brief(root)).toEqual([
      'folder clip2 4 32x40',
      'video clip3 65 256x256',
      'folder clip10 3 32x40',
    ]);
  });

  test('a root that is one clip, or a folder of videos', async () => {
    const frames = tempFolder();
    await writeClip(frames, 3);
    expect((await scanClips(frames, 'train')).map(clip => clip.path)).toEqual([frames]);
    const videos = tempFolder();
    copyTo(DEMO_VIDEO, join(videos, 'a.MP4'));
    expect(await brief(videos)).toEqual(['video a 65 256x256']);
  });

  test('frames are sorted by number, whatever their type; other and hidden files are ignored', async () => {
    const root = tempFolder();
    for (const name of ['10.png', '9.webp', '1.jpg', '2.JPEG'])
      await writeFrame(join(root, 'c', name), 32, 32, 1);
    for (const name of ['notes.txt', '.hidden.png', 'thumbs.db']) touch(join(root, 'c', name));
    expect((await scanClips(root, 'train'))[0]!.files).toEqual(['1.jpg', '2.JPEG', '9.webp', '10.png']);
  });

  test('a video that shares its name with a folder keeps its ending', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'a'), 3);
    copyTo(DEMO_VIDEO, join(root, 'a.mp4'));
    expect((await scanClips(root, 'train')).map(({id}) => id)).toEqual(['a', 'a.mp4']);
  });

  test('hasSplit', async () => {
    expect([await hasSplit(DEMO, 'val'), await hasSplit(join(DEMO, 'train'), 'val')]).toEqual([true, false]);
  });
});

describe('bad input', () => {
  const scan = (root: string, split: 'train' | 'val' = 'train') => rejection(scanClips(root, split));

  test('a missing root, and a file as root', async () => {
    expect((await scan('/nowhere/at all')).code).toBe('RIFE_ERR_DATA_ROOT');
    expect((await scan(DEMO_VIDEO)).message).toContain(DEMO_VIDEO);
  });

  test('a missing split', async () => {
    const root = tempFolder();
    mkdirSync(join(root, 'val'));
    expect((await scan(root)).code).toBe('RIFE_ERR_DATA_SPLIT');
  });

  test('an empty folder, and one with other files only', async () => {
    const root = tempFolder();
    expect((await scan(root)).message).toContain('the folder is empty');
    mkdirSync(join(root, 'clip'));
    for (const name of ['a.tiff', 'b.tiff', 'notes.txt']) touch(join(root, 'clip', name));
    expect(await scan(root)).toMatchObject({
      code: 'RIFE_ERR_DATA_EMPTY',
      message: expect.stringContaining('(.tiff, .txt)'),
    });
  });

  test('frames of differing sizes', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'c'), 3);
    await writeFrame(join(root, 'c/0003.png'), 64, 32, 1);
    const {code, message} = await scan(root);
    expect(code).toBe('RIFE_ERR_DATA_FRAME_SIZE');
    expect(message).toContain('Frame "0003.png" of clip "c" is 64 x 32');
  });

  test('a file that is no image, and a link to nothing', async () => {
    const root = tempFolder();
    touch(join(root, '0.png'));
    expect((await scan(root)).code).toBe('RIFE_ERR_DATA_FRAME');
    const other = tempFolder();
    symlinkSync('/nowhere', join(other, '0.png'));
    expect(await scan(other)).toMatchObject({
      code: 'RIFE_ERR_DATA_FILE',
      message: expect.stringContaining('0.png'),
    });
  });

  test('a video that is cut off, and one that is none', async () => {
    const root = tempFolder();
    copyTo(DEMO_VIDEO, join(root, 'cut.mp4'));
    truncate(join(root, 'cut.mp4'), 0.6);
    expect(await scan(root)).toMatchObject({
      code: 'RIFE_ERR_DATA_VIDEO',
      message: expect.stringContaining('cut.mp4'),
    });
    const other = tempFolder();
    writeFileSync(join(other, 'junk.mkv'), Buffer.alloc(5000, 1));
    expect((await scan(other)).code).toBe('RIFE_ERR_DATA_VIDEO');
  });

  test('bad clips may be reported and left out', async () => {
    const root = tempFolder();
    await writeClip(join(root, 'good'), 3);
    touch(join(root, 'bad.mp4'));
    copyTo(DEMO_VIDEO, join(root, 'inside.mp4'));
    damage(join(root, 'inside.mp4')); // only decoding finds this
    const bad: string[] = [];
    const clips = await scanClips(root, 'train', (id, error) => bad.push(`${id} ${error.code}`));
    expect(clips.map(({id}) => id)).toEqual(['good', 'inside']);
    expect(bad).toEqual(['bad RIFE_ERR_DATA_VIDEO']);
  });
});
