/** Videos joined of the demo clips, with everything in them that clips must not have. */
import {spawn} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {openBatchSource, scanClips} from '@rife-train/data';
import {decodeImage, decodeVideo, probeVideo} from '@rife-train/data/parts';
import {rejection, tempFolder} from '../../__tests__/support';
import {buildClips, type BuildResult} from '../build';
import type {BuildOptions} from '../options';
import {black, blurred, demoFrames, dissolve, SIDE, writeVideo} from './madeVideo';

const LENGTH = 17;
const folder = tempFolder();
const videos = join(folder, 'videos');
const out = join(folder, 'clips');
/** Where the parts of the made video begin and end. */
const parts: Record<string, readonly [first: number, end: number]> = {};
let demo: Record<'a' | 'b' | 'c' | 'd', Uint8Array[]>;
let built: BuildResult;
const warnings: string[] = [];

const options = (more: Partial<BuildOptions> = {}): BuildOptions => ({
  inputs: [videos],
  out,
  length: LENGTH,
  val: 0.3,
  ...more,
});

/**
 * Two good shots, a dissolve, black, a static end, a blurred shot, and one with each third frame
 * twice.
 */
async function madeFrames(): Promise<Uint8Array[]> {
  const {a, b, c, d} = demo;
  const named: [string, Uint8Array[]][] = [
    ['first', a.slice(0, 36)],
    ['dissolve', dissolve(b.slice(0, 32), c.slice(0, 44), 12)],
    ['black', black(6)],
    ['good', d.slice(16, 40)],
    ['static', Array.from({length: 20}, () => d[39]!)],
    ['blurred', await blurred(c.slice(0, 18))],
    ['repeats', a.slice(0, 18).flatMap((frame, i) => (i % 3 === 0 ? [frame, frame] : [frame]))],
  ];
  let first = 0;
  for (const [name, {length}] of named) {
    parts[name] = [first, first + length];
    first += length;
  }
  return named.flatMap(([, frames]) => frames);
}

beforeAll(async () => {
  const ids = ['train/001/cam01', 'train/002/cam01', 'val/001/cam04', 'train/002/cam03'];
  const [a, b, c, d] = (await Promise.all(ids.map(demoFrames))) as [
    Uint8Array[],
    Uint8Array[],
    ...Uint8Array[][],
  ];
  demo = {a, b, c: c!, d: d!};
  await writeVideo(join(videos, 'My film.mkv'), await madeFrames());
  await writeVideo(join(videos, 'other', 'my-film.mp4'), b.slice(0, 36));
  writeFileSync(join(videos, 'bad.mp4'), 'no video');
  built = await buildClips(options({warn: text => warnings.push(text)}));
});

const firstsIn = (part: string) =>
  built.report.clips
    .filter(
      ({source, first}) => /film.mkv$/.test(source) && first >= parts[part]![0] && first < parts[part]![1],
    )
    .map(({first}) => first);

test('good parts become clips, bad ones do not', () => {
  expect(firstsIn('first')).toHaveLength(2);
  expect(firstsIn('good').length).toBeGreaterThan(0);
  for (const part of ['black', 'static', 'blurred', 'repeats']) expect(firstsIn(part)).toEqual([]);
  // Where the dissolve begins and ends, and how much of its shots is left.
  const [start] = parts['dissolve']!;
  const mixed = [start + 20, start + 32] as const;
  for (const first of firstsIn('dissolve'))
    expect(first + LENGTH <= mixed[0] || first >= mixed[1]).toBe(true);
  for (const first of firstsIn('good')) expect(first + LENGTH).toBeLessThanOrEqual(parts['static']![0] + 4);
  for (const {first} of built.report.clips.filter(({source}) => /film.mkv$/.test(source)))
    for (const [, end] of Object.values(parts)) expect(first < end && first + LENGTH > end).toBe(false);
});

test('what was left out is reported, with its frames', () => {
  const film = built.report.videos.find(({source}) => source.endsWith('My film.mkv'))!;
  expect(Object.keys(film.leftOutFrames).sort()).toEqual(
    expect.arrayContaining(['black', 'blurred', 'fade', 'repeated', 'static']),
  );
  const left = Object.values(film.leftOutFrames).reduce((sum, count) => sum + count, 0);
  expect(left + film.clips * LENGTH).toBe(film.frames);
  expect(film).toMatchObject({
    name: 'My-film',
    fps: expect.closeTo(30, 1),
    variableRate: false,
    width: SIDE,
    height: SIDE,
  });
  expect(built.report.videos.map(({name}) => name).sort()).toEqual(['My-film', 'bad', 'my-film-2']);
  const bad = built.report.videos.find(({name}) => name === 'bad')!;
  expect(bad.error!.code).toBe('RIFE_ERR_DATA_BUILD_VIDEO');
  expect(warnings).toEqual([bad.error!.message]);
});

test('no scene is in both splits, and training reads the clips', async () => {
  const scenes = new Map(built.report.clips.map(({scene, split}) => [scene, split]));
  for (const {scene, split} of built.report.clips) expect(scenes.get(scene)).toBe(split);
  const [train, val] = [await scanClips(out, 'train'), await scanClips(out, 'val')];
  const idOf = (path: string) => path.split('/').slice(1).join('/');
  for (const [split, found] of Object.entries({train, val})) {
    const own = built.report.clips.filter(clip => clip.split === split).map(({path}) => idOf(path));
    expect(found.map(({id}) => id).sort()).toEqual(own.sort());
    expect(found.length).toBeGreaterThan(0);
  }
  const source = await openBatchSource({root: out, crop: 64, batch: 2, gaps: [1, 8], workers: 1});
  expect((await source.next()).images).toHaveLength(2 * 64 * 64 * 9);
  await source.close();
});

/** RGB bytes of frames of a source, as training would decode it. */
async function sourceFrames(path: string, first: number, length = LENGTH): Promise<Uint8Array> {
  const named = {id: 'source', path};
  const clip = {...named, ...(await probeVideo(named)), kind: 'video' as const, files: []};
  return decodeVideo(
    clip,
    Array.from({length}, (_, i) => first + i),
  );
}

async function imageFrames(path: string): Promise<Uint8Array> {
  const frames = readdirSync(path).sort();
  const clip = {id: 'built', width: SIDE, height: SIDE};
  return Buffer.concat(await Promise.all(frames.map(name => decodeImage(clip, join(path, name)))));
}

test('images are the frames of the source, bit for bit', async () => {
  for (const {path, source, first} of built.report.clips) {
    const expected = await sourceFrames(join(out, source), first);
    expect(Buffer.compare(await imageFrames(join(out, path)), expected)).toBe(0);
  }
  expect(readdirSync(join(out, built.report.clips[0]!.path))[16]).toBe('0016.png');
});

test('again: all is kept; what is missing or not whole is made anew; other options are refused', async () => {
  const file = (name: string) => join(out, name);
  const text = readFileSync(file('build.json'), 'utf8');
  const [first, second] = built.report.clips.map(({path}) => path);
  const frame = join(file(first!), '0003.png');
  const bytes = readFileSync(frame);
  rmSync(frame);
  rmSync(file(second!), {recursive: true});
  const again = await buildClips(options());
  expect(again).toMatchObject({written: 2, kept: built.report.clips.length - 2});
  expect(readFileSync(frame).equals(bytes)).toBe(true);
  expect(readFileSync(file('build.json'), 'utf8')).toBe(text);
  const other = await rejection(buildClips(options({seed: 5})));
  expect(other).toMatchObject({code: 'RIFE_ERR_DATA_BUILD_OTHER', message: expect.stringContaining('seed')});
  expect(readdirSync(out).sort()).toEqual(['build.json', 'train', 'val']);
});

const small = () => join(videos, 'other', 'my-film.mp4');

test('a dry run finds the same and writes nothing', async () => {
  const elsewhere = join(folder, 'dry');
  const {report} = await buildClips(options({inputs: [small()], out: elsewhere, dryRun: true}));
  const placed = ({clips}: BuildResult['report']) =>
    clips
      .filter(({source}) => source.endsWith('my-film.mp4'))
      .map(({first, score, motion}) => [first, score, motion]);
  expect(placed(report)).toEqual(placed(built.report));
  expect(existsSync(elsewhere)).toBe(false);
});

/** Runs a build in a process that kills itself when `condition` on the progress `p` is met. */
async function killedBuild(given: BuildOptions, condition: string): Promise<void> {
  const entry = pathToFileURL(join(__dirname, '../../../dist/index.js')).href;
  const code = `const {buildClips} = await import(${JSON.stringify(entry)});
    await buildClips({...${JSON.stringify(given)}, onProgress: p => ${condition} && process.kill(process.pid, 'SIGKILL')});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: 'inherit'});
  expect(await new Promise(resolve => child.on('close', (_, signal) => resolve(signal)))).toBe('SIGKILL');
}

test('killed while it looks and while it writes: nothing is seen or written twice, and what has a name is whole', async () => {
  const target = join(folder, 'killed');
  const copy = join(folder, 'copy.mp4');
  copyFileSync(small(), copy);
  const given = options({inputs: [small(), copy], out: target, length: 9, val: 0});
  await killedBuild(given, 'p.index === 2');
  expect(readdirSync(target).sort()).toEqual(['.build', '.looked.json']);
  await killedBuild(given, 'p.stage === "write" && p.done > 9');
  const clips = await scanClips(target, 'train');
  expect(clips.map(({frames}) => frames)).toEqual([9, 9]);
  expect(JSON.parse(readFileSync(join(target, 'build.json'), 'utf8'))).toMatchObject({finished: false});
  const looks: string[] = [];
  const onProgress: BuildOptions['onProgress'] = ({stage}) => void looks.push(stage);
  expect(await buildClips({...given, onProgress})).toMatchObject({
    kept: 2,
    written: 6,
    report: {finished: true},
  });
  expect(new Set(looks)).toEqual(new Set(['write']));
  expect(readdirSync(target).sort()).toEqual(['build.json', 'train']);
});

test('mp4 and webp hold the same frames; a size crops around the centre', async () => {
  const make = (out: string, more: Partial<BuildOptions>) =>
    buildClips(options({inputs: [small()], out: join(folder, out), length: 9, maxClipsPerScene: 1, ...more}));
  const {report} = await make('mp4', {format: 'mp4'});
  const [clip] = report.clips;
  expect(report.clips).toHaveLength(1);
  const [found] = await scanClips(join(folder, 'mp4'), 'train');
  expect(found).toMatchObject({kind: 'video', frames: 9, width: SIDE, height: SIDE});
  const expected = await sourceFrames(small(), clip!.first, 9);
  expect(Buffer.compare(await decodeVideo(found!), expected)).toBe(0);
  expect((await make('mp4', {format: 'mp4'})).kept).toBe(1);

  await make('webp', {format: 'webp'});
  const [webp] = await scanClips(join(folder, 'webp'), 'train');
  expect(Buffer.compare(await imageFrames(webp!.path), expected)).toBe(0);

  await make('sized', {size: [64, 96]});
  expect((await scanClips(join(folder, 'sized'), 'train'))[0]).toMatchObject({height: 64, width: 96});
  const tooLarge = await rejection(make('large', {size: [512, 512]}));
  expect(tooLarge).toMatchObject({
    code: 'RIFE_ERR_DATA_BUILD_NOTHING',
    message: expect.stringContaining('256 x 256 (height x width), smaller than the size asked for'),
  });
});

test('frames that are missing in time: no clip goes over the gap, and it is reported', async () => {
  const path = join(folder, 'gap.mkv');
  await writeVideo(
    path,
    demo.d.slice(0, 44),
    ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-crf', '16', '-vsync', 'vfr'],
    "select='not(between(n,20,22))'",
  );
  // AVI with B-frames has no times.
  const avi = join(folder, 'times.avi');
  await writeVideo(avi, demo.d.slice(0, 18), ['-c:v', 'mpeg4', '-bf', '2', '-q:v', '2']);
  const told: string[] = [];
  const run = options({
    inputs: [path, avi],
    out: join(folder, 'gap'),
    dryRun: true,
    warn: text => told.push(text),
  });
  const {report} = await buildClips(run);
  const [gap, times] = report.videos.map(({source}) => report.clips.filter(clip => clip.source === source));
  expect(gap!.map(({first}) => first <= 3 || first >= 20)).toEqual([true, true]);
  expect(times!.map(({seconds}) => seconds)).toEqual([expect.closeTo(times![0]!.first / 30, 2)]);
  expect(report.videos[0]).toMatchObject({variableRate: true, fps: expect.closeTo(30, 0)});
  expect(told).toEqual([expect.stringContaining('variable frame rate')]);
});

test('a video without a long enough scene, nothing to look at, and a folder that cannot be written', async () => {
  const short = await rejection(buildClips(options({inputs: [small()], out: join(folder, 's'), length: 65})));
  expect(short.code).toBe('RIFE_ERR_DATA_BUILD_NOTHING');
  expect(short.message).toContain('of 36 frames, 36 in parts that are too short');
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  expect((await rejection(buildClips(options({inputs: [empty]})))).code).toBe('RIFE_ERR_DATA_BUILD_INPUT');
  const missing = options({inputs: [join(folder, 'no.mp4')]});
  expect((await rejection(buildClips(missing))).code).toBe('RIFE_ERR_DATA_FILE');
  const blocked = join(small(), 'below-a-file');
  expect((await rejection(buildClips(options({out: blocked})))).code).toBe('RIFE_ERR_DATA_BUILD_WRITE');
  mkdirSync(join(folder, 'foreign', 'train', 'x'), {recursive: true});
  const foreign = await rejection(buildClips(options({out: join(folder, 'foreign')})));
  expect(foreign.code).toBe('RIFE_ERR_DATA_BUILD_OTHER');
});
