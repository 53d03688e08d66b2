/** Sets with a folder for each triplet: UCF101 of Deep Voxel Flow, and ATD-12K. */
import {join} from 'node:path';
import {plural} from '@rife-train/errors';
import {byName} from '@rife-train/data/parts';
import type {PictureSize} from '../picture/header.js';
import {below, checked} from './checked.js';
import type {SetKind} from './evalSet.js';
import {countedLine, firstFolder, isFile, listing} from './folder.js';
import {triplet} from './pairs.js';

/** A set of this kind. */
interface Facts {
  name: string;
  title: string;
  words: string;
  /** Where the folders may be, below the root. */
  places: readonly string[];
  /** Names of the files: img0, gt and img1. */
  frames: readonly [string, string, string];
  /** Triplets of the whole set. */
  count: number;
  size: PictureSize;
}

/** Folders that are looked at to recognise a set. */
const GLANCE = 20;

function kindOf({name, title, words, places, frames, count, size}: Facts): SetKind {
  const [first, middle, last] = frames;
  const isOne = (folder: string) => frames.every(file => isFile(join(folder, file)));
  const baseOf = (root: string) =>
    firstFolder(root, places, base =>
      listing(base)
        .folders.slice(0, GLANCE)
        .some(folder => isOne(join(base, folder))),
    );
  return {
    name,
    words,
    expects: [`${places.at(-1)}/<triplet>/${first}, ${middle}, ${last}`, `<triplet>/${first}`],
    looksLike: root => baseOf(root) !== undefined,
    async read(root) {
      const base = baseOf(root)!;
      const {folders, files} = listing(base);
      const [own, beside]: [string[], string[]] = [[], []];
      for (const folder of folders.sort(byName))
        (frames.some(file => isFile(join(base, folder, file))) ? own : beside).push(folder);
      const at = (id: string, file: string) => join(base, id, file);
      return checked({
        ...{name, title, root, view: 'whole' as const, wholeTargets: count, size, lists: []},
        layout: `${plural(own.length, 'folder')} of ${first}, ${middle} and ${last} in ${below(root, base)}`,
        pairs: own.map(id => triplet({id}, at(id, first), at(id, middle), at(id, last))),
        missing: own.length < count ? [`${count - own.length} of the ${count} triplets`] : [],
        extra: [
          ...(own.length > count
            ? [`${plural(own.length - count, 'triplet')} more than the ${count} of the set`]
            : []),
          ...countedLine('other name', [...beside, ...files]),
        ],
      });
    },
  };
}

export const TRIPLET_FOLDER_SETS: readonly SetKind[] = [
  kindOf({
    name: 'ucf101',
    title: 'UCF101',
    words: 'UCF101: the 379 triplets of 256 x 256 by Deep Voxel Flow, all of them, without a mask',
    places: ['', 'ucf101_interp_ours'],
    frames: ['frame_00.png', 'frame_01_gt.png', 'frame_02.png'],
    count: 379,
    size: {height: 256, width: 256},
  }),
  kindOf({
    name: 'atd12k',
    title: 'ATD-12K',
    words: 'ATD-12K: the 2,000 test triplets of animation at 960 x 540',
    places: ['', 'test_2k_540p'],
    frames: ['frame1.png', 'frame2.png', 'frame3.png'],
    count: 2000,
    size: {height: 540, width: 960},
  }),
];
