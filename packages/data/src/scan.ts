import {readdir} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {basename, dirname, join, relative, resolve, sep} from 'node:path';
import type {DataConfig} from '@rife-train/core';
import {fileUnreadable, isRifeError, messageOf, noClips, type RifeError} from '@rife-train/errors';
import {byName, endingOf, isImage, isPack, isVideo, type Clip, type Split} from './clip.js';
import {checkFrameSize, imageSize} from './image.js';
import {isFolder, locate, type Layout, type List} from './layout.js';
import {readPackHeader} from './pack/reader.js';
import {probeVideo} from './video.js';

/** Folders below the split that are searched; deep enough for `<set>/<scene>/<clip>`. */
const MAX_DEPTH = 4;

/** A clip that was found by name and not opened yet. */
export type FoundClip = Pick<Clip, 'id' | 'kind' | 'path' | 'files'>;

/** Called with a clip that can't be used; returns to leave it out, throws to end the scan. */
export type OnBadClip = (clip: string, error: RifeError) => void;

const throwIt: OnBadClip = (_clip, error) => {
  throw error;
};

/** True when `scanClips` would find a folder for the split. */
export async function hasSplit(
  root: string,
  split: Split,
  layout: DataConfig['layout'] = 'auto',
): Promise<boolean> {
  return locate(resolve(root), split, layout).then(
    () => true,
    () => false,
  );
}

// Frames are many and never folders: only other names cost a system call.
const holdsEntries = (folder: string, name: string) =>
  isImage(name) ? Promise.resolve(false) : isFolder(join(folder, name));

async function listFolder(folder: string): Promise<{folders: string[]; files: string[]}> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileUnreadable(folder, messageOf(error), error);
  });
  const visible = names.filter(name => !name.startsWith('.') && name !== '__MACOSX').sort(byName);
  const nested = await Promise.all(visible.map(name => holdsEntries(folder, name)));
  return {folders: visible.filter((_, i) => nested[i]), files: visible.filter((_, i) => !nested[i])};
}

const isClipFile = (name: string) => isVideo(name) || isPack(name);

/** Collects clips in order of names, and the endings of all other files for the error message. */
async function walk(
  folder: string,
  top: string,
  depth: number,
  found: FoundClip[],
  others: Set<string>,
): Promise<void> {
  const {folders, files} = await listFolder(folder);
  const idOf = (path: string) => relative(top, path).split(sep).join('/') || basename(top);
  const frames = files.filter(isImage);
  if (frames.length > 0) found.push({id: idOf(folder), kind: 'folder', path: folder, files: frames});
  for (const name of files.filter(isClipFile)) {
    const path = join(folder, name);
    const kind = isPack(name) ? 'pack' : 'video';
    found.push({id: idOf(path.slice(0, -endingOf(name).length)), kind, path, files: []});
  }
  for (const name of files) if (!isImage(name) && !isClipFile(name)) others.add(endingOf(name) || name);
  if (depth === 0) return;
  for (const name of folders) await walk(join(folder, name), top, depth - 1, found, others);
}

/** Two clips may share a name (`a.mp4` beside `a.mkv` or a folder `a`): the files then keep their ending. */
function makeIdsUnique(found: readonly FoundClip[]): FoundClip[] {
  const uses = new Map<string, number>();
  for (const {id} of found) uses.set(id, (uses.get(id) ?? 0) + 1);
  return found.map(clip =>
    clip.kind !== 'folder' && uses.get(clip.id)! > 1
      ? {...clip, id: clip.id + clip.path.slice(-endingOf(clip.path).length)}
      : clip,
  );
}

/** First, middle and last frame: catches two clips in one folder; the others are checked when they are decoded. */
async function openFolder(clip: FoundClip): Promise<Clip> {
  const {files} = clip;
  const pathOf = (index: number) => join(clip.path, files[index]!);
  const size = await imageSize(clip.id, pathOf(0));
  for (const index of new Set([files.length >> 1, files.length - 1])) {
    checkFrameSize({...size, id: clip.id}, pathOf(index), await imageSize(clip.id, pathOf(index)));
  }
  return {...clip, ...size, frames: files.length};
}

async function openPack(clip: FoundClip): Promise<Clip> {
  const {width, height, frames} = await readPackHeader(clip);
  return {...clip, width, height, frames};
}

async function openClip(clip: FoundClip): Promise<Clip> {
  if (clip.kind === 'folder') return openFolder(clip);
  return clip.kind === 'pack' ? openPack(clip) : {...clip, ...(await probeVideo(clip))};
}

/** Opens clips a few at a time; results and faults come in the order of `found`. */
async function openAll(found: readonly FoundClip[]): Promise<(Clip | RifeError)[]> {
  const results: (Clip | RifeError)[] = [];
  let nextIndex = 0;
  const lane = async () => {
    while (nextIndex < found.length) {
      const index = nextIndex++;
      results[index] = await openClip(found[index]!).catch((error: unknown) => {
        if (isRifeError(error) && error.code !== 'RIFE_ERR_DATA_FFMPEG') return error;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({length: availableParallelism()}, lane));
  return results;
}

/** Clips of a tree, found by name. */
async function findInTree(folder: string): Promise<FoundClip[]> {
  const found: FoundClip[] = [];
  const others = new Set<string>();
  await walk(folder, folder, MAX_DEPTH, found, others);
  if (found.length === 0) throw noClips(folder, [...others].sort());
  return makeIdsUnique(found).sort((a, b) => byName(a.id, b.id));
}

/** Clips that a list names; told of those that are not there. */
async function findInList({folder, lines, files, list}: List, onBadClip: OnBadClip): Promise<FoundClip[]> {
  const groups = new Map<string, Set<string>>();
  const found: FoundClip[] = [];
  for (const id of lines) {
    const [group, name] = [dirname(id), basename(id)];
    if (!groups.has(group)) groups.set(group, new Set(await readdir(join(folder, group)).catch(() => [])));
    const path = join(folder, id);
    if (groups.get(group)!.has(name)) found.push({id, kind: 'folder', path, files});
    else onBadClip(id, fileUnreadable(path, `it is in ${list}, and not on the disk`));
  }
  if (found.length === 0) throw noClips(folder, []);
  return found;
}

/** They are tens of thousands, all alike: one is opened, and the others are checked when they are decoded. */
async function openList(located: List, onBadClip: OnBadClip): Promise<Clip[]> {
  const found = await findInList(located, onBadClip);
  const {width, height} = await openFolder(found[0]!);
  return found.map(clip => ({...clip, width, height, frames: located.files.length}));
}

/**
 * Clips of a split by name alone, in natural order of their ids, or in that of a list; no file is opened.
 * @param onBadClip told of clips that a list names and that are not there; throws by default
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _LAYOUT, _EMPTY, _FILE
 */
export async function findClips(
  root: string,
  split: Split,
  layout: DataConfig['layout'] = 'auto',
  onBadClip: OnBadClip = throwIt,
): Promise<FoundClip[]> {
  const located = await locate(resolve(root), split, layout);
  return 'list' in located ? findInList(located, onBadClip) : findInTree(located.folder);
}

/** Clips of a split, and in which layout they are. */
export interface Scan {
  layout: Layout;
  clips: Clip[];
}

/**
 * Finds the clips of a split, in natural order of their ids, or in that of a list. Every folder that holds images, every video file and every packed
 * clip is one, up to four folders deep. Only headers are read.
 * @param onBadClip told of clips that can't be opened; throws by default.
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _LAYOUT, _EMPTY, _FILE, _FFMPEG, and what is wrong with a clip: _FRAME, _FRAME_SIZE, _VIDEO, _PACK
 */
export async function scan(
  root: string,
  split: Split,
  layout: DataConfig['layout'] = 'auto',
  onBadClip: OnBadClip = throwIt,
): Promise<Scan> {
  const located = await locate(resolve(root), split, layout);
  if ('list' in located) return {layout: located.layout, clips: await openList(located, onBadClip)};
  const found = await findInTree(located.folder);
  const clips: Clip[] = [];
  for (const [index, result] of (await openAll(found)).entries()) {
    if (isRifeError(result)) onBadClip(found[index]!.id, result);
    else clips.push(result);
  }
  return {layout: located.layout, clips};
}

/** The clips of {@link scan} alone, of a layout that is guessed unless it is given. */
export const scanClips = async (
  root: string,
  split: Split,
  onBadClip: OnBadClip = throwIt,
  layout: DataConfig['layout'] = 'auto',
): Promise<Clip[]> => (await scan(root, split, layout, onBadClip)).clips;
