/**
 * SNU-FILM (CAIN: myungsub/CAIN) by its four lists, and SNU-FILM-arb, which takes all frames
 * between the inputs of three of them (GSeanCDAT/GIMM-VFI: src/SNU_FILM_arb.py).
 */
import {join, posix} from 'node:path';
import {evalList, plural} from '@rife-train/errors';
import {below, checked} from './checked.js';
import type {Pair, SetKind} from './evalSet.js';
import {firstFolder, isFile, isFolder, stemOf} from './folder.js';
import {listLines, type Line} from './lines.js';
import {pictureAt, triplet} from './pairs.js';

/** Distance of the target from either input, in frames of 240 a second. */
const GAPS = {easy: 1, medium: 2, hard: 4, extreme: 8} as const;
type Part = keyof typeof GAPS;
const PARTS = Object.keys(GAPS) as Part[];
const ARB_PARTS: readonly Part[] = ['medium', 'hard', 'extreme'];
/** Lines of each list. */
const LINES = 310;

/** The lists lie beside the pictures, or in `eval_modes`. */
const listIn = (base: string, part: Part): string | undefined =>
  ['', 'eval_modes'].map(folder => join(base, folder, `test-${part}.txt`)).find(isFile);
const baseOf = (root: string, parts: readonly Part[]) =>
  firstFolder(root, ['', 'SNU-FILM', 'data/SNU-FILM'], base => parts.some(part => listIn(base, part)));

/** Lines name pictures from where CAIN was unpacked: `data/SNU-FILM/test/GOPRO_test/...`. */
const inTest = (path: string) => path.replace(/^(.*?\/)?test\//, '');

/** Number in the name of a frame. */
const numberOf = (path: string): number => (/^\d+$/.test(stemOf(path)) ? Number(stemOf(path)) : NaN);

/** Names of a line, below the folder of pictures. */
function namesOf(line: Line) {
  const [path0, path1, path2] = line.paths.map(inTest) as [string, string, string];
  const group = posix.dirname(path0);
  if ([path1, path2].some(path => posix.dirname(path) !== group))
    throw evalList(line.list, line.number, line.text, 'names frames of different clips');
  return {path0, path1, path2, group};
}

function tripletOf(pictures: string, part: Part, line: Line): Pair {
  const {path0, path1, path2, group} = namesOf(line);
  const apart = (numberOf(path2) - numberOf(path0)) / 2;
  const gap = Number.isNaN(apart) ? GAPS[part] : apart;
  const id = `${part}/${group}/${stemOf(path1)}`;
  const [img0, gt, img1] = [path0, path1, path2].map(path => join(pictures, path)) as [
    string,
    string,
    string,
  ];
  return triplet({id, group, part, gap}, img0, gt, img1);
}

/** All frames between the inputs of a line. */
function allBetween(pictures: string, part: Part, line: Line): Pair {
  const {path0, path2, group} = namesOf(line);
  const apart = 2 * GAPS[part];
  const from = numberOf(path0);
  if (numberOf(path2) - from !== apart)
    throw evalList(line.list, line.number, line.text, `must name inputs that are ${apart} frames apart`);
  const [name, ending] = [stemOf(path0), posix.extname(path0)];
  const stemAt = (k: number) => String(from + k).padStart(name.length, '0');
  const source = (stem: string) => pictureAt(join(pictures, group, stem + ending));
  return {
    id: `${part}/${group}/${name}-${stemOf(path2)}`,
    ...{group, part, gap: apart / 2},
    img0: source(name),
    img1: pictureAt(join(pictures, path2)),
    targets: Array.from({length: apart - 1}, (_, i) => {
      const stem = stemAt(i + 1);
      return {
        id: `${part}/${group}/${name}-${stemOf(path2)}/${stem}`,
        source: source(stem),
        t: (i + 1) / apart,
      };
    }),
  };
}

interface Facts {
  name: string;
  title: string;
  words: string;
  parts: readonly Part[];
  pairOf: (pictures: string, part: Part, line: Line) => Pair;
  /** Targets of a line. */
  targets: (part: Part) => number;
}

/** What lists have too few or too many of. */
function countNotes(counts: readonly (readonly [Part, number])[]) {
  const of = (part: Part, count: number) => `${count} of the ${LINES} lines of test-${part}.txt`;
  return {
    missing: counts.flatMap(([part, count]) => (count < LINES ? [of(part, LINES - count)] : [])),
    extra: counts.flatMap(([part, count]) =>
      count > LINES ? [`${plural(count - LINES, 'line')} more than ${LINES} in test-${part}.txt`] : [],
    ),
  };
}

const kindOf = ({name, title, words, parts, pairOf, targets}: Facts): SetKind => ({
  name,
  words,
  expects: [`test-${parts[0]}.txt with test/GOPRO_test and test/YouTube_test`],
  looksLike: root => baseOf(root, parts) !== undefined,
  async read(root) {
    const base = baseOf(root, parts)!;
    const pictures = isFolder(join(base, 'test')) ? join(base, 'test') : base;
    const lists = parts.flatMap(part => listIn(base, part) ?? []);
    const byPart = parts.map(part => {
      const list = listIn(base, part);
      return [part, list ? listLines(list, 3) : []] as const;
    });
    return checked({
      ...{name, title, root, view: 'whole' as const, lists},
      layout: `${lists.map(list => below(root, list)).join(', ')}; pictures in ${below(root, pictures)}`,
      pairs: byPart.flatMap(([part, lines]) => lines.map(line => pairOf(pictures, part, line))),
      wholeTargets: parts.map(part => LINES * targets(part)).reduce((a, b) => a + b),
      ...countNotes(byPart.map(([part, lines]) => [part, lines.length] as const)),
    });
  },
});

export const SNU_FILM_SETS: readonly SetKind[] = [
  kindOf({
    name: 'snu-film',
    title: 'SNU-FILM',
    words: 'SNU-FILM: four lists of 310 triplets, from easy to extreme',
    parts: PARTS,
    pairOf: tripletOf,
    targets: () => 1,
  }),
  ...PARTS.map(part =>
    kindOf({
      name: `snu-film-${part}`,
      title: `SNU-FILM ${part}`,
      words: `SNU-FILM: the 310 triplets of test-${part}.txt`,
      parts: [part],
      pairOf: tripletOf,
      targets: () => 1,
    }),
  ),
  kindOf({
    name: 'snu-film-arb',
    title: 'SNU-FILM-arb',
    words: 'SNU-FILM-arb: all frames between the inputs: medium x4, hard x8, extreme x16',
    parts: ARB_PARTS,
    pairOf: allBetween,
    targets: part => 2 * GAPS[part] - 1,
  }),
];
