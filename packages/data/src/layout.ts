/** Where a data set keeps the clips of a split: X-TRAIN, X-TEST, Vimeo90K, or any folder of clips. */
import {readdir, readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {DataConfig} from '@rife-train/core';
import {layoutMissing, rootMissing, splitMissing} from '@rife-train/errors';
import type {Split} from './clip.js';

/** A layout that was found. */
export type Layout = Exclude<DataConfig['layout'], 'auto'>;

/** Every folder of images and every video below `folder` is a clip. */
interface Tree {
  layout: Layout;
  folder: string;
}
/** A text file lists folders below `folder`; each holds the same frames. */
export interface List extends Tree {
  list: string;
  /** Paths below `folder`, in the order of the list. */
  lines: string[];
  files: string[];
}
/** Where the clips of a split are. */
export type Located = Tree | List;

interface VimeoLayout {
  list: string;
  frames: number;
}

const VIMEO: Readonly<Record<'vimeo-triplet' | 'vimeo-septuplet', VimeoLayout>> = {
  'vimeo-triplet': {list: 'tri_trainlist.txt', frames: 3},
  'vimeo-septuplet': {list: 'sep_trainlist.txt', frames: 7},
};
/** Part of the list that is trained on; the rest is for validation. As in the reference (dataset.py). */
const TRAINED_PART = 0.95;
/** Scenes of X-TEST. */
const X_TEST_TYPE = /^type[123]$/i;
/** X-TRAIN has its training clips as videos in one of these, and as frames in the other. */
const FOLDERS: Readonly<Record<Split, readonly string[]>> = {
  train: ['train', 'encoded_train'],
  val: ['val', 'encoded_val'],
};

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}
const isFile = (path: string) =>
  stat(path).then(
    found => found.isFile(),
    () => false,
  );
const foldersIn = async (path: string) =>
  (await readdir(path, {withFileTypes: true})).filter(entry => entry.isDirectory()).map(({name}) => name);

/** The first of some folders that is there. */
async function firstFolder(root: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await isFolder(join(root, name))) return join(root, name);
  return undefined;
}

/** Scenes of X-TRAIN have numbers of three digits, and its clips are called after the place of their occlusion. */
async function isXTrain(folder: string): Promise<boolean> {
  const scene = (await foldersIn(folder)).find(name => /^\d{3}$/.test(name));
  return scene !== undefined && (await readdir(join(folder, scene))).some(name => /^occ\d/.test(name));
}

/** The folder with X-TEST's types, at the root or in `test`. */
async function xTestFolder(root: string): Promise<string | undefined> {
  for (const folder of [root, join(root, 'test')])
    if ((await isFolder(folder)) && (await foldersIn(folder)).some(name => X_TEST_TYPE.test(name)))
      return folder;
  return undefined;
}

/** What a data set looks like. */
export async function guessLayout(root: string): Promise<Layout> {
  for (const layout of ['vimeo-triplet', 'vimeo-septuplet'] as const)
    if (await isFile(join(root, VIMEO[layout].list))) return layout;
  const train = await firstFolder(root, FOLDERS.train);
  if (train !== undefined) return (await isXTrain(train)) ? 'x-train' : 'clips';
  return (await xTestFolder(root)) === undefined ? 'clips' : 'x-test';
}

async function locateVimeo(root: string, split: Split, layout: keyof typeof VIMEO): Promise<List> {
  const {list, frames} = VIMEO[layout];
  const text = await readFile(join(root, list), 'utf8').catch(() => undefined);
  if (text === undefined) throw layoutMissing(root, layout, `the list ${list}`);
  const folder = join(root, 'sequences');
  if (!(await isFolder(folder))) throw layoutMissing(root, layout, 'the folder "sequences"');
  const lines = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(Boolean);
  const trained = Math.floor(lines.length * TRAINED_PART);
  return {
    layout,
    folder,
    list,
    lines: split === 'train' ? lines.slice(0, trained) : lines.slice(trained),
    files: Array.from({length: frames}, (_, i) => `im${i + 1}.png`),
  };
}

/** X-TEST is there to test: it has no training split. */
async function locateXTest(root: string, split: Split): Promise<Tree> {
  const folder = await xTestFolder(root);
  if (folder === undefined) throw layoutMissing(root, 'x-test', 'folders "Type1", "Type2", "Type3"');
  if (split === 'train') throw splitMissing(root, split);
  return {layout: 'x-test', folder};
}

/** A root without any split is the training split itself. */
async function locateTree(root: string, split: Split, layout: Layout): Promise<Tree> {
  const folder = await firstFolder(root, FOLDERS[split]);
  if (folder !== undefined) return {layout, folder};
  const plain = (await firstFolder(root, [...FOLDERS.train, ...FOLDERS.val])) === undefined;
  if (plain && split === 'train') return {layout, folder: root};
  throw splitMissing(root, split);
}

/**
 * Where the clips of a split are.
 * @throws RIFE_ERR_DATA_ROOT, RIFE_ERR_DATA_SPLIT; RIFE_ERR_DATA_LAYOUT for a named layout that is not there
 */
export async function locate(root: string, split: Split, wanted: DataConfig['layout']): Promise<Located> {
  if (!(await isFolder(root))) throw rootMissing(root);
  const layout = wanted === 'auto' ? await guessLayout(root) : wanted;
  if (layout === 'vimeo-triplet' || layout === 'vimeo-septuplet') return locateVimeo(root, split, layout);
  return layout === 'x-test' ? locateXTest(root, split) : locateTree(root, split, layout);
}
