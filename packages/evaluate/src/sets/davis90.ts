/** Davis90 of ST-MFNet and LDMVFI (danier97/LDMVFI: ldm/data/testsets.py, Davis90_triplet). */
import {join} from 'node:path';
import {evalClip, plural} from '@rife-train/errors';
import {below, checked} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {firstFolder, isFile, listing} from './folder.js';
import {between} from './pairs.js';

const SEQUENCES = 90;
const baseOf = (root: string) =>
  firstFolder(root, ['', 'JPEGImages/480p', 'DAVIS/JPEGImages/480p'], base =>
    listing(base).folders.some(name => isFile(join(base, name, '00000.jpg'))),
  );

function filesOf(folder: string): string[] {
  const files = listing(folder).files.filter(name => /\.jpg$/i.test(name));
  const absent = files.findIndex((name, i) => name !== `${String(i).padStart(5, '0')}.jpg`);
  const expected = '00000.jpg, 00001.jpg ... without a gap, 7 or more';
  if (absent >= 0)
    throw evalClip(folder, `has no ${String(absent).padStart(5, '0')}.jpg, but ${files[absent]}`, expected);
  if (files.length < 7) throw evalClip(folder, `has ${files.length} frames`, expected);
  return files;
}

/** Frames t + 2 and t + 4, and t + 3 between them, for t = 0, 2, 4 ... below n - 6. */
function pairsOf(base: string, group: string): Pair[] {
  const folder = join(base, group);
  const files = filesOf(folder);
  const pairs: Pair[] = [];
  for (let t = 0; t < files.length - 6; t += 2) pairs.push(between({group, folder, files}, t + 2, t + 4, 1));
  return pairs;
}

export const DAVIS_90_SETS: readonly SetKind[] = [
  {
    name: 'davis-90',
    words: 'Davis90: 90 sequences of DAVIS 2017 at 480p, every other frame; mean of sequences',
    expects: ['JPEGImages/480p/<sequence>/00000.jpg', '<sequence>/00000.jpg'],
    looksLike: root => baseOf(root) !== undefined,
    async read(root) {
      const base = baseOf(root)!;
      const all = listing(base).folders;
      const lacks = SEQUENCES - all.length;
      return checked({
        ...{name: 'davis-90', title: 'Davis90', root, view: 'whole' as const, lists: []},
        layout: `${plural(all.length, 'sequence')} in ${below(root, base)}`,
        pairs: all.flatMap(name => pairsOf(base, name)),
        // The script counts files, and no paper says how many targets they make.
        wholeTargets: undefined,
        missing: lacks > 0 ? [`${lacks} of the ${SEQUENCES} sequences`] : [],
        extra: lacks < 0 ? [`${plural(-lacks, 'sequence')} more than the ${SEQUENCES} of the set`] : [],
      });
    },
  },
];
