/**
 * What ffmpeg's filters measure of a clip or video: scores of every frame, and the frames that they
 * name.
 */
import {spawnSync} from 'node:child_process';
import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';

/** Of all inputs; times become frame numbers by it. */
export const RATE = 60;

function inputOf(path) {
  if (!statSync(path).isDirectory()) return ['-i', path];
  const ending = readdirSync(path)[0].split('.').at(-1);
  return ['-framerate', String(RATE), '-pattern_type', 'glob', '-i', join(path, `*.${ending}`)];
}

function run(ffmpeg, path, filters) {
  const even = `settb=1/${RATE},setpts=N,format=yuv420p`;
  const {stdout, stderr, status} = spawnSync(
    ffmpeg,
    [
      ...['-v', 'info', '-nostdin', ...inputOf(path)],
      ...['-vf', `${even},${filters}`, '-fps_mode', 'passthrough', '-f', 'null', '-'],
    ],
    {encoding: 'utf8', maxBuffer: 2 ** 28},
  );
  if (status !== 0) throw new Error(stderr);
  return {stdout, stderr};
}

/** Metadata of each frame that has some: its number, and values by key. */
function metadataOf(ffmpeg, path, filters) {
  const {stdout} = run(ffmpeg, path, `${filters},metadata=mode=print:file=-`);
  const frames = [];
  for (const line of stdout.split('\n')) {
    const [, number] = /^frame:\d+\s+pts:(\d+)/.exec(line) ?? [];
    if (number !== undefined) frames.push({number: Number(number)});
    const [, key, value] = /^lavfi\.([\w.]+)=(.*)$/.exec(line) ?? [];
    if (key) frames.at(-1)[key] = Number(value);
  }
  return frames;
}

const frameAt = seconds => Math.round(seconds * RATE);

/**
 * Spans of frames [first, end), from keys that mark a start and an end; one that does not end lasts
 * to the last frame.
 */
function spansOf(frames, start, end, count) {
  const spans = [];
  for (const frame of frames) {
    if (start in frame) spans.push([frameAt(frame[start]), count]);
    if (end in frame && spans.length > 0) spans.at(-1)[1] = frameAt(frame[end]);
  }
  return spans;
}

/** Frames that mpdecimate drops. */
function dropped(ffmpeg, path, options, count) {
  const {stderr} = run(ffmpeg, path, `mpdecimate=${options},showinfo`);
  const kept = new Set([...stderr.matchAll(/ n: *\d+ pts: *(\d+) /g)].map(match => Number(match[1])));
  return Array.from({length: count}, (_, i) => i).filter(i => !kept.has(i));
}

export const FREEZE_NOISE = ['0.001', '0.003', '0.01', '0.02'];
export const DECIMATE = ['hi=768:lo=320:frac=0.33', 'hi=1536:lo=640:frac=0.33', 'hi=512:lo=128:frac=0.1'];
/** Seconds that a picture has to stay: a third of a clip, and one frame. */
const [STILL, ONE] = [0.2, 0.9 / RATE];

/** All that the filters say of a file. */
export function measure(ffmpeg, path) {
  const frames = metadataOf(
    ffmpeg,
    path,
    'scdet=threshold=0,blackdetect=d=0:pic_th=0.98:pix_th=0.1,blurdetect',
  );
  const freezes = seconds =>
    Object.fromEntries(
      FREEZE_NOISE.map(noise => [
        noise,
        spansOf(
          metadataOf(ffmpeg, path, `freezedetect=n=${noise}:d=${seconds}`),
          'freezedetect.freeze_start',
          'freezedetect.freeze_end',
          frames.length,
        ),
      ]),
    );
  return {
    frames: frames.length,
    scene: frames.map(frame => frame['scd.score'] ?? 0),
    blur: frames.map(frame => frame.blur ?? 0),
    black: spansOf(frames, 'black_start', 'black_end', frames.length),
    still: freezes(STILL),
    repeated: freezes(ONE),
    dropped: Object.fromEntries(
      DECIMATE.map(options => [options, dropped(ffmpeg, path, options, frames.length)]),
    ),
  };
}
