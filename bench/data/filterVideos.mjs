/** Videos of two shots with one fault between or in them. */
import {join} from 'node:path';
import sharp from 'sharp';
import {makeClip, otherTake, SETS, SIDE, sources, withNoise, writeVideo} from './material.mjs';

/** Frames of a shot. */
const SHOT = 40;
/** Clean videos for each round. */
const CLEAN = 4;

const mixed = (a, b, share) => a.map((value, i) => Math.round(value * (1 - share) + b[i] * share));
const dark = (rgb, share) => rgb.map(value => Math.round(value * (1 - share)));
const BLACK = new Uint8Array(SIDE * SIDE * 3);

const blurred = async (rgb, sigma) =>
  new Uint8Array(
    await sharp(rgb, {raw: {width: SIDE, height: SIDE, channels: 3}})
      .blur(sigma)
      .raw()
      .toBuffer(),
  );

/** Frames with the fault, and the span [first, end) that it takes. */
const FAULTS = {
  dissolve: (a, b, random) => {
    const length = random.from(8, 20);
    const from = SHOT - length;
    const middle = Array.from({length}, (_, i) => mixed(a[from + i], b[i], (i + 1) / (length + 1)));
    return {frames: [...a.slice(0, from), ...middle, ...b.slice(length)], first: from, end: SHOT};
  },
  'fade through black': (a, b, random) => {
    const length = random.from(6, 12);
    const frames = [
      ...a.map((rgb, i) => dark(rgb, Math.max(0, (i + 1 - SHOT + length) / length))),
      ...b.map((rgb, i) => dark(rgb, Math.max(0, (length - i) / length))),
    ];
    return {frames, first: SHOT - length, end: SHOT + length};
  },
  'black part': (a, b, random) => {
    const length = random.from(4, 12);
    const black = Array.from({length}, () => BLACK);
    return {frames: [...a, ...black, ...b], first: SHOT, end: SHOT + length};
  },
  'static part': (a, b, random) => {
    const length = random.from(20, 32);
    const levels = random.next() * 3;
    const still = Array.from({length}, () => withNoise(a[SHOT - 1], levels, random));
    return {frames: [...a, ...still, ...b], first: SHOT, end: SHOT + length};
  },
  'blurred part': async (a, b, random) => {
    const [length, sigma] = [random.from(12, 20), random.from(3, 6)];
    const soft = await Promise.all(a.slice(10, 10 + length).map(rgb => blurred(rgb, sigma)));
    return {frames: [...a.slice(0, 10), ...soft, ...a.slice(10 + length), ...b], first: 10, end: 10 + length};
  },
};

/** A shot from the beginning of a take. */
const shot = (set, source) => makeClip(set, {...source, part: 0}, SHOT);

/** Writes the videos of one round; `kind` is undefined for clean ones, which are one shot. */
export async function plantVideos(root, round, random) {
  const set = SETS[round % SETS.length];
  const from = sources(random);
  const planted = [];
  for (const [i, [kind, make]] of Object.entries(FAULTS).entries()) {
    const made = await make(shot(set, from[i]), shot(set, otherTake(from[i])), random);
    const path = join(root, `fault${i}.mp4`);
    writeVideo(path, made.frames);
    planted.push({path, kind, sort: kind, first: made.first, end: made.end});
  }
  for (let i = 0; i < CLEAN; i++) {
    const path = join(root, `clean${i}.mp4`);
    writeVideo(path, makeClip(set, {...from[10 + i], part: 0}, 64));
    planted.push({path});
  }
  return planted;
}
