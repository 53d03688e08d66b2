/**
 * GoPro and Adobe240 x8 of IFRNet and AMT (MCG-NKU/AMT: datasets/gopro_datasets.py,
 * datasets/adobe_datasets.py): 9 frames, the outer ones in; the centre of 512 x 512.
 */
import {basename, join} from 'node:path';
import {byName} from '@rife-train/data/parts';
import {evalClip, plural} from '@rife-train/errors';
import {below, checked} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {countedLine, firstFolder, listing, stemOf} from './folder.js';
import {between} from './pairs.js';

/** Frames from one input to the next. */
const STEP = 8;
const GOPRO = [
  ...['GOPR0384_11_00', 'GOPR0384_11_05', 'GOPR0385_11_01', 'GOPR0396_11_00', 'GOPR0410_11_00'],
  ...['GOPR0854_11_00', 'GOPR0862_11_00', 'GOPR0868_11_00', 'GOPR0869_11_00', 'GOPR0871_11_00'],
  'GOPR0881_11_01',
];
/** Of Adobe240, the 10th folder is used, the 20th, and so on. */
const TENTH = 10;

const picturesIn = (folder: string) =>
  listing(folder)
    .files.filter(name => /\.(png|jpe?g)$/i.test(name))
    .sort(byName);

/** @throws RIFE_ERR_EVAL_CLIP for too few frames, or numbers with a gap */
function filesOf(folder: string): string[] {
  const files = picturesIn(folder);
  const expected = 'numbered frames without a gap, 9 or more';
  if (files.length <= STEP) throw evalClip(folder, `has ${files.length} frames`, expected);
  const numbers = files.map(name => (/^\d+$/.test(stemOf(name)) ? Number(stemOf(name)) : NaN));
  const gap = numbers.findIndex((number, i) => i > 0 && number - numbers[i - 1]! !== 1);
  // Other names are taken in their order, as the scripts take them.
  if (gap > 0 && !numbers.some(Number.isNaN))
    throw evalClip(folder, `has ${files[gap - 1]}, and then ${files[gap]}`, expected);
  return files;
}

function pairsOf(base: string, group: string): Pair[] {
  const folder = join(base, group);
  const files = filesOf(folder);
  const count = Math.floor((files.length - 1) / STEP);
  return Array.from({length: count}, (_, i) => between({group, folder, files}, i * STEP, (i + 1) * STEP, 1));
}

const goproIn = (root: string) =>
  firstFolder(root, ['', 'test', 'GOPRO/test'], base =>
    GOPRO.some(clip => picturesIn(join(base, clip)).length > 0),
  );

/** The folders have no names to know them by, so the one around them must have its own. */
const adobeIn = (root: string) =>
  firstFolder(
    root,
    ['', 'test_frames', 'Adobe240/test_frames', 'adobe240/test_frames'],
    base => basename(base) === 'test_frames' && listing(base).folders.length > 0,
  );

const FACTS = {view: 'centre-512' as const, wholeTargets: undefined, lists: []};

export const NINE_FRAME_SETS: readonly SetKind[] = [
  {
    name: 'gopro',
    words: 'GoPro x8: 9-frame sets of 11 clips, the centre of 512 x 512',
    expects: ['test/GOPR0384_11_00/<number>.png', 'GOPR0384_11_00/<number>.png'],
    looksLike: root => goproIn(root) !== undefined,
    async read(root) {
      const base = goproIn(root)!;
      const {folders} = listing(base);
      const here = GOPRO.filter(clip => folders.includes(clip));
      return checked({
        ...{name: 'gopro', title: 'GoPro x8', root, ...FACTS},
        layout: `${plural(here.length, 'clip')} in ${below(root, base)}`,
        pairs: here.flatMap(clip => pairsOf(base, clip)),
        missing: countedLine(
          'clip',
          GOPRO.filter(clip => !here.includes(clip)),
        ),
        extra: countedLine(
          'other folder',
          folders.filter(name => !here.includes(name)),
        ),
      });
    },
  },
  {
    name: 'adobe240',
    words: 'Adobe240 x8: 9-frame sets of every 10th folder, the centre of 512 x 512',
    expects: ['test_frames/<clip>/<number>.png'],
    looksLike: root => adobeIn(root) !== undefined,
    async read(root) {
      const base = adobeIn(root)!;
      const {folders} = listing(base);
      const used = folders.filter((_, i) => i % TENTH === TENTH - 1);
      const none = `every ${TENTH}th folder is used, and there are ${folders.length}`;
      return checked({
        ...{name: 'adobe240', title: 'Adobe240 x8', root, ...FACTS},
        layout: `${used.length} of ${folders.length} folders in ${below(root, base)}, by name every 10th`,
        pairs: used.flatMap(clip => pairsOf(base, clip)),
        missing: used.length === 0 ? [none] : [],
        extra: [],
      });
    },
  },
];
