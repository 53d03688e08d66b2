/** X-TEST (XVFI: JihyongOh/XVFI) and XTest-L (MCG-NJU/SGM-VFI: benchmark/XTest_interval.py). */
import {join} from 'node:path';
import {evalClip, plural} from '@rife-train/errors';
import type {View} from '../picture/picture.js';
import {below, checked} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {countedLine, firstFolder, listing} from './folder.js';
import {between} from './pairs.js';

const TYPES = ['Type1', 'Type2', 'Type3'];
const CLIPS_OF_TYPE = 5;
const FRAMES = 33;
const SIZE = {height: 2160, width: 4096};
const NAMES = Array.from({length: FRAMES}, (_, number) => `${String(number).padStart(4, '0')}.png`);

const typesIn = (folder: string) => listing(folder).folders.filter(name => TYPES.includes(name));
const baseOf = (root: string) =>
  firstFolder(root, ['', 'test', 'X4K1000FPS/test'], folder => typesIn(folder).length > 0);

/** The 33 frames of a clip, and what is beside them. */
function framesOf(folder: string): {files: string[]; beside: string[]} {
  const {files, folders} = listing(folder);
  const pictures = files.filter(name => /\.png$/i.test(name));
  const others = [...folders, ...files.filter(name => !pictures.includes(name))];
  if (pictures.length === FRAMES) return {files: pictures, beside: others};
  const absent = NAMES.filter(name => !pictures.includes(name));
  if (absent.length === 0)
    return {files: NAMES, beside: [...others, ...pictures.filter(name => !NAMES.includes(name))]};
  throw evalClip(
    folder,
    `has ${pictures.length} frames${absent.length < FRAMES ? `; ${absent[0]} is not there` : ''}`,
    '33 frames, 0000.png to 0032.png',
  );
}

/** All clips below the types. */
function clipsOf(root: string, base: string) {
  const [pairs, missing, extra]: [Parameters<typeof between>[0][], string[], string[]] = [[], [], []];
  for (const part of TYPES) {
    const {folders, files} = listing(join(base, part));
    const lacks = CLIPS_OF_TYPE - folders.length;
    if (lacks > 0) missing.push(`${lacks} of ${CLIPS_OF_TYPE} clips of ${part}`);
    if (lacks < 0)
      extra.push(`${plural(-lacks, 'clip')} more in ${part} than the ${CLIPS_OF_TYPE} of X-TEST`);
    const beside = files.map(name => join(base, part, name));
    for (const group of folders) {
      const folder = join(base, part, group);
      const frames = framesOf(folder);
      beside.push(...frames.beside.map(name => join(folder, name)));
      pairs.push({group, part, folder, files: frames.files});
    }
    extra.push(
      ...countedLine(
        'file',
        beside.map(path => below(root, path)),
      ),
    );
  }
  return {clips: pairs, missing, extra};
}

/** How a set of these clips is taken. */
interface Facts {
  name: string;
  title: (multi: number) => string;
  words: string;
  view: View;
  /** Distance of the targets, of 32. */
  step: (multi: number) => number;
}

const kindOf = ({name, title, words, view, step}: Facts): SetKind => ({
  name,
  words,
  expects: ['test/Type1/<clip>/0000.png', 'Type1/<clip>/0000.png'],
  looksLike: root => baseOf(root) !== undefined,
  async read(root, {multi = 8}) {
    const base = baseOf(root)!;
    const {clips, ...notes} = clipsOf(root, base);
    const pairs: Pair[] = clips.map(clip => between(clip, 0, FRAMES - 1, step(multi)));
    return checked({
      ...{name, title: title(multi), root, view, pairs, ...notes},
      layout: `XVFI's layout, ${plural(clips.length, 'clip')} of ${FRAMES} frames in ${below(root, base)}/Type1 to Type3`,
      wholeTargets: TYPES.length * CLIPS_OF_TYPE * ((FRAMES - 1) / step(multi) - 1),
      lists: [],
      size: SIZE,
    });
  },
});

const HALVED = 'halved in float, as M2M, EMA-VFI and others do';
const CLIPS = '15 clips of 33 frames in test/Type1 to Type3';
const multiStep = (multi: number) => (FRAMES - 1) / multi;

export const X_TEST_SETS: readonly SetKind[] = [
  kindOf({
    name: 'x-test-4k',
    title: multi => `X-TEST 4K x${multi}`,
    words: `X-TEST: ${CLIPS}, frames 0 and 32 in, x8: 105 targets`,
    view: 'whole',
    step: multiStep,
  }),
  kindOf({
    name: 'x-test-2k',
    title: multi => `X-TEST 2K x${multi}`,
    words: `X-TEST ${HALVED}: ${CLIPS}, 105 targets`,
    view: 'x-test-2k',
    step: multiStep,
  }),
  kindOf({
    name: 'xtest-l-4k',
    title: () => 'XTest-L 4K',
    words: `XTest-L of SGM-VFI: frame 16 of 0 and 32 of ${CLIPS}: 15 targets`,
    view: 'whole',
    step: () => 16,
  }),
  kindOf({
    name: 'xtest-l-2k',
    title: () => 'XTest-L 2K',
    words: `XTest-L ${HALVED}: 15 targets`,
    view: 'x-test-2k',
    step: () => 16,
  }),
];
