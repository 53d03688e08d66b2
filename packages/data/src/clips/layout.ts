/** Layouts of data sets: X-TRAIN, X-TEST, Vimeo90K, or any folder of clips. */
import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {DataConfig} from '@rife-train/core';
import {layoutMissing, rootMissing, splitMissing} from '@rife-train/errors';
import {readRegular} from '@rife-train/files';
import type {Split} from '../clip.js';
import {listedPaths} from './find/list.js';
import {besideSplits, isFolder, splitFolders} from './find/splits.js';

/** A layout that was found. */
export type Layout = Exclude<DataConfig['layout'], 'auto'>;

/** Every folder of images and every video below `folder` is a clip. */
interface Tree {
  layout: Layout;
  folder: string;
  /** Folders beside the split folders, which are skipped. */
  beside: readonly string[];
}
/** A text file lists folders below `folder`, each with the same number of frames. */
export interface List extends Tree {
  list: string;
  /** Paths below `folder`, in the order of the list: of the split, and of all splits. */
  lines: string[];
  all: string[];
  frames: number;
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
/**
 * Share of the list used for training; the rest is for validation. As in the reference
 * (dataset.py).
 */
const TRAINED_PART = 0.95;
/** Scenes of X-TEST. */
const X_TEST_TYPE = /^type[123]$/i;
const isFile = (path: string) =>
  stat(path).then(
    found => found.isFile(),
    () => false,
  );
const foldersIn = async (path: string) =>
  (await readdir(path, {withFileTypes: true})).filter(entry => entry.isDirectory()).map(({name}) => name);

/**
 * X-TRAIN's scenes are three-digit numbers; its clips are named after the position of their
 * occlusion.
 */
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

/** The layout that a data set appears to have. */
export async function guessLayout(root: string): Promise<Layout> {
  for (const layout of ['vimeo-triplet', 'vimeo-septuplet'] as const)
    if (await isFile(join(root, VIMEO[layout].list))) return layout;
  const {train} = await splitFolders(root);
  if (train !== undefined) return (await isXTrain(join(root, train))) ? 'x-train' : 'clips';
  return (await xTestFolder(root)) === undefined ? 'clips' : 'x-test';
}

async function locateVimeo(root: string, split: Split, layout: keyof typeof VIMEO): Promise<List> {
  const {list, frames} = VIMEO[layout];
  const bytes = await readRegular(join(root, list)).catch(() => undefined);
  if (bytes === undefined) throw layoutMissing(root, layout, `the list ${list}`);
  const folder = join(root, 'sequences');
  if (!(await isFolder(folder))) throw layoutMissing(root, layout, 'the folder "sequences"');
  const all = listedPaths(bytes, folder);
  const trained = Math.floor(all.length * TRAINED_PART);
  const lines = split === 'train' ? all.slice(0, trained) : all.slice(trained);
  return {layout, folder, beside: [], list, lines, all, frames};
}

/** X-TEST has no training split. */
async function locateXTest(root: string, split: Split): Promise<Tree> {
  const folder = await xTestFolder(root);
  if (folder === undefined) throw layoutMissing(root, 'x-test', 'folders "Type1", "Type2", "Type3"');
  if (split === 'train') throw splitMissing(root, split);
  return {layout: 'x-test', folder, beside: []};
}

/** A root without any split is the training split itself. */
async function locateTree(root: string, split: Split, layout: Layout): Promise<Tree> {
  const folders = await splitFolders(root);
  const own = folders[split];
  if (own !== undefined) return {layout, folder: join(root, own), beside: await besideSplits(root, folders)};
  const isPlain = folders.train === undefined && folders.val === undefined;
  if (isPlain && split === 'train') return {layout, folder: root, beside: []};
  throw splitMissing(root, split);
}

/**
 * Where the clips of a split are.
 * @throws RIFE_ERR_DATA_ROOT, RIFE_ERR_DATA_SPLIT, RIFE_ERR_DATA_SPLIT_UNCLEAR;
 * RIFE_ERR_DATA_LAYOUT when `root` does not have the layout that was asked for
 */
export async function locate(root: string, split: Split, wanted: DataConfig['layout']): Promise<Located> {
  if (!(await isFolder(root))) throw rootMissing(root);
  const layout = wanted === 'auto' ? await guessLayout(root) : wanted;
  if (layout === 'vimeo-triplet' || layout === 'vimeo-septuplet') return locateVimeo(root, split, layout);
  return layout === 'x-test' ? locateXTest(root, split) : locateTree(root, split, layout);
}
