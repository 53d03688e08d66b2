/** Sets with inputs and targets in two folders: Middlebury OTHER, and the Davis set of AdaCoF. */
import {join} from 'node:path';
import {plural} from '@rife-train/errors';
import {below, checked} from './checked.js';
import type {SetKind} from './evalSet.js';
import {countedLine, firstFolder, isFile, listing} from './folder.js';
import {triplet} from './pairs.js';

const MIDDLEBURY = [
  ...['Beanbags', 'Dimetrodon', 'DogDance', 'Grove2', 'Grove3', 'Hydrangea', 'MiniCooper'],
  ...['RubberWhale', 'Urban2', 'Urban3', 'Venus', 'Walking'],
];
const GT = 'frame10i11.png';

/** Folders of the inputs and of the targets: as published, and as AdaCoF has them. */
type Folders = readonly [inputs: string, targets: string];
const PUBLISHED: Folders = ['other-data', 'other-gt-interp'];
const ADACOF: Folders = ['input', 'gt'];

interface Facts {
  name: string;
  title: string;
  words: string;
  places: readonly string[];
  folders: readonly Folders[];
  /** Which of the scenes found are taken. */
  scenes: (found: readonly string[]) => readonly string[];
  count: number;
}

function kindOf({name, title, words, places, folders, scenes, count}: Facts): SetKind {
  const isScene = (base: string, [inputs, targets]: Folders, scene: string) =>
    isFile(join(base, targets, scene, GT)) || isFile(join(base, inputs, scene, 'frame10.png'));
  const holds = (base: string, pair: Folders) =>
    scenes(listing(join(base, pair[1])).folders).some(scene => isScene(base, pair, scene));
  const placeOf = (root: string) => {
    const pairOf = (base: string) => folders.find(pair => holds(base, pair));
    const base = firstFolder(root, places, folder => pairOf(folder) !== undefined);
    return base === undefined ? undefined : {base, pair: pairOf(base)!};
  };
  return {
    name,
    words,
    expects: folders.map(
      ([inputs, targets]) => `${inputs}/<scene>/frame10.png with ${targets}/<scene>/${GT}`,
    ),
    looksLike: root => placeOf(root) !== undefined,
    async read(root) {
      const {base, pair} = placeOf(root)!;
      const [inputs, targets] = pair.map(folder => join(base, folder)) as [string, string];
      const found = [...new Set([inputs, targets].flatMap(folder => listing(folder).folders))].sort();
      const taken = scenes(found);
      const beside = found.filter(scene => !taken.includes(scene));
      const lacks = count - taken.length;
      return checked({
        ...{name, title, root, view: 'whole' as const, wholeTargets: count, lists: []},
        layout: `${pair.join(' and ')} in ${below(root, base)}, ${plural(taken.length, 'scene')}`,
        pairs: taken.map(id =>
          triplet(
            {id},
            join(inputs, id, 'frame10.png'),
            join(targets, id, GT),
            join(inputs, id, 'frame11.png'),
          ),
        ),
        missing: lacks > 0 ? [`${lacks} of the ${count} scenes`] : [],
        extra: [
          ...(lacks < 0 ? [`${plural(-lacks, 'scene')} more than the ${count} of the set`] : []),
          ...countedLine('other folder', beside),
        ],
      });
    },
  };
}

export const SCENE_SETS: readonly SetKind[] = [
  kindOf({
    name: 'middlebury',
    title: 'Middlebury OTHER',
    words: 'Middlebury OTHER: the 12 scenes with ground truth, up to 640 x 480',
    places: ['', 'middlebury', 'middlebury_other'],
    folders: [PUBLISHED, ADACOF],
    // The same list wherever something of it is found, so that what lacks is named.
    scenes: found => (found.some(name => MIDDLEBURY.includes(name)) ? MIDDLEBURY : []),
    count: MIDDLEBURY.length,
  }),
  kindOf({
    name: 'davis-30',
    title: 'Davis-30',
    words: 'Davis-30: the 30 triplets of DAVIS 2017 that AdaCoF tests on',
    places: ['', 'davis'],
    folders: [ADACOF],
    scenes: found => found.filter(name => !MIDDLEBURY.includes(name)),
    count: 30,
  }),
];
