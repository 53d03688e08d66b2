/** Writes a data set with planted faults below a folder, and returns the expected findings. */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {COPIES, FAULTS, filesOf} from './faults.mjs';
import {FRAMES, makeClip, SETS, sources, writeVideo} from './material.mjs';

const FORMATS = ['png', 'jpg', 'mp4'];
/** Frames of the take for each of a fast clip. */
const FAST = 4;

async function writePlan(folder, {frames, format, side, edit, editVideo, indexFirst, videoArgs}) {
  if (format === 'mp4') {
    const path = `${folder}.mp4`;
    writeVideo(path, frames, indexFirst, videoArgs);
    if (editVideo) writeFileSync(path, editVideo(readFileSync(path)));
    return;
  }
  const files = await filesOf({frames, format, side});
  await edit?.(files);
  mkdirSync(folder, {recursive: true});
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}

/** Writes a clip and its copy, and returns the expected finding for the copy. */
async function plantCopy(root, fault, source, {set, random}, name) {
  const {kind, formats, sides, split = 'train', shift = 0} = COPIES[fault];
  const [original, copy] = [`${name}-a`, `${name}-b`];
  const frames = makeClip(set, source);
  await writePlan(join(root, 'train', original), {frames, format: formats[0]});
  // The other half is from the following part of the take, or from before its start.
  const more = shift === 0 ? frames : shiftedClip(set, source, shift);
  await writePlan(join(root, split, copy), {
    frames: more,
    format: formats[1],
    ...(sides && {side: random.from(...sides)}),
  });
  return {fault, kind, split, clip: copy, also: []};
}

function shiftedClip(set, source, shift) {
  const start = source.part * FRAMES;
  const all = makeClip(set, {...source, part: 0}, 4 * FRAMES);
  const from = start + shift + FRAMES <= all.length ? start + shift : start - shift;
  return all.slice(from, from + FRAMES);
}

async function plantFault(root, fault, source, context, name) {
  const {random, set} = context;
  const plan = {frames: makeClip(set, source), format: FORMATS[random.below(FORMATS.length)]};
  const {kind, frame, also = []} = FAULTS[fault](plan, {...context, source});
  const split = random.below(5) === 0 ? 'val' : 'train';
  await writePlan(join(root, split, name), plan);
  return {fault, kind, frame, split, clip: name, also};
}

/**
 * One data set.
 * @param faults names of faults, one clip each (copies: two)
 * @param clean number of clips without a fault
 * @returns the expected findings, and the names of the clean clips
 */
export async function plant(root, faults, clean, round, random) {
  const context = {set: SETS[round % SETS.length], random};
  const from = sources(random);
  const used = [];
  // Overlapping parts would be true duplicates.
  const overlaps = (a, b) =>
    a.take === b.take &&
    a.window === b.window &&
    (Math.abs(a.part - b.part) <= 1 || a.stride === FAST || b.stride === FAST);
  const take = (stride = 1) => {
    const free = from.find(source => !used.some(other => overlaps({...source, stride}, other)));
    if (!free) throw new Error('Too many clips for one data set');
    used.push({...free, stride});
    return used.at(-1);
  };
  // Every other clean clip is fast: motion must not be taken for a cut.
  const cleanSources = Array.from({length: clean}, (_, i) => take(i % 2 ? FAST : 1));
  const planted = [];
  for (const [i, fault] of faults.entries()) {
    const name = `clip${String(i).padStart(3, '0')}`;
    const how = fault in COPIES ? plantCopy : plantFault;
    planted.push(await how(root, fault, take(), context, name));
  }
  const names = [];
  for (const [i, source] of cleanSources.entries()) {
    const [name, split] = [`clean${String(i).padStart(3, '0')}`, i % 5 === 0 ? 'val' : 'train'];
    await writePlan(join(root, split, name), {frames: makeClip(context.set, source), format: FORMATS[i % 3]});
    names.push(`${split} ${name}`);
  }
  return {planted, clean: names};
}
