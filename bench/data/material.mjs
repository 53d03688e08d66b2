/** Short clips cut from the demo clips, in memory: material for planted faults. */
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import sharp from 'sharp';

const ROOT = join(import.meta.dirname, '../..');
/** Two sets of the same takes in other sizes. */
export const SETS = [
  {root: join(ROOT, 'examples/quickstart/clips'), side: 256},
  {root: join(ROOT, 'bench/stability/clips'), side: 768},
];
const TAKES = [
  'train/001/cam01',
  'train/001/cam03',
  'train/002/cam01',
  'train/002/cam03',
  'val/001/cam04',
  'val/002/cam04',
];
/** Sides of the frames that are written. */
export const SIDE = 144;
/** Frames of a clip, and clips of a take. */
export const FRAMES = 16;
const PARTS = 4;
/** Left, top and side of the parts of a frame that become clips, as fractions of its side. */
const WINDOWS = [
  [0, 0, 1],
  [0, 0, 0.7],
  [0.3, 0, 0.7],
  [0, 0.3, 0.7],
  [0.3, 0.3, 0.7],
];

export const ffmpeg = () => createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg').path;

/** Numbers in [0,1) by a seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: count => Math.floor(next() * count),
    from: (low, high) => low + Math.floor(next() * (high - low + 1)),
  };
}

const decoded = new Map();

/** All frames of a window of a take, RGB bytes each. */
function framesOf({root, side}, take, window) {
  const key = `${root} ${take} ${window}`;
  if (decoded.has(key)) return decoded.get(key);
  const [left, top, part] = WINDOWS[window].map(share => Math.floor(share * side));
  const filter = `crop=${part}:${part}:${left}:${top},scale=${SIDE}:${SIDE}:flags=area,format=rgb24`;
  const {stdout, status, stderr} = spawnSync(
    ffmpeg(),
    ['-v', 'error', '-i', join(root, `${take}.mp4`), '-vf', filter, '-f', 'rawvideo', '-'],
    {maxBuffer: 2 ** 30},
  );
  if (status !== 0) throw new Error(String(stderr));
  const bytes = SIDE * SIDE * 3;
  const frames = Array.from({length: stdout.length / bytes}, (_, i) =>
    stdout.subarray(i * bytes, (i + 1) * bytes),
  );
  decoded.set(key, frames);
  return frames;
}

/**
 * A clip of `frames` frames: each frame of a part of the take, or at `stride` times the speed,
 * starting at the same frame.
 */
export function makeClip(set, {take, window, part, stride = 1}, frames = FRAMES) {
  const all = framesOf(set, TAKES[take], window);
  const start = stride > 1 ? 0 : Math.min(part * FRAMES, all.length - frames);
  return Array.from({length: frames}, (_, i) => all[start + i * stride]);
}

/** All clips, in an order by the seed. */
export function sources(random) {
  const all = TAKES.flatMap((_, take) =>
    WINDOWS.flatMap((_, window) => Array.from({length: PARTS}, (_, part) => ({take, window, part}))),
  );
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

/**
 * Another view: of the same time in the same place by another camera, or by the same camera in the
 * other scene.
 */
export const otherView = ({take, ...rest}) => ({...rest, take: [1, 0, 0, 2, 5, 4][take]});
/** A take that shows something else. */
export const otherTake = ({take, ...rest}) => ({...rest, take: (take + 2 + (take % 2)) % TAKES.length});

const ENCODERS = {
  png: image => image.png({compressionLevel: 1}),
  jpg: image => image.jpeg({quality: 85}),
};
export const fileName = (number, ending) => `${String(number).padStart(4, '0')}.${ending}`;

/** Bytes of a picture's file. */
export const encode = (rgb, ending, side = SIDE) =>
  ENCODERS[ending](sharp(rgb, {raw: {width: SIDE, height: SIDE, channels: 3}}).resize(side, side)).toBuffer();

/** Writes a video of the frames; `args` are of ffmpeg, before the output. */
export function writeVideo(path, frames, indexFirst = false, args = []) {
  mkdirSync(join(path, '..'), {recursive: true});
  const {status, stderr} = spawnSync(
    ffmpeg(),
    [
      ...[
        '-v',
        'error',
        '-y',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        `${SIDE}x${SIDE}`,
        '-r',
        '60',
        '-i',
        '-',
      ],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-pix_fmt', 'yuv420p'],
      ...(indexFirst ? ['-movflags', '+faststart'] : []),
      ...args,
      path,
    ],
    {input: Buffer.concat(frames)},
  );
  if (status !== 0) throw new Error(String(stderr));
}

/** The frame with noise of about so many levels. */
export const withNoise = (rgb, levels, random) =>
  rgb.map(value =>
    Math.max(
      0,
      Math.min(255, Math.round(value + levels * 2 * (random.next() + random.next() + random.next() - 1.5))),
    ),
  );

export const brighter = (rgb, levels) => rgb.map(value => Math.max(0, Math.min(255, value + levels)));
