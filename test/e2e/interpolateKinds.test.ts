/** Kinds of input and output of `interpolate`. */
import {existsSync, mkdirSync, readdirSync, truncateSync, statSync} from 'node:fs';
import sharp from 'sharp';
import {about, ffmpeg, framesOf, interpolate, interpolated, smallNetwork, timesOf} from './clips.js';
import {Project} from './support.js';

const SIZE = {width: 64, height: 48};
const LOSSLESS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0'];

let project: Project;
let weights: string;
beforeAll(async () => {
  project = new Project();
  weights = await smallNetwork(project, 'IFNet_m');
});
afterAll(() => project.remove());

const MOVING = (size: string, rate: string) => `testsrc2=size=${size}:rate=${rate},hue=h=9*n`;

/** A moving test picture, without loss. */
async function clip(
  name: string,
  {rate = '25', frames = 4, size = '64x48', pixels = 'yuv420p', more = [] as string[], filters = ''} = {},
) {
  const input = ['-f', 'lavfi', '-i', MOVING(size, rate), '-frames:v', String(frames)];
  await ffmpeg(...input, '-vf', `${filters}format=${pixels}`, ...LOSSLESS, ...more, project.path(name));
  return name;
}

const run = (...args: string[]) => interpolated(project, ...args, '-w', weights);

async function fails(code: string, exit: number, ...args: string[]): Promise<string> {
  const result = await interpolate(project, ...args, '-w', weights);
  expect(result).toMatchObject({code: exit, stderr: expect.stringMatching(new RegExp(`Code: ${code} `))});
  return result.stderr;
}

test('an odd size: a line repeated for 4:2:0, kept without loss', async () => {
  await clip('odd.mkv', {filters: 'format=yuv444p,crop=63:47:0:0:exact=1,', pixels: 'yuv444p'});
  const text = await run('odd.mkv', '-o', 'odd2.mkv', '--encoder', 'ffv1');
  expect(text).toMatch(/63 x 47/);
  const [before, after] = [
    await framesOf(project.path('odd.mkv'), {width: 63, height: 47}, {matrix: 'smpte170m'}),
    await framesOf(project.path('odd2.mkv'), {width: 63, height: 47}),
  ];
  before.forEach((frame, i) => expect(Buffer.compare(frame, after[2 * i]!)).toBe(0));
  mkdirSync(project.path('oddImages'));
  await ffmpeg('-i', project.path('odd.mkv'), project.path('oddImages', '%02d.png'));
  await run('oddImages', '--fps-in', '24', '-o', 'even.mp4');
  expect(await about(project.path('even.mp4'))).toMatch(/yuv420p\(tv, bt709\), 64x48.* 48 fps/);
});

test('images in, images out; a frame beside its source', async () => {
  const source = await clip('p.mkv', {frames: 3});
  await run(source, '--png', '-o', 'images');
  expect(readdirSync(project.path('images'))).toEqual(Array.from({length: 6}, (_, i) => `000000${i}.png`));
  const [before] = await framesOf(project.path(source), SIZE, {matrix: 'smpte170m', pixels: 'rgb24'});
  expect(Buffer.compare(await sharp(project.path('images/0000000.png')).raw().toBuffer(), before!)).toBe(0);
  await fails('RIFE_ERR_CLI_USAGE', 2, 'images', '-o', 'again.mkv');
  await run('images', '--fps-in', '30000/1001', '-o', 'again.mkv', '--encoder', 'ffv1');
  const again = await framesOf(project.path('again.mkv'), SIZE, {pixels: 'rgb24'});
  expect(again.length).toBe(12);
  expect(Buffer.compare(again[0]!, before!)).toBe(0);
  await run(source, '--montage', '-o', 'beside.mkv', '--encoder', 'ffv1');
  const beside = await framesOf(project.path('beside.mkv'), SIZE, {pixels: 'rgb24'});
  const row = (frame: Buffer, from: number) => frame.subarray(from * 3, from * 3 + 96);
  expect(Buffer.compare(row(beside[1]!, 0), row(before!, 16))).toBe(0);
  expect(Buffer.compare(row(beside[0]!, 0), row(beside[0]!, 32))).toBe(0);
  expect(Buffer.compare(row(beside[1]!, 0), row(beside[1]!, 32))).not.toBe(0);
});

test('more than 8 bits stay so, with their colours', async () => {
  const hdr = [
    '-color_primaries',
    'bt2020',
    '-color_trc',
    'smpte2084',
    '-colorspace',
    'bt2020nc',
    '-color_range',
    'tv',
  ];
  await clip('deep.mkv', {pixels: 'yuv420p10le', more: hdr});
  await run('deep.mkv', '-o', 'deep2.mkv', '--encoder', 'ffv1');
  const bits = {pixels: 'bgr48le', bytes: 6};
  const [before, after] = [
    await framesOf(project.path('deep.mkv'), SIZE, {matrix: 'bt2020', ...bits}),
    await framesOf(project.path('deep2.mkv'), SIZE, bits),
  ];
  before.forEach((frame, i) => expect(Buffer.compare(frame, after[2 * i]!)).toBe(0));
  const finer = new Uint16Array(
    after[1]!.buffer.slice(after[1]!.byteOffset, after[1]!.byteOffset + after[1]!.length),
  );
  expect(finer.some(value => value % 257 !== 0)).toBe(true);
  await run('deep.mkv', '-o', 'deep.mp4');
  expect(await about(project.path('deep.mp4'))).toMatch(
    /hevc .*yuv420p10le\(tv, bt2020nc\/bt2020\/smpte2084/,
  );
});

test('rotation is applied, pixels that are not square stay so, alpha is left out', async () => {
  await clip('upright.mp4', {more: ['-metadata:s:v', 'rotate=90']});
  await ffmpeg(
    '-i',
    project.path('upright.mp4'),
    '-c',
    'copy',
    '-metadata:s:v',
    'rotate=90',
    project.path('turned.mp4'),
  );
  expect(await run('turned.mp4', '-o', 'turned2.mp4')).toMatch(/48 x 64[\s\S]*turned by -?90 degrees/);
  const turned = await about(project.path('turned2.mp4'));
  expect(turned).toMatch(/48x64/);
  expect(turned).not.toMatch(/rotat/);
  await clip('wide.mkv', {filters: 'setsar=16/11,'});
  await run('wide.mkv', '-o', 'wide2.mkv');
  expect(await about(project.path('wide2.mkv'))).toMatch(/SAR 16:11/);
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    MOVING('64x48', '25'),
    '-frames:v',
    '3',
    '-vf',
    'format=yuva420p',
    '-c:v',
    'ffv1',
    project.path('alpha.mkv'),
  );
  expect(await run('alpha.mkv', '-o', 'alpha2.mkv', '--encoder', 'ffv1')).toMatch(/^alpha is left out$/m);
});

test('interlaced video is refused without --deinterlace', async () => {
  const fields = ['-flags', '+ildct+ilme', '-x264opts', 'tff=1'];
  await clip('fields.mkv', {filters: 'tinterlace=interleave_top,setfield=tff,', more: fields, frames: 3});
  await fails('RIFE_ERR_INTERPOLATE_INTERLACED', 2, 'fields.mkv', '-o', 'f.mkv');
  await run('fields.mkv', '-o', 'f.mkv', '--deinterlace');
  expect((await timesOf(project.path('f.mkv'))).length).toBe(6);
});

test('a variable rate follows the times', async () => {
  const late = "setpts='if(lt(N,4),N,if(lt(N,6),4+2*(N-4),8+(N-6)))/25/TB',";
  const input = ['-f', 'lavfi', '-i', MOVING('64x48', '25'), '-frames:v', '10', '-vsync', '0'];
  await ffmpeg(
    ...input,
    '-vf',
    `${late}format=yuv420p`,
    ...LOSSLESS,
    '-video_track_timescale',
    '12800',
    project.path('vfr.mp4'),
  );
  expect(
    new Set(
      (await timesOf(project.path('vfr.mp4'))).map((time, i, all) =>
        Math.round(1000 * (time - (all[i - 1] ?? -0.04))),
      ),
    ).size,
  ).toBe(2);
  expect(await run('vfr.mp4', '-o', 'vfr50.mkv', '--fps', '50', '--encoder', 'ffv1')).toMatch(
    /variable rate|25 fps/,
  );
  const [before, after] = [
    await framesOf(project.path('vfr.mp4'), SIZE, {matrix: 'smpte170m'}),
    await framesOf(project.path('vfr50.mkv'), SIZE),
  ];
  [0, 1, 2, 3, 4, 6, 8, 9, 10, 11].forEach((tick, i) =>
    expect({i, same: Buffer.compare(before[i]!, after[2 * tick]!)}).toEqual({i, same: 0}),
  );
  expect(after.length).toBe(24);
});

test('a truncated video: everything before, and an error', async () => {
  await clip('whole.mkv', {frames: 40, more: ['-g', '4']});
  await ffmpeg('-i', project.path('whole.mkv'), '-c', 'copy', project.path('whole.ts'));
  const bytes = statSync(project.path('whole.ts')).size;
  truncateSync(project.path('whole.ts'), Math.floor(bytes * 0.6));
  const message = await fails(
    'RIFE_ERR_INTERPOLATE_DAMAGED',
    4,
    'whole.ts',
    '-o',
    'cut.mkv',
    '--encoder',
    'ffv1',
  );
  const good = Number(/(\d+) frames of the source/.exec(message)![1]);
  expect(good).toBeGreaterThan(15);
  expect(good).toBeLessThan(30);
  const [before, after] = [
    await framesOf(project.path('whole.mkv'), SIZE, {matrix: 'smpte170m'}),
    await framesOf(project.path('cut.mkv'), SIZE),
  ];
  for (let i = 0; i < good - 1; i++) expect(Buffer.compare(before[i]!, after[2 * i]!)).toBe(0);
  expect(existsSync(project.path('cut.mkv.parts'))).toBe(false);
});

test('what is there is not replaced without --yes, and other mistakes have a code', async () => {
  const source = await clip('s.mkv');
  project.write('there.mkv', 'mine');
  await fails('RIFE_ERR_INTERPOLATE_EXISTS', 2, source, '-o', 'there.mkv');
  await run(source, '-o', 'there.mkv', '--yes');
  project.write('text.mkv', 'no video');
  await fails('RIFE_ERR_INTERPOLATE_SOURCE', 4, 'text.mkv', '-o', 'x.mkv');
  await fails('RIFE_ERR_INTERPOLATE_SOURCE', 4, 'none.mkv', '-o', 'x.mkv');
  await fails('RIFE_ERR_INTERPOLATE_FORMAT', 2, source, '-o', 'x.avi');
  await fails('RIFE_ERR_INTERPOLATE_FORMAT', 2, source, '-o', 'x.mp4', '--encoder', 'ffv1');
  await fails('RIFE_ERR_INTERPOLATE_RESUME', 2, source, '-o', 'x.mkv', '--resume');
  await fails('RIFE_ERR_CLI_USAGE', 2, source, '-o', 'x.mkv', '--from', '2', '--to', '1');
  expect(existsSync(project.path('x.mkv'))).toBe(false);
});

test('tiles join without seams', async () => {
  const source = await clip('large.mkv', {size: '416x320', frames: 2});
  await run(source, '-o', 'one.mkv', '--encoder', 'ffv1', '--multi', '2');
  expect(await run(source, '-o', 'tiles.mkv', '--encoder', 'ffv1', '--tile', '256')).toMatch(
    /^tiles of 256 x 256 pixels$/m,
  );
  const size = {width: 416, height: 320};
  const [one, tiles] = [
    await framesOf(project.path('one.mkv'), size),
    await framesOf(project.path('tiles.mkv'), size),
  ];
  const differences = one[1]!.map((value, i) => Math.abs(value - tiles[1]![i]!));
  // Columns from 128 on are a mixture of two tiles; those before are one tile's own.
  const away = differences.filter((_, i) => Math.floor(i / 3) % 416 < 96 && Math.floor(i / 3 / 416) < 32);
  expect(away.length).toBe(96 * 32 * 3);
  expect(Math.max(...away)).toBeLessThanOrEqual(1);
  expect(differences.some(value => value > 0)).toBe(true);
});
