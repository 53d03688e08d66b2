/** The test part of Vimeo90K's triplets, in the layouts of the set and of RIFE's script. */
import {join} from 'node:path';
import {plural} from '@rife-train/errors';
import {below, checked} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {firstFolder, isFile, isFolder, listing} from './folder.js';
import {listLines} from './lines.js';
import {triplet} from './pairs.js';

const LIST = 'tri_testlist.txt';
const TRIPLETS = 3782;

interface Layout {
  /** Folder of the list. */
  base: string;
  /** Folder with the triplets. */
  folder: string;
  list: string | undefined;
}

const hasTarget = (base: string) =>
  listing(join(base, 'target'))
    .folders.slice(0, 1)
    .some(scene => /^\d{5}$/.test(scene));

/** `vimeo_interp_test` holds the test part only, so it needs no list. */
function layoutOf(root: string): Layout | undefined {
  const listed = firstFolder(
    root,
    ['', 'vimeo_triplet'],
    base => isFile(join(base, LIST)) && isFolder(join(base, 'sequences')),
  );
  if (listed !== undefined) return {base: listed, folder: 'sequences', list: join(listed, LIST)};
  const base = firstFolder(root, ['', 'vimeo_interp_test'], hasTarget);
  if (base === undefined) return undefined;
  const list = join(base, LIST);
  return {base, folder: 'target', list: isFile(list) ? list : undefined};
}

const foldersOf = (folder: string): string[] =>
  listing(folder).folders.flatMap(scene =>
    listing(join(folder, scene)).folders.map(shot => `${scene}/${shot}`),
  );

function pairOf(folder: string, id: string): Pair {
  const at = (number: number) => join(folder, id, `im${number}.png`);
  return triplet({id, group: id.split('/')[0]!}, at(1), at(2), at(3));
}

export const VIMEO_SETS: readonly SetKind[] = [
  {
    name: 'vimeo90k',
    words: 'Vimeo90K: the 3,782 test triplets of 448 x 256, im1 and im3 in, im2 out',
    expects: ['tri_testlist.txt with sequences/00001/0001/im1.png', 'target/00001/0001/im1.png'],
    looksLike: root => layoutOf(root) !== undefined,
    async read(root) {
      const {base, folder, list} = layoutOf(root)!;
      const top = join(base, folder);
      // Lists of one's own may have the folder before the path.
      const ids = list
        ? listLines(list, 1).map(({paths}) => paths[0]!.replace(/^(.*\/)?(sequences|target)\//, ''))
        : foldersOf(top);
      const lacks = TRIPLETS - ids.length;
      return checked({
        ...{name: 'vimeo90k', title: 'Vimeo90K', root, view: 'whole' as const},
        layout: `${list ? `${below(root, list)} and ` : ''}${below(root, top)}, ${plural(ids.length, 'triplet')}`,
        pairs: ids.map(id => pairOf(top, id)),
        wholeTargets: TRIPLETS,
        missing: lacks > 0 ? [`${lacks} of the ${TRIPLETS} triplets`] : [],
        extra: lacks < 0 ? [`${plural(-lacks, 'triplet')} more than the ${TRIPLETS} of the set`] : [],
        lists: list ? [list] : [],
        size: {height: 256, width: 448},
      });
    },
  },
];
