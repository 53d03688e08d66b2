/**
 * Videos as people have them: their frames come once each and in order, or an error says what is
 * wrong.
 */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {scanClips, surveyClips} from '..';
import type {Clip} from '../clip';
import {dialectOf} from '../decode/ffmpeg';
import {decodeVideo, decodeVideoRegion} from '../decode/video/decode';
import {measureFrames} from '../decode/video/sizes';
import {tableInfo} from '../decode/video/tables';
import {rejection, tempFolder} from './support';
import {
  changing,
  hiddenFrames,
  joined,
  madeOf,
  openVideo,
  piece,
  remarkable,
  unevenVideo,
  wholeOf,
} from './videoFiles';

const FIXTURES = join(__dirname, 'fixtures/video');
const [WIDTH, HEIGHT] = [64, 48];
const BYTES = WIDTH * HEIGHT * 3;
const framesOf = (bytes: Uint8Array, numbers: readonly number[]) =>
  Buffer.concat(numbers.map(i => bytes.subarray(i * BYTES, (i + 1) * BYTES)));
const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const WHOLE = {top: 0, left: 0, width: WIDTH, height: HEIGHT};

test('frames do not depend on their times', async () => {
  const stream = await piece(0);
  const same = await wholeOf(await joined('a.mp4', [readFileSync(stream)]));
  expect(same).toHaveLength(6 * BYTES);
  for (const rate of ['1', '10', '1000'])
    for (const ending of ['mp4', 'mkv', 'mov']) {
      const path = await madeOf(`a.${ending}`, [
        '-fflags',
        '+genpts',
        '-r',
        rate,
        '-i',
        stream,
        '-c',
        'copy',
      ]);
      const clip = await openVideo(path);
      expect(isSame(await decodeVideo(clip), same)).toBe(true);
      expect(isSame(await decodeVideo(clip, [1, 2, 5]), framesOf(same, [1, 2, 5]))).toBe(true);
    }
});

describe('pictures that change within a stream', () => {
  test('another pixel format: each frame is the one that was asked for', async () => {
    for (const ending of ['mp4', 'mkv']) {
      const {path, pieces} = await changing(`a.${ending}`, '64x48', 'yuv444p');
      const clip = await openVideo(path);
      expect(clip).toMatchObject({frames: 12, width: WIDTH, height: HEIGHT});
      const streams = pieces.map(async one => wholeOf(await joined('one.mkv', [readFileSync(one)])));
      const expected = Buffer.concat(await Promise.all(streams));
      expect(isSame(await decodeVideo(clip), expected)).toBe(true);
      for (const numbers of [
        [4, 6, 8],
        [0, 5, 11],
        [7, 8, 10],
      ]) {
        const wanted = framesOf(expected, numbers);
        const isRight = (read: Promise<Uint8Array>) => read.then(got => isSame(got, wanted), String);
        expect(await isRight(decodeVideo(clip, numbers))).toBe(true);
        expect(await isRight(decodeVideoRegion(clip, numbers, WHOLE))).toBe(true);
      }
    }
  });

  test.each(['128x96', '32x24'])('another size, %s: reported by every reader', async size => {
    const {path, pieces} = await changing('a.mp4', size);
    const [width, height] = size.split('x');
    const change = `its frames change their size at frame 6, from 48 x 64 (height x width) to ${height} x ${width}`;
    expect(await rejection(openVideo(path))).toMatchObject({
      code: 'RIFE_ERR_DATA_VIDEO',
      message: expect.stringContaining(change),
    });
    // As where the tables of another codec do not show it.
    const clip: Clip = {id: 'a', kind: 'video', path, frames: 12, width: WIDTH, height: HEIGHT, files: []};
    for (const read of [
      decodeVideo(clip),
      decodeVideo(clip, [4, 5, 6]),
      decodeVideoRegion(clip, [0, 1, 9], WHOLE),
    ])
      expect((await rejection(read)).message).toContain(change);
    const before = await wholeOf(await joined('one.mkv', [readFileSync(pieces[0])]));
    expect(isSame(await decodeVideo(clip, [2, 4, 5]), framesOf(before, [2, 4, 5]))).toBe(true);
  });
});

test('a cover that comes before the film is passed over', async () => {
  const path = join(FIXTURES, 'cover-first.mp4');
  const clip = await openVideo(path);
  expect(clip).toMatchObject({frames: 9, width: 96, height: 64});
  const bare = await madeOf('bare.mp4', ['-i', path, '-map', '0:1', '-c', 'copy']);
  expect(isSame(await decodeVideo(clip), await wholeOf(bare))).toBe(true);
});

test('bytes are held against frames', async () => {
  const {path} = await changing('a.mkv', '64x48', 'yuv444p');
  const clip = await openVideo(path);
  for (const [told, reason] of [
    [{frames: 13}, 'it yielded only 12 of 13 frames'],
    [{frames: 11}, 'it yielded more frames than the 11'],
    [{width: 32}, 'its frames are 48 x 64 (height x width), but its tables say 48 x 32'],
  ] as const)
    expect((await rejection(decodeVideo({...clip, ...told}))).message).toContain(reason);
});

describe('packets are not frames', () => {
  test('hidden ones of VP8', async () => {
    const path = await hiddenFrames();
    expect((await tableInfo(path))!.times.length).toBeGreaterThan(40);
    const clip = await openVideo(path);
    expect(clip).toMatchObject({frames: 40});
    expect(await decodeVideo(clip)).toHaveLength(40 * BYTES);
  });

  test('those before the first key frame', async () => {
    const streams = [readFileSync(await piece(0)), readFileSync(await piece(6))] as const;
    // Without its first picture, whose unit is of kind 5, what follows has nothing to refer to.
    const at = streams[0].findIndex(
      (byte, i) => i > 3 && (byte & 31) === 5 && streams[0].readUIntBE(i - 3, 3) === 1,
    );
    const next = streams[0].indexOf(Buffer.from([0, 0, 1]), at);
    const headless = Buffer.concat([streams[0].subarray(0, at - 3), streams[0].subarray(next)]);
    const clip = await openVideo(await joined('a.mkv', [headless, streams[1]]));
    expect(clip.frames).toBe(6);
    expect(isSame(await decodeVideo(clip), await wholeOf(await joined('b.mkv', [streams[1]])))).toBe(true);
  });

  test('empty ones, as screen recorders leave them', async () => {
    const path = await joined('a.mp4', [readFileSync(await piece(0))]);
    const file = readFileSync(path);
    // The table of sizes: its last entry is the last frame's.
    const last = file.indexOf('stsz') + 16 + 4 * 5;
    file.writeUInt32BE(0, last);
    writeFileSync(path, file);
    expect(await openVideo(path)).toMatchObject({frames: 5});
  });

  test('those of an open group of pictures, whose beginning was cut away', async () => {
    const clip = await openVideo(join(FIXTURES, 'open-gop-hevc.mp4'));
    expect(clip).toMatchObject({frames: 30});
    expect(await decodeVideo(clip)).toHaveLength(30 * 96 * 64 * 3);
    const {message} = await rejection(openVideo(join(FIXTURES, 'open-gop-avc.mp4')));
    expect(message).toContain('it does not begin with a key frame');
  });
});

describe('what a person may want to know', () => {
  test('a variable rate and a rotation mark are reported by scan and training', async () => {
    const root = await remarkable();
    const remarks = (await scanClips(root, 'train')).map(clip => [clip.id, clip.remarks]);
    expect(Object.fromEntries(remarks)).toEqual({
      ...{plain: undefined, turned: ['rotated']},
      ...{uneven: ['variable-rate'], uneven2: ['variable-rate']},
    });
    const warnings: string[] = [];
    await surveyClips({
      root,
      crop: 64,
      gaps: [1, 1],
      onBadClip: 'skip',
      maxBadShare: 1,
      warn: text => warnings.push(text),
    });
    expect(warnings.filter(text => !text.includes('left out'))).toEqual([
      expect.stringMatching(/^1 of 2 clips has a rotation mark.*The first is "turned"/),
    ]);
  });

  test('training names how many have a variable rate', async () => {
    const root = tempFolder();
    const path = await unevenVideo('a.mp4');
    const large = await madeOf('b.mp4', [
      '-i',
      path,
      '-vf',
      'scale=128:96',
      '-c:v',
      'libx264',
      '-vsync',
      '0',
    ]);
    copyFileSync(large, join(root, 'uneven.mp4'));
    const warnings: string[] = [];
    await surveyClips({root, crop: 64, gaps: [1, 1], warn: text => warnings.push(text)});
    expect(warnings).toEqual([expect.stringContaining('1 of 1 clips has a variable frame rate')]);
  });
});

test('every frame is measured', async () => {
  const {path} = await changing('a.mkv', '128x96');
  expect(await measureFrames(path)).toEqual({
    ...{frames: 12, whole: true},
    sizes: [
      {width: 64, height: 48, frames: 6},
      {width: 128, height: 96, frames: 6},
    ],
  });
  expect(await measureFrames(path, 2)).toMatchObject({frames: 2, sizes: [{frames: 2}]});
});

test.each([
  ['libavcodec     58. 35.100 / 58. 35.100', ['-vsync', '0'], [], true],
  ['libavcodec     58. 54.100 / 58. 54.100', ['-vsync', '0'], [], false],
  ['libavcodec     59. 37.100 / 59. 37.100', ['-vsync', '0'], [], false],
  ['libavcodec     61.  3.100 / 61.  3.100', ['-fps_mode', 'passthrough'], [], false],
  [
    'libavcodec     61. 19.100 / 61. 19.100',
    ['-fps_mode', 'passthrough'],
    ['-apply_cropping', 'codec'],
    false,
  ],
  ['a build that says nothing', ['-fps_mode', 'passthrough'], ['-apply_cropping', 'codec'], false],
])('options for %s', (version, everyFrame, uncropped, countsCovers) => {
  expect(dialectOf(`ffmpeg version N\n${version}\n`)).toEqual({everyFrame, uncropped, countsCovers});
});
