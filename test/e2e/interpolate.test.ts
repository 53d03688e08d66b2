import {existsSync, readdirSync} from 'node:fs';
import {about, ffmpeg, framesOf, interpolate, interpolated, smallNetwork, timesOf} from './clips.js';
import {Project} from './support.js';

const SIZE = {width: 64, height: 48};
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '8', '-pix_fmt', 'yuv420p'];
const BT709 = [
  '-colorspace',
  'bt709',
  '-color_range',
  'tv',
  '-color_primaries',
  'bt709',
  '-color_trc',
  'bt709',
];

let project: Project;
let weights: string;
beforeAll(async () => {
  project = new Project();
  weights = await smallNetwork(project, 'IFNet_m');
  await smallNetwork(project, 'IFNet');
});
afterAll(() => project.remove());

/** A moving test picture. */
async function clip(
  name: string,
  {rate = '24000/1001', frames = 8, size = '64x48', more = [] as string[]} = {},
) {
  const source = `testsrc2=size=${size}:rate=${rate},hue=h=9*n`;
  const matrix = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    source,
    '-frames:v',
    String(frames),
    '-vf',
    matrix,
    ...H264,
    ...BT709,
    ...more,
    project.path(name),
  );
  return name;
}

test('originals are untouched, their times and colours are kept, and the rate is exact', async () => {
  const source = await clip('a.mp4');
  const text = await interpolated(
    project,
    source,
    '-w',
    weights,
    '-o',
    'twice.mkv',
    '--encoder',
    'ffv1',
    '--scene',
    '0',
  );
  expect(text).toMatch(/a\.mp4: 64 x 48, 24000\/1001 fps, yuv420p, 8 frames/);
  expect(text).toMatch(
    /^9 originals and 7 made of 8 source frames; scene cuts not looked for; 0 static pairs$/m,
  );
  expect(text).toMatch(
    /^twice\.mkv: 16 frames, 48000\/1001 fps; .* waited \d+ % for the decoder, \d+ % for the encoder$/m,
  );
  const [before, after] = [
    await framesOf(project.path(source), SIZE, {matrix: 'bt709'}),
    await framesOf(project.path('twice.mkv'), SIZE),
  ];
  expect(after.length).toBe(16);
  before.forEach((frame, i) => expect(Buffer.compare(frame, after[2 * i]!)).toBe(0));
  expect(Buffer.compare(after[14]!, after[15]!)).toBe(0);
  expect(
    after.slice(0, 14).every((frame, i) => i % 2 === 0 || Buffer.compare(frame, after[i - 1]!) !== 0),
  ).toBe(true);

  await interpolated(project, source, '-w', weights, '-o', 'sixty.mp4', '--fps', '60');
  const times = await timesOf(project.path('sixty.mp4'));
  expect(times.length).toBe(Math.ceil((8 * 1001 * 60) / 24000));
  times.forEach((time, k) => expect(time).toBeCloseTo(k / 60, 9));
  expect(await about(project.path('sixty.mp4'))).toMatch(/h264 .*yuv420p\(tv, bt709.*64x48.*, 60 fps/);
  expect(readdirSync(project.folder).filter(name => name.endsWith('.parts'))).toEqual([]);
});

test('a network without a timestep halves, and refuses other times', async () => {
  const source = await clip('b.mp4', {frames: 3});
  await interpolated(
    project,
    source,
    '-w',
    'IFNet.safetensors',
    '-o',
    'b4.mkv',
    '--multi',
    '4',
    '--encoder',
    'ffv1',
  );
  expect((await framesOf(project.path('b4.mkv'), SIZE)).length).toBe(12);
  const {code, stderr} = await interpolate(
    project,
    source,
    '-w',
    'IFNet.safetensors',
    '-o',
    'b3.mkv',
    '--multi',
    '3',
  );
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringMatching(/RIFE_ERR_PREDICT_TIMESTEP/)});
  expect(existsSync(project.path('b3.mkv'))).toBe(false);
});

/** How much later the second signal is, in samples: the place of the largest cross-correlation. */
function lag(a: readonly number[], b: readonly number[], most: number): number {
  const without = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map(value => value - mean);
  };
  const [x, y] = [without(a), without(b)];
  const scores = Array.from({length: 2 * most + 1}, (_, i) =>
    x.reduce((sum, value, at) => sum + value * (y[at + i - most] ?? 0), 0),
  );
  return scores.indexOf(Math.max(...scores)) - most;
}

/** Milliseconds by which sound is later than picture: of flashes and clicks at the same times. */
async function soundDelayMs(path: string): Promise<number> {
  const rate = 1000;
  // Both on one clock, from the start of the file.
  const picture = await ffmpeg(
    ...[
      '-i',
      path,
      '-map',
      '0:v:0',
      '-vf',
      'scale=1:1:flags=area,format=gray',
      '-r',
      String(rate),
      '-f',
      'rawvideo',
      '-',
    ],
  );
  const sound = await ffmpeg(
    ...[
      '-i',
      path,
      '-map',
      '0:a:0',
      '-af',
      'aresample=async=1:first_pts=0',
      '-ac',
      '1',
      '-ar',
      '16000',
      '-f',
      's16le',
      '-',
    ],
  );
  const samples = new Int16Array(sound.buffer, sound.byteOffset, sound.length >> 1);
  const energy = Array.from({length: Math.floor(samples.length / 16)}, (_, i) =>
    samples.subarray(16 * i, 16 * i + 16).reduce((sum, value) => sum + Math.abs(value), 0),
  );
  return lag([...picture], energy, 300);
}

/** Flashes and clicks of 100 ms each second; the sound begins earlier than the picture. */
async function flashes(name: string, offset = 0) {
  const on = 'lt(mod(T+0.6,1),0.1)';
  const picture = `color=gray:s=64x48:r=30,format=yuv420p,geq=lum='if(${on},235,16+mod(X+3*N,64))':cb=128:cr=128`;
  const sound = `aevalsrc='if(lt(mod(t+0.6,1),0.1),sin(2*PI*900*t),0)':s=16000`;
  await ffmpeg(
    ...[
      '-itsoffset',
      String(offset),
      '-f',
      'lavfi',
      '-t',
      '3',
      '-i',
      picture,
      '-f',
      'lavfi',
      '-t',
      '3',
      '-i',
      sound,
    ],
    ...[
      '-map',
      '0:v',
      '-map',
      '1:a',
      ...H264,
      '-c:a',
      'aac',
      '-metadata',
      'title=Flashes',
      project.path(name),
    ],
  );
  return name;
}

describe('sound', () => {
  const MS_PER_FRAME = 1000 / 30;
  test.each([
    ['flash.mp4', 0, 'flash60.mp4'],
    ['late.mp4', 0.25, 'late60.mp4'],
    ['late.mkv', 0.25, 'late60.mkv'],
  ])('of %s stays in sync with the picture', async (name, offset, out) => {
    await flashes(name, offset);
    await interpolated(project, name, '-w', weights, '-o', out, '--fps', '60');
    const [before, after] = [await soundDelayMs(project.path(name)), await soundDelayMs(project.path(out))];
    // The clip itself is as it is meant to be.
    expect(Math.abs(before + 1000 * offset)).toBeLessThan(MS_PER_FRAME);
    expect(Math.abs(after - before)).toBeLessThan(MS_PER_FRAME);
    expect(await about(project.path(out))).toMatch(/title *: Flashes/);
    // Copied, not encoded again.
    const packets = async (file: string) =>
      (await ffmpeg('-i', project.path(file), '-map', '0:a', '-c', 'copy', '-f', 'framecrc', '-'))
        .toString()
        .split('\n')
        .filter(line => /^\d/.test(line))
        .map(line => line.split(',').slice(4).join());
    const copied = await packets(out);
    expect(copied.length).toBeGreaterThan(40);
    expect(await packets(name)).toEqual(expect.arrayContaining(copied));
  });

  test('of a part begins with the part', async () => {
    await flashes('whole.mp4');
    await interpolated(project, 'whole.mp4', '-w', weights, '-o', 'part.mp4', '--from', '0.7', '--to', '2.4');
    expect((await timesOf(project.path('part.mp4'))).length).toBe(2 * 51);
    expect(Math.abs(await soundDelayMs(project.path('part.mp4')))).toBeLessThan(MS_PER_FRAME);
  });
});

test('sound, subtitles, chapters and metadata go along as the container takes them', async () => {
  await clip('plain.mp4', {rate: '25', frames: 25});
  project.write('words.srt', '1\n00:00:00,200 --> 00:00:00,800\nHello\n');
  project.write(
    'chapters.txt',
    ';FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n',
  );
  await ffmpeg(
    ...[
      '-i',
      project.path('plain.mp4'),
      '-f',
      'lavfi',
      '-t',
      '1',
      '-i',
      'sine=f=300',
      '-i',
      project.path('words.srt'),
    ],
    ...['-i', project.path('chapters.txt'), '-map', '0:v', '-map', '1:a', '-map', '2', '-map_metadata', '3'],
    ...['-map_chapters', '3', '-c:v', 'copy', '-c:a', 'pcm_s16le', '-c:s', 'srt', project.path('film.mkv')],
  );
  const same = await interpolated(project, 'film.mkv', '-w', weights, '-o', 'film2.mkv');
  expect(same).not.toMatch(/audio:|subtitles:/);
  const kept = await about(project.path('film2.mkv'));
  expect(kept).toMatch(/Audio: pcm_s16le/);
  expect(kept).toMatch(/Subtitle: subrip/);
  expect(kept).toMatch(/Chapter #0:1[\s\S]*title *: Two/);
  const other = await interpolated(project, 'film.mkv', '-w', weights, '-o', 'film2.mp4');
  expect(other).toMatch(/^audio: pcm_s16le does not fit \.mp4, encoded again as aac$/m);
  expect(other).toMatch(/^subtitles: subrip became mov_text$/m);
  const changed = await about(project.path('film2.mp4'));
  expect(changed).toMatch(/title *: A film/);
  expect(changed).toMatch(/Audio: aac/);
  expect(changed).toMatch(/Subtitle: mov_text/);
  expect(changed).toMatch(/Chapter #0:1[\s\S]*title *: Two/);
});
