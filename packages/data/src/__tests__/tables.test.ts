/** What the tables say is what the decoder gives, or is left to the decoder. */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {canHoldItsFrames} from '../decode/video/declared';
import {probeByDecoder, probeVideo} from '../decode/video/probe';
import {shapeOf} from '../decode/video/shape';
import {tableInfo} from '../decode/video/tables';
import {DEMO_VIDEO, tempFolder, truncate} from './support';
import {madeOf, TEST_PICTURES} from './videoFiles';

const made = (name: string, ...args: string[]) => madeOf(name, ['-i', DEMO_VIDEO, ...args]);
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

test.each<[string, string, string[]]>([
  ['as it is', 'a.mp4', ['-c', 'copy']],
  ['tables in front', 'a.mp4', ['-c', 'copy', '-movflags', '+faststart']],
  ['in fragments', 'a.mp4', ['-c', 'copy', '-movflags', '+frag_keyframe+empty_moov']],
  ['QuickTime', 'a.mov', ['-c', 'copy']],
  ['Matroska', 'a.mkv', ['-c', 'copy']],
  ['odd frame numbers', 'a.mp4', ['-frames:v', '13', ...X264]],
  ['many key frames', 'a.mp4', ['-frames:v', '13', ...X264, '-g', '3']],
  ['frames out of order', 'a.mkv', ['-frames:v', '13', ...X264, '-bf', '3']],
  ['a size that no block divides', 'a.mp4', ['-frames:v', '4', '-vf', 'scale=178:98', ...X264]],
  ['colours in full', 'a.mp4', ['-frames:v', '4', '-vf', 'scale=177:99', '-pix_fmt', 'yuv444p', ...X264]],
  ['10 bits, 4:2:2', 'a.mp4', ['-frames:v', '4', '-vf', 'scale=178:99', '-pix_fmt', 'yuv422p', ...X264]],
  ['lossless RGB', 'a.mp4', ['-frames:v', '4', '-c:v', 'libx264rgb', '-qp', '0', '-vf', 'scale=99:77']],
  ['with sound', 'a.mp4', ['-f', 'lavfi', '-i', 'sine=duration=1', '-c:v', 'copy', '-c:a', 'aac']],
  ['turned by its metadata', 'a.mp4', ['-c', 'copy', '-metadata:s:v:0', 'rotate=90']],
])('H.264: %s', async (_, name, args) => {
  const path = await made(name, ...args);
  const {counted, size, times} = (await tableInfo(path))!;
  expect(counted).toBe(true);
  expect({frames: times.length, ...size}).toEqual(await probeByDecoder({id: 'a', path}));
});

test.each<[string, string, string[]]>([
  ['HEVC', 'a.mp4', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none']],
  ['VP9', 'a.webm', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8']],
  ['frames that stand alone', 'a.mkv', ['-c:v', 'ffv1', '-g', '1']],
])('%s: the number is in the tables, the size comes from the decoder', async (_, name, args) => {
  const path = await made(name, '-frames:v', '7', '-vf', 'scale=178:98', ...args);
  expect(await tableInfo(path)).toMatchObject({counted: true});
  expect(await probeVideo({id: 'a', path})).toEqual({frames: 7, width: 178, height: 98});
});

test.each<[string, string, string[]]>([
  ['MPEG-4, whose packets may hold two frames', 'a.mp4', ['-c:v', 'mpeg4', '-bf', '2']],
  ['fields', 'a.mp4', [...X264, '-flags', '+ilme+ildct', '-x264-params', 'interlaced=1']],
])('%s: left to the decoder', async (_, name, args) => {
  const path = await made(name, '-frames:v', '13', ...args);
  expect(await tableInfo(path)).toMatchObject({counted: false});
  expect(await probeVideo({id: 'a', path})).toEqual({frames: 13, width: 256, height: 256});
});

test('begun between key frames: an edit list leaves frames out that are in the file', async () => {
  const source = await made('a.mp4', ...X264, '-bf', '2', '-g', '12');
  const path = await madeOf('b.mp4', ['-ss', '0.7', '-i', source, '-c', 'copy']);
  const {frames} = await probeVideo({id: 'a', path});
  expect(frames).toBe((await probeByDecoder({id: 'a', path})).frames);
  expect(frames).toBeLessThan(65);
});

test('a second stream of pictures is passed over', async () => {
  const args = ['-frames:v', '5', '-map', '0:v', '-map', '1:v', ...X264];
  const path = await made('a.mp4', ...TEST_PICTURES, ...args);
  expect(await tableInfo(path)).toBeUndefined();
  expect(await probeVideo({id: 'a', path})).toEqual({frames: 5, width: 256, height: 256});
});

test('a file that is cut off anywhere is known by its shape, and one that goes on after its end is not taken for one', async () => {
  for (const [ending, flags] of [
    ['mp4', ['-movflags', '+faststart']],
    ['mkv', []],
  ] as const) {
    const whole = await made(`a.${ending}`, '-c', 'copy', ...flags);
    expect((await shapeOf(whole)).missing).toBeUndefined();
    for (const share of [0.02, 0.3, 0.6, 0.99]) {
      const path = join(tempFolder(), `cut.${ending}`);
      copyFileSync(whole, path);
      truncate(path, share);
      const lost = readFileSync(whole).length - readFileSync(path).length;
      // Of an MP4 that is cut in its tables, what would come after them is not known.
      if (ending === 'mkv' || share > 0.1) expect((await shapeOf(path)).missing).toBe(lost);
      else expect((await shapeOf(path)).missing).toBeGreaterThan(0);
    }
    const longer = join(tempFolder(), `longer.${ending}`);
    writeFileSync(longer, Buffer.concat([readFileSync(whole), Buffer.alloc(5, 1)]));
    expect((await shapeOf(longer)).missing).toBeUndefined();
  }
});

describe('tables that declare two billion frames are not listed', () => {
  /** The demo video with a number in a table: an offset from the name of its box. */
  function declaring(...changes: (readonly [box: string, at: number, value: number])[]) {
    const path = join(tempFolder(), 'a.mp4');
    const bytes = readFileSync(DEMO_VIDEO);
    for (const [box, at, value] of changes) bytes.writeUInt32BE(value, bytes.indexOf(box) + at);
    writeFileSync(path, bytes);
    return path;
  }
  const MANY = 2e9;
  test.each([
    [
      'as frames of one size',
      [['stsz', 8, 1] as const, ['stsz', 12, MANY] as const, ['stts', 12, MANY] as const],
    ],
    ['as durations', [['stts', 12, MANY] as const]],
  ])('%s', async (_, changes) => {
    expect(await tableInfo(declaring(...changes))).toBeUndefined();
  });

  test('nor in boxes without end', async () => {
    const path = join(tempFolder(), 'a.mp4');
    const free = Buffer.from('0000000866726565', 'hex');
    writeFileSync(path, Buffer.concat(Array.from({length: 20_000}, () => free)));
    expect(canHoldItsFrames(path)).toBe(false);
    expect(canHoldItsFrames(DEMO_VIDEO)).toBe(true);
  });
});

test.each([
  ['junk', Buffer.alloc(5000, 1)],
  ['nothing', Buffer.alloc(0)],
  ['boxes of no size', Buffer.from('0000000466726565', 'hex')],
])('%s has no tables', async (_, content) => {
  const path = join(tempFolder(), 'a.mp4');
  writeFileSync(path, content);
  expect(await tableInfo(path)).toBeUndefined();
  expect(await tableInfo(join(path, 'nowhere'))).toBeUndefined();
});
