/** Folders that are the splits of a data set, by the names that people give them. */
import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {splitUnclear} from '@rife-train/errors';
import type {Split} from '../../clip.js';

/** Names that are taken before all others: X-TRAIN has its clips as videos in the second, and as frames in the first. */
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

/** Names that look like a split each, of one whole: `train` and `val`, `A_train` and `A_test`. Empty where there is no such pair. */
export function splitPair(names: readonly string[], patterns = HOLDING): string[] {
  const train = ofPart(names, 'train', patterns);
  const others = [...ofPart(names, 'val', patterns), ...ofPart(names, 'test', patterns)];
  return train.length > 0 && others.length > 0 ? [...train, ...others] : [];
}

/** True for folders that beyond doubt are two splits. */
export const areSplits = (names: readonly string[]) => splitPair(names, NAMED).length > 0;

function folderOf(root: string, names: readonly string[], split: Split): string | undefined {
  const exact = EXACT[split].find(name => names.includes(name));
  if (exact !== undefined) return exact;
  const candidates = ofPart(names, split, NAMED);
  if (candidates.length > 1) throw splitUnclear(root, candidates);
  return candidates[0];
}

/** The folder of each split, where there is one. */
export type SplitFolders = Partial<Record<Split, string>>;

/**
 * Looks for the splits of a data set.
 * @throws RIFE_ERR_DATA_SPLIT_UNCLEAR where folders look like splits, and which is which is not clear
 */
export async function splitFolders(root: string): Promise<SplitFolders> {
  const names = await foldersIn(root);
  const [train, val] = [folderOf(root, names, 'train'), folderOf(root, names, 'val')];
  const pair = train === undefined && val === undefined ? splitPair(names) : [];
  if (pair.length > 0) throw splitUnclear(root, pair);
  return {...(train !== undefined && {train}), ...(val !== undefined && {val})};
}

/** Folders of clips that lie beside those of the splits. */
export async function besideSplits(root: string, {train, val}: SplitFolders): Promise<string[]> {
  return (await foldersIn(root)).filter(name => name !== train && name !== val);
}
