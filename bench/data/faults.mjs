/** Faults that are planted into a clip, and the finding that the doctor must report for each. */
import {
  brighter,
  encode,
  fileName,
  FRAMES,
  makeClip,
  otherTake,
  otherView,
  SIDE,
  withNoise,
} from './material.mjs';

/**
 * A fault: changes a plan of a clip and returns the expected finding: kind, and frame where it
 * applies. `also` are kinds that follow from it and are not false alarms.
 * plan: {frames: RGB[], format: 'png'|'jpg'|'mp4', edit(files): void}; `files` are [name, bytes] in
 * order.
 */
const inside = random => random.from(1, FRAMES - 2);

/** The other shot may be part of another clip as well. */
const COPIED = ['duplicate-clip', 'leak'];

const joined =
  other =>
  (plan, {set, source, random}) => {
    const at = random.from(1, FRAMES - 1);
    plan.frames = [...plan.frames.slice(0, at), ...makeClip(set, other(source)).slice(at)];
    return {kind: 'cut', frame: at, also: COPIED};
  };

const replaceFrame =
  (kind, change, also = []) =>
  (plan, context) => {
    const frame = inside(context.random);
    plan.frames = plan.frames.with(frame, change(plan.frames, frame, context));
    return {kind, frame, also};
  };

/** A change of one file of a folder. */
const replaceFile =
  (kind, change) =>
  (plan, {random}) => {
    if (plan.format === 'mp4') plan.format = 'png';
    const frame = random.below(FRAMES);
    plan.edit = async files => {
      files[frame][1] = await change(files[frame][1], plan, frame, random);
    };
    return {kind, frame};
  };

const missing =
  count =>
  (plan, {random}) => {
    if (plan.format === 'mp4') plan.format = 'jpg';
    const frame = random.from(1, FRAMES - 1 - count);
    plan.edit = files => void files.splice(frame, count);
    return {kind: 'missing-frame', frame, also: ['length']};
  };

/** The names of some files, changed. */
const renamed =
  (kind, change) =>
  (plan, {random}) => {
    if (plan.format === 'mp4') plan.format = 'jpg';
    const from = random.from(2, FRAMES - 3);
    plan.edit = files => files.forEach((file, i) => (file[0] = change(file[0], i, from)));
    return {kind};
  };

/** Overwrites bytes of a file after its headers. */
const overwritten = (length, bytesOf) =>
  replaceFile('unreadable', (bytes, _plan, _frame, random) => {
    const copy = Buffer.from(bytes);
    const at = random.from(800, copy.length - length - 50);
    bytesOf(length, random).copy(copy, at);
    return copy;
  });

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
const BMP = Buffer.concat([Buffer.from('BM6\0\0\0\0\0\0\0'), Buffer.alloc(300, 7)]);
const HEIC = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), Buffer.alloc(300, 7)]);

const noiseOf = (bytes, random) => Buffer.from(Array.from({length: bytes}, () => random.below(256)));

const video =
  change =>
  (plan, {random}) => {
    plan.format = 'mp4';
    plan.editVideo = bytes => change(bytes, random);
    return {kind: 'unreadable'};
  };

/** The matrix of a track's header, as a phone held upright writes it. */
function markedAsTurned(bytes) {
  const copy = Buffer.from(bytes);
  const matrix = copy.indexOf('tkhd') + 4 + 40;
  [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000].forEach((x, i) => copy.writeInt32BE(x, matrix + 4 * i));
  return copy;
}

/** Frames at uneven times. */
const UNEVEN = ['-vf', 'setpts=(N+2*floor(N/3))/60/TB', '-vsync', '2'];

const length =
  frames =>
  (plan, {set, source}) => {
    plan.frames = makeClip(set, source, frames);
    return {kind: 'length'};
  };

/** Faults of one clip by itself. */
export const FAULTS = {
  'cut: another take': joined(otherTake),
  'cut: another view': joined(otherView),
  'static, the same bits': plan => {
    plan.frames = plan.frames.map(() => plan.frames[0]);
    return {kind: 'static'};
  },
  'static with noise': (plan, {random}) => {
    const levels = 1 + random.next() * 3;
    plan.frames = plan.frames.map(() => withNoise(plan.frames[0], levels, random));
    return {kind: 'static'};
  },
  'repeated frame, the same bits': replaceFrame('repeated-frame', (frames, at) => frames[at - 1]),
  'repeated frame with noise': replaceFrame('repeated-frame', (frames, at, {random}) =>
    withNoise(frames[at - 1], 1.5, random),
  ),
  'odd frame': replaceFrame('odd-frame', (_, at, {set, source}) => makeClip(set, otherTake(source))[at]),
  flash: replaceFrame('flash', (frames, at, {random}) =>
    brighter(frames[at], (random.below(2) ? 1 : -1) * random.from(40, 80)),
  ),
  'black frame': replaceFrame('black-frame', frames => frames[0].map(() => 0)),
  'one number missing': missing(1),
  'three numbers missing': missing(3),
  'truncated picture': replaceFile('unreadable', (bytes, _plan, _frame, random) =>
    bytes.subarray(0, Math.floor(bytes.length * (0.2 + 0.7 * random.next()))),
  ),
  'garbage named as a picture': replaceFile('unreadable', (bytes, _plan, _frame, random) =>
    noiseOf(bytes.length, random),
  ),
  'zeros at the end of a picture': replaceFile('unreadable', (bytes, _plan, _frame, random) => {
    const from = Math.floor(bytes.length * (0.1 + 0.8 * random.next()));
    return Buffer.concat([bytes.subarray(0, from), Buffer.alloc(bytes.length - from)]);
  }),
  'zeros in the middle of a picture': overwritten(400, length => Buffer.alloc(length)),
  'noise in the middle of a picture': overwritten(400, noiseOf),
  'git-lfs pointer named as a picture': replaceFile('unreadable', () => Buffer.from(POINTER)),
  'HTML page named as a picture': replaceFile('unreadable', () => Buffer.from('<!doctype html><p>404')),
  'BMP named as a picture': replaceFile('unreadable', () => BMP),
  'HEIC named as a picture': replaceFile('unreadable', () => HEIC),
  'two cameras in one folder': renamed(
    'frame-order',
    (name, i, from) => `${i < from ? 'left' : 'right'}_${name}`,
  ),
  'a number twice': renamed('frame-order', (name, i, from) =>
    i === from ? `0${fileName(from, name.split('.')[1])}` : name,
  ),
  'empty picture': replaceFile('unreadable', () => Buffer.alloc(0)),
  'frame of another size': replaceFile('frame-size', (_bytes, {frames, format}, frame, random) =>
    encode(frames[frame], format, SIDE + random.from(1, 40) * (random.below(2) ? 1 : -1)),
  ),
  'clip too short': length(FRAMES - 5),
  'clip too long': length(FRAMES + 3),
  'truncated video': video((bytes, random) =>
    bytes.subarray(0, Math.floor(bytes.length * (0.3 + 0.5 * random.next()))),
  ),
  'video with a rotation mark': plan => {
    Object.assign(plan, {format: 'mp4', editVideo: markedAsTurned});
    return {kind: 'rotated'};
  },
  'video of a variable rate': plan => {
    Object.assign(plan, {format: 'mp4', videoArgs: UNEVEN});
    return {kind: 'variable-rate'};
  },
  'garbage named as a video': video((bytes, random) => noiseOf(bytes.length, random)),
};

/**
 * Copies of a clip under another name: kind of finding, formats of both, split of the copy,
 * smallest and largest side of its frames, and by how many frames it begins later.
 */
export const COPIES = {
  'duplicate clip, the same files': {kind: 'duplicate-clip', formats: ['png', 'png']},
  'duplicate clip, encoded anew': {kind: 'duplicate-clip', formats: ['png', 'jpg']},
  'duplicate clip as a video': {kind: 'duplicate-clip', formats: ['png', 'mp4']},
  'duplicate clip in another size': {kind: 'duplicate-clip', formats: ['png', 'jpg'], sides: [100, 288]},
  'clip of val in train': {kind: 'leak', formats: ['jpg', 'jpg'], split: 'val'},
  'clip of val in train, encoded anew': {kind: 'leak', formats: ['mp4', 'jpg'], split: 'val'},
  'half a clip of val in train': {kind: 'leak', formats: ['png', 'png'], split: 'val', shift: FRAMES / 2},
};

/** Bytes of the files of a folder, by name. */
export const filesOf = async ({frames, format, side}) =>
  Promise.all(frames.map(async (rgb, i) => [fileName(i + 1, format), await encode(rgb, format, side)]));
