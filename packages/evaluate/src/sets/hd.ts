/** The HD clips of MEMC-Net, as RIFE's benchmark/HD.py and HD_multi_4X.py take them. */
import {dirname, join} from 'node:path';
import {evalEmpty, evalYuv, plural} from '@rife-train/errors';
import type {FrameSource} from '../picture/picture.js';
import {yuvBytes} from '../picture/yuv.js';
import {below} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {countedLine, fileBytes, firstFolder, isFile, listing, stemOf} from './folder.js';

/** A clip: its file, and its size, which no header gives. */
interface HdClip {
  path: string;
  part: string;
  height: number;
  width: number;
}

const clipsOf = (part: string, width: number, height: number, ...names: string[]): HdClip[] =>
  names.map(name => ({path: `HD${part}_GT/${name}.yuv`, part, height, width}));

/** In the order of the scripts. */
const CLIPS: readonly HdClip[] = [
  ...clipsOf('720p', 1280, 720, 'parkrun_1280x720_50', 'shields_1280x720_60', 'stockholm_1280x720_60'),
  ...clipsOf('1080p', 1920, 1080, 'BlueSky', 'Kimono1_1920x1080_24', 'ParkScene_1920x1080_24'),
  ...clipsOf('1080p', 1920, 1080, 'sunflower_1080p25'),
  ...clipsOf('544p', 1280, 544, 'Sintel_Alley2_1280x544', 'Sintel_Market5_1280x544'),
  ...clipsOf('544p', 1280, 544, 'Sintel_Temple1_1280x544', 'Sintel_Temple2_1280x544'),
];
/** The first inputs come from so many frames. */
const FRAMES = 100;

const baseOf = (root: string) =>
  firstFolder(root, ['', 'HD_dataset'], base => CLIPS.some(({path}) => isFile(join(base, path))));

/** @throws RIFE_ERR_EVAL_YUV unless the file is whole frames, more than `step` */
function framesOf(file: string, bytes: number, {height, width}: HdClip, step: number): number {
  const frames = bytes / yuvBytes(height, width);
  if (!Number.isInteger(frames))
    throw evalYuv(file, `has ${bytes} bytes, which is no whole number of frames of ${height} x ${width}`);
  if (frames <= step) throw evalYuv(file, `has ${frames} frames, and ${step + 1} are needed`);
  return frames;
}

/** Frames 0 and 2, 2 and 4 ... and what is between, while both are there. */
function pairsOf(base: string, clip: HdClip, step: number): Pair[] {
  const path = join(base, clip.path);
  const bytes = fileBytes(path);
  if (bytes === undefined) return [];
  const {part, height, width} = clip;
  const group = stemOf(clip.path);
  const frames = framesOf(path, bytes, clip, step);
  const name = (index: number) => String(index).padStart(4, '0');
  const at = (index: number): FrameSource => ({kind: 'yuv', path, index, width, height});
  const pairs: Pair[] = [];
  for (let from = 0; from < FRAMES && from + step < frames; from += step)
    pairs.push({
      id: `${group}/${name(from)}-${name(from + step)}`,
      ...{group, part, gap: step / 2},
      img0: at(from),
      img1: at(from + step),
      targets: Array.from({length: step - 1}, (_, i) => ({
        id: `${group}/${name(from + i + 1)}`,
        source: at(from + i + 1),
        t: (i + 1) / step,
      })),
    });
  return pairs;
}

/** Raw videos that are none of the set's. */
function besideIn(base: string): string[] {
  const folders = [...new Set(CLIPS.map(({path}) => dirname(path)))];
  const all = folders.flatMap(folder => listing(join(base, folder)).files.map(name => `${folder}/${name}`));
  return countedLine(
    'other file',
    all.filter(file => !CLIPS.some(({path}) => path === file)),
  );
}

const kindOf = (name: string, title: string, words: string, step: number): SetKind => ({
  name,
  words,
  expects: CLIPS.slice(0, 1).flatMap(({path}) => [`HD_dataset/${path}`, path]),
  looksLike: root => baseOf(root) !== undefined,
  async read(root) {
    const base = baseOf(root)!;
    const pairs = CLIPS.flatMap(clip => pairsOf(base, clip, step));
    const absent = CLIPS.filter(({path}) => !isFile(join(base, path))).map(({path}) => path);
    const missing = countedLine('clip', absent);
    if (pairs.length === 0) throw evalEmpty(title, root, missing);
    return {
      ...{name, title, root, view: 'whole', pairs, missing, extra: besideIn(base), lists: []},
      layout: `${plural(CLIPS.length - absent.length, 'raw video')} in ${below(root, base)}`,
      // The number of their frames is published nowhere, and some end before 100.
      wholeTargets: undefined,
    };
  },
});

export const HD_SETS: readonly SetKind[] = [
  kindOf('hd', 'HD', 'HD: 11 raw videos, every other of the first 100 frames, PSNR on Y', 2),
  kindOf('hd-4x', 'HD 4x', 'HD 4x: 11 raw videos, three frames between every fourth, PSNR on Y', 4),
];
