/** Xiph's clips of Netflix, as SoftSplat's benchmark_xiph.py makes and AMT names them. */
import {join} from 'node:path';
import type {View} from '../picture/picture.js';
import {below, checked} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {countedLine, firstFolder, isFile, listing} from './folder.js';
import {triplet} from './pairs.js';

const CLIPS = [
  ...['BoxingPractice', 'Crosswalk', 'DrivingPOV', 'FoodMarket'],
  ...['FoodMarket2', 'RitualDance', 'SquareAndTimelapse', 'Tango'],
];
/** Even frames from the first to the last that are predicted. */
const [FIRST, LAST] = [2, 98];
const TARGETS = CLIPS.length * ((LAST - FIRST) / 2 + 1);

interface Layout {
  /** Below the root. */
  places: readonly string[];
  words: string;
  path: (clip: string, number: string) => string;
  /** The clip of a name in the folder. */
  clipOf: (name: string) => string;
}

const LAYOUTS: readonly Layout[] = [
  {
    places: ['', 'netflix'],
    words: "SoftSplat's layout, <clip>-001.png",
    path: (clip, number) => `${clip}-${number}.png`,
    clipOf: name => name.replace(/-\d+\.png$/, ''),
  },
  {
    places: ['', 'xiph'],
    words: "AMT's layout, <clip>/001.png",
    path: (clip, number) => `${clip}/${number}.png`,
    clipOf: name => name,
  },
];

function placeOf(root: string) {
  for (const layout of LAYOUTS) {
    const base = firstFolder(root, layout.places, folder =>
      CLIPS.some(clip => isFile(join(folder, layout.path(clip, '001')))),
    );
    if (base !== undefined) return {base, layout};
  }
  return undefined;
}

/** Names of other clips, and of what is no clip. */
function besideIn(base: string, {clipOf}: Layout): string[] {
  const {folders, files} = listing(base);
  return countedLine(
    'other name',
    [...folders, ...files].filter(name => !CLIPS.includes(clipOf(name))),
  );
}

function pairOf(clip: string, number: number, pathOf: (number: string) => string): Pair {
  const [img0, gt, img1] = [number - 1, number, number + 1].map(at =>
    pathOf(String(at).padStart(3, '0')),
  ) as [string, string, string];
  return triplet({id: `${clip}/${String(number).padStart(3, '0')}`, group: clip}, img0, gt, img1);
}

const kindOf = (name: string, title: string, words: string, view: View): SetKind => ({
  name,
  words,
  expects: ['netflix/BoxingPractice-001.png', 'xiph/BoxingPractice/001.png'],
  looksLike: root => placeOf(root) !== undefined,
  async read(root) {
    const {base, layout} = placeOf(root)!;
    const pairs: Pair[] = [];
    for (const clip of CLIPS)
      for (let number = FIRST; number <= LAST; number += 2)
        pairs.push(pairOf(clip, number, at => join(base, layout.path(clip, at))));
    return checked({
      ...{name, title, root, view, pairs, wholeTargets: TARGETS, missing: [], lists: []},
      layout: `${layout.words} in ${below(root, base)}`,
      extra: besideIn(base, layout),
      size: {height: 2160, width: 4096},
    });
  },
});

const FRAMES = 'even frames 2 to 98 of 8 clips of 4096 x 2160: 392 targets';

export const XIPH_SETS: readonly SetKind[] = [
  kindOf('xiph-2k', 'Xiph 2K', `Xiph "2K", halved in bytes: ${FRAMES}`, 'xiph-2k'),
  kindOf('xiph-4k', 'Xiph 4K', `Xiph "4K", the centre of 2048 x 1080: ${FRAMES}`, 'xiph-4k'),
];
