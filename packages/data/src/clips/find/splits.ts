/** The split folders of a data set, recognised by their usual names. */
import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {splitUnclear} from '@rife-train/errors';
import type {Split} from '../../clip.js';

/** Preferred names: X-TRAIN has its clips as frames in the first, and as videos in the second. */
const EXACT: Readonly<Record<Split, readonly string[]>> = {
  train: ['train', 'encoded_train'],
  val: ['val', 'encoded_val'],
};

const WORDS = {
  train: 'train|training',
  val: 'val|valid|validation|validate|validating|eval|evaluation|dev|holdout|held[-_ ]?out',
  test: 'test|testing',
} as const;
type Part = keyof typeof WORDS;

const MORE = '(?:[-_ ]?(?:set|data|dataset|split|clips|frames|videos|images|sequences|\\d+))*';
const named = (words: string) => new RegExp(`^(?:encoded[-_ ])?(?:${words})${MORE}$`, 'i');
const NAMED = {train: named(WORDS.train), val: named(WORDS.val), test: named(WORDS.test)};
const holding = (words: string) => new RegExp(`(?:^|[^a-z])(?:${words})(?:[^a-z]|$)`, 'i');
const HOLDING = {train: holding(WORDS.train), val: holding(WORDS.val), test: holding(WORDS.test)};

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}

async function foldersIn(root: string): Promise<string[]> {
  const entries = await readdir(root, {withFileTypes: true}).catch(() => []);
  const found: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(root, entry.name)))))
      found.push(entry.name);
  return found.sort();
}

const ofPart = (names: readonly string[], part: Part, patterns: Record<Part, RegExp>) =>
  names.filter(name => !name.startsWith('.') && patterns[part].test(name));

/**
 * Names that look like the splits of one data set: `train` and `val`, `A_train` and `A_test`. Empty
 * without such a pair.
 */
export function splitPair(names: readonly string[], patterns = HOLDING): string[] {
  const train = ofPart(names, 'train', patterns);
  const others = [...ofPart(names, 'val', patterns), ...ofPart(names, 'test', patterns)];
  return train.length > 0 && others.length > 0 ? [...train, ...others] : [];
}

/** True for folders that are clearly two splits. */
export const areSplits = (names: readonly string[]) => splitPair(names, NAMED).length > 0;

function folderOf(root: string, names: readonly string[], split: Split): string | undefined {
  const exact = EXACT[split].find(name => names.includes(name));
  if (exact !== undefined) return exact;
  const candidates = ofPart(names, split, NAMED);
  if (candidates.length > 1) throw splitUnclear(root, candidates);
  return candidates[0];
}

/** The folder of each split that has one. */
export type SplitFolders = Partial<Record<Split, string>>;

/**
 * Looks for the splits of a data set.
 * @throws RIFE_ERR_DATA_SPLIT_UNCLEAR when folders look like splits, but it is unclear which is
 * which
 */
export async function splitFolders(root: string): Promise<SplitFolders> {
  const names = await foldersIn(root);
  const [train, val] = [folderOf(root, names, 'train'), folderOf(root, names, 'val')];
  const pair = train === undefined && val === undefined ? splitPair(names) : [];
  if (pair.length > 0) throw splitUnclear(root, pair);
  return {...(train !== undefined && {train}), ...(val !== undefined && {val})};
}

/** Folders of clips beside the split folders. */
export async function besideSplits(root: string, {train, val}: SplitFolders): Promise<string[]> {
  return (await foldersIn(root)).filter(name => name !== train && name !== val);
}
