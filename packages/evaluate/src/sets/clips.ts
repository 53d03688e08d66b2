/** Any folder of clips: what training's validation measures, with a choice of gaps. */
import {join} from 'node:path';
import {choosePlaces, hasSplit, passedOverText, scan, type Clip, type Place} from '@rife-train/data';
import {evalEmpty, evalSizes, evalView, messageOf, plural} from '@rife-train/errors';
import {pictureSizes} from '../picture/header.js';
import type {FrameSource} from '../picture/picture.js';
import {viewNeeds} from '../picture/views.js';
import type {Pair, SetKind, SetOptions} from './evalSet.js';
import {isFolder} from './folder.js';

const GAPS = [1, 2, 4, 8];
const PER_GAP = 8;
/** Sides of the crop are multiples of it, as `readTriplet` has them. */
const MULTIPLE = 32;

interface Found {
  clips: Clip[];
  split: string;
  missing: string[];
  extra: string[];
}

/** Clips of `val/` if there is one; else those of the folder, or of its `train/`. */
async function findIn(root: string): Promise<Found> {
  const split = (await hasSplit(root, 'val')) ? 'val' : 'train';
  const missing: string[] = [];
  const onBadClip = (clip: string, error: Error) =>
    missing.push(`clip ${clip}: ${messageOf(error).replace(/^\[[^\]]*\] /, '')}`);
  const {clips, passedOver} = await scan(root, split, 'auto', onBadClip);
  const left = passedOverText(
    passedOver.filter(({reason}) => reason !== 'beside'),
    false,
  );
  return {clips, split, missing, extra: left === '' ? [] : [left]};
}

/** Each place once: clips that are too short for the number of targets come again. */
function distinct(places: readonly Place[]): Place[] {
  const seen = new Set<string>();
  return places.filter(({clip, gap, gt}) => {
    const key = `${gap} ${gt} ${clip.id}`;
    return !seen.has(key) && seen.add(key);
  });
}

const frameName = (clip: Clip, index: number) => `${clip.id}/${String(index).padStart(4, '0')}`;

function pairOf({clip, gap, gt}: Place): Pair {
  const at = (index: number): FrameSource => ({kind: 'clip', clip, index});
  const id = `${frameName(clip, gt - gap)}-${String(gt + gap).padStart(4, '0')}`;
  return {
    ...{id, group: clip.id, part: '', gap},
    img0: at(gt - gap),
    img1: at(gt + gap),
    targets: [{id: `${id}/${String(gt).padStart(4, '0')}`, source: at(gt), t: 0.5}],
  };
}

/** The crop of all clips: as given, or the largest multiples of 32 that fit into each. */
function cropOf(clips: readonly Clip[], crop: SetOptions['crop']) {
  if (crop) return {height: crop[0], width: crop[1]};
  const side = (sides: number[]) => Math.max(MULTIPLE, Math.floor(Math.min(...sides) / MULTIPLE) * MULTIPLE);
  return {height: side(clips.map(({height}) => height)), width: side(clips.map(({width}) => width))};
}

/** Checks the frames that will be read of folders of pictures. Videos were checked when found. */
async function checkPictures(places: readonly Place[]): Promise<void> {
  const paths = new Map<string, Clip>();
  for (const {clip, gap, gt} of places)
    if (clip.kind === 'folder')
      for (const index of [gt - gap, gt, gt + gap]) paths.set(join(clip.path, clip.files[index]!), clip);
  for (const [path, size] of await pictureSizes(paths.keys())) {
    const clip = paths.get(path)!;
    if (size && (size.height !== clip.height || size.width !== clip.width))
      throw evalSizes([clip.path, clip], [path, size]);
  }
}

/** Gaps with fewer targets than were asked for. */
const shortGaps = (gaps: readonly number[], places: readonly Place[], perGap: number): string[] =>
  gaps.flatMap(gap => {
    const count = places.filter(place => place.gap === gap).length;
    if (count === perGap) return [];
    return count === 0
      ? [`targets of gap ${gap}: no clip has ${2 * gap + 1} frames`]
      : [`${perGap - count} of ${perGap} targets of gap ${gap}: the clips are too short for more`];
  });

export const CLIP_SETS: readonly SetKind[] = [
  {
    name: 'clips',
    words: 'any folder of clips (folders of pictures, videos, packed clips): of val/ if there is one',
    expects: ['val/<clip>', '<clip>'],
    looksLike: isFolder,
    async read(root, {gaps = GAPS, perGap = PER_GAP, crop}) {
      const {clips, split, ...notes} = await findIn(root);
      const places = distinct(choosePlaces(clips, gaps, perGap * gaps.length));
      const missing = [...notes.missing, ...shortGaps(gaps, places, perGap)];
      if (places.length === 0) throw evalEmpty('clips', root, missing);
      const used = [...new Set(places.map(({clip}) => clip))];
      const view = cropOf(used, crop);
      const small = used.find(clip => viewNeeds(view, clip) !== undefined);
      if (small) throw evalView(small.path, small, viewNeeds(view, small)!);
      await checkPictures(places);
      return {
        ...{name: 'clips', title: 'Clips', root, view, missing, extra: notes.extra, lists: []},
        layout: `${plural(clips.length, 'clip')}${split === 'val' ? ' of val/' : ''}, cropped to ${view.height} x ${view.width}`,
        pairs: places.map(pairOf),
        wholeTargets: undefined,
      };
    },
  },
];
