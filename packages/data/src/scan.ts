import {readdir, stat} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {basename, join, relative, resolve, sep} from 'node:path';
import {
  fileUnreadable,
  isRifeError,
  messageOf,
  noClips,
  rootMissing,
  splitMissing,
  type RifeError,
} from '@rife-train/errors';
import {byName, endingOf, isImage, isVideo, type Clip, type Split} from './clip.js';
import {checkFrameSize, imageSize} from './image.js';
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

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}

/**
 * The folder that holds a split's clips. A root without `train` and `val` is the training split itself.
 * @throws RIFE_ERR_DATA_ROOT, RIFE_ERR_DATA_SPLIT
 */
async function splitFolder(root: string, split: Split): Promise<string> {
  if (!(await isFolder(root))) throw rootMissing(root);
  const folder = join(root, split);
  if (await isFolder(folder)) return folder;
  const plain = !(await isFolder(join(root, 'train'))) && !(await isFolder(join(root, 'val')));
  if (plain && split === 'train') return root;
  throw splitMissing(root, split);
}

/** True when `scanClips` would find a folder for the split. */
export async function hasSplit(root: string, split: Split): Promise<boolean> {
  return splitFolder(resolve(root), split).then(
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
  for (const name of files.filter(isVideo)) {
    const path = join(folder, name);
    found.push({id: idOf(path.slice(0, -endingOf(name).length)), kind: 'video', path, files: []});
  }
  for (const name of files) if (!isImage(name) && !isVideo(name)) others.add(endingOf(name) || name);
  if (depth === 0) return;
  for (const name of folders) await walk(join(folder, name), top, depth - 1, found, others);
}

/** Two clips may share a name (`a.mp4` beside `a.mkv` or a folder `a`): the videos then keep their ending. */
function makeIdsUnique(found: readonly FoundClip[]): FoundClip[] {
  const uses = new Map<string, number>();
  for (const {id} of found) uses.set(id, (uses.get(id) ?? 0) + 1);
  return found.map(clip =>
    clip.kind === 'video' && uses.get(clip.id)! > 1
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

const openClip = async (clip: FoundClip): Promise<Clip> =>
  clip.kind === 'folder' ? openFolder(clip) : {...clip, ...(await probeVideo(clip))};

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

/**
 * Clips of a split by name alone, in natural order of their ids; no file is opened.
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _EMPTY, _FILE
 */
export async function findClips(root: string, split: Split): Promise<FoundClip[]> {
  const folder = await splitFolder(resolve(root), split);
  const found: FoundClip[] = [];
  const others = new Set<string>();
  await walk(folder, folder, MAX_DEPTH, found, others);
  if (found.length === 0) throw noClips(folder, [...others].sort());
  return makeIdsUnique(found).sort((a, b) => byName(a.id, b.id));
}

/**
 * Clips of a split, in natural order of their ids. Every folder that holds images is one clip, every video file
 * is one clip, up to four folders deep. Only headers are read.
 * @param onBadClip told of clips that can't be opened; throws by default.
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _EMPTY, _FILE, _FFMPEG, and what is wrong with a clip: _FRAME, _FRAME_SIZE, _VIDEO
 */
export async function scanClips(root: string, split: Split, onBadClip: OnBadClip = throwIt): Promise<Clip[]> {
  const unique = await findClips(root, split);
  const clips: Clip[] = [];
  for (const [index, result] of (await openAll(unique)).entries()) {
    if (isRifeError(result)) onBadClip(unique[index]!.id, result);
    else clips.push(result);
  }
  return clips;
}
