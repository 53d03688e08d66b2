/** All sets by name, and what is checked before one is read. */
import {dirname, join, resolve} from 'node:path';
import {evalRoot, evalSetOption, evalSetUnknown} from '@rife-train/errors';
import {CLIP_SETS} from './clips.js';
import {DAVIS_90_SETS} from './davis90.js';
import type {SetKind, SetOptions} from './evalSet.js';
import {isFolder, listing} from './folder.js';
import {HD_SETS} from './hd.js';
import {NINE_FRAME_SETS} from './nineFrames.js';
import {SCENE_SETS} from './scenes.js';
import {SNU_FILM_SETS} from './snuFilm.js';
import {TRIPLET_FOLDER_SETS} from './tripletFolders.js';
import {VIMEO_SETS} from './vimeo.js';
import {X_TEST_SETS} from './xTest.js';
import {XIPH_SETS} from './xiph.js';

const KINDS: readonly SetKind[] = [
  ...X_TEST_SETS,
  ...VIMEO_SETS,
  ...TRIPLET_FOLDER_SETS,
  ...SCENE_SETS,
  ...SNU_FILM_SETS,
  ...XIPH_SETS,
  ...HD_SETS,
  ...DAVIS_90_SETS,
  ...NINE_FRAME_SETS,
  ...CLIP_SETS,
];

const MULTIS = [2, 4, 8, 16, 32];
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
const areCounts = (value: readonly number[]) => value.length > 0 && value.every(isCount);

/** What each option may be, and the sets that have it. */
const OPTIONS: {
  [K in keyof Required<SetOptions>]: {
    sets: readonly string[];
    isSound: (value: NonNullable<SetOptions[K]>) => boolean;
    expected: string;
  };
} = {
  multi: {
    sets: ['x-test-4k', 'x-test-2k'],
    isSound: value => MULTIS.includes(value),
    expected: '2, 4, 8, 16 or 32',
  },
  gaps: {
    sets: ['clips'],
    isSound: value => areCounts(value) && new Set(value).size === value.length,
    expected: 'different whole numbers from 1',
  },
  perGap: {sets: ['clips'], isSound: isCount, expected: 'a whole number from 1'},
  crop: {
    sets: ['clips'],
    isSound: value => value.length === 2 && areCounts(value),
    expected: 'height and width, whole numbers from 1',
  },
};

/** @throws RIFE_ERR_EVAL_OPTION */
function checkOptions(set: string, options: SetOptions): void {
  for (const option of Object.keys(OPTIONS) as (keyof SetOptions)[]) {
    const value = options[option];
    if (value === undefined) continue;
    const {sets, isSound, expected} = OPTIONS[option];
    if (!sets.includes(set)) throw evalSetOption(set, option, value, `it for ${sets.join(' and ')} only`);
    if (!(isSound as (got: unknown) => boolean)(value)) throw evalSetOption(set, option, value, expected);
  }
}

/** Folders that are looked into for a message. */
const GLANCE = 50;

/** Names of the sets whose layout a folder has; not that of clips, which all folders have. */
const setsLike = (folder: string): string[] =>
  KINDS.filter(kind => kind.name !== 'clips' && kind.looksLike(folder)).map(({name}) => name);

/** RIFE_ERR_EVAL_ROOT, with what the folder is instead. */
function wrongRoot(root: string, kind: SetKind) {
  const about = {title: kind.name, expects: kind.expects};
  if (!isFolder(root)) return evalRoot(root, {...about, found: undefined, looks: undefined, isOwn: false});
  const {folders, files} = listing(root);
  const near = folders.slice(0, GLANCE).map(name => join(root, name));
  const own = [...near, dirname(root)].find(folder => kind.looksLike(folder));
  const other = own ?? [root, ...near].find(folder => setsLike(folder).length > 0);
  const looks = other === undefined ? undefined : {folder: other, sets: own ? [kind.name] : setsLike(other)};
  const found = [...folders.map(name => `${name}/`), ...files];
  return evalRoot(root, {...about, found, looks, isOwn: own !== undefined});
}

const guarded = (kind: SetKind): SetKind => ({
  ...kind,
  async read(root, options) {
    const top = resolve(root);
    checkOptions(kind.name, options);
    if (!kind.looksLike(top)) throw wrongRoot(top, kind);
    return kind.read(top, options);
  },
});

/** Every set that can be evaluated on. */
export const SETS: readonly SetKind[] = KINDS.map(guarded);

/** @throws RIFE_ERR_EVAL_SET */
export function setNamed(name: string): SetKind {
  const found = SETS.find(kind => kind.name === name);
  if (found) return found;
  throw evalSetUnknown(
    name,
    SETS.map(kind => kind.name),
  );
}
