import {availableParallelism} from 'node:os';
import {join, resolve} from 'node:path';
import type {DataConfig} from '@rife-train/core';
import {isRifeError, type RifeError} from '@rife-train/errors';
import type {Clip, FoundClip, OnBadClip, Split} from '../clip.js';
import {findListed, noteUnlisted} from './find/list.js';
import {PassedOverLog, type PassedOver} from './find/passedOver.js';
import {findInTree} from './find/tree.js';
import {checkFrameSize, imageSize} from '../decode/image.js';
import {locate, type Layout} from './layout.js';
import {readPackHeader} from '../pack/reader.js';
import {probeVideo} from '../decode/video/probe.js';

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

/**
 * Checks the first, middle and last frame, which finds two clips in one folder. The others are
 * checked when they are decoded. For lists, which have tens of thousands of clips of a few frames,
 * only the first frame is checked.
 */
async function openFolder(clip: FoundClip, isListed: boolean): Promise<Clip> {
  const {path, files, id} = clip;
  const pathOf = (index: number) => join(path, files[index]!);
  const size = await imageSize(id, pathOf(0));
  for (const index of isListed ? [] : new Set([files.length >> 1, files.length - 1]))
    if (index > 0) checkFrameSize({...size, id}, pathOf(index), await imageSize(id, pathOf(index)));
  return {...clip, ...size, frames: files.length};
}

async function openPack(clip: FoundClip): Promise<Clip> {
  const {width, height, frames} = await readPackHeader(clip);
  return {...clip, width, height, frames};
}

async function openClip(clip: FoundClip, isListed: boolean): Promise<Clip> {
  if (clip.fault) throw clip.fault;
  if (clip.kind === 'folder') return openFolder(clip, isListed);
  if (clip.kind === 'pack') return openPack(clip);
  const {remarks = [], ...info} = await probeVideo(clip);
  const all = [...(clip.remarks ?? []), ...remarks];
  return {...clip, ...info, ...(all.length > 0 && {remarks: all})};
}

/** Opens clips a few at a time; results and faults come in the order of `found`. */
async function openAll(found: readonly FoundClip[], isListed: boolean): Promise<(Clip | RifeError)[]> {
  const results: (Clip | RifeError)[] = [];
  let nextIndex = 0;
  const lane = async () => {
    while (nextIndex < found.length) {
      const index = nextIndex++;
      results[index] = await openClip(found[index]!, isListed).catch((error: unknown) => {
        if (isRifeError(error) && error.code !== 'RIFE_ERR_DATA_FFMPEG') return error;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({length: availableParallelism()}, lane));
  return results;
}

/** Clips found by name, and what was skipped. */
export interface Findings {
  layout: Layout;
  found: FoundClip[];
  passedOver: PassedOver[];
  /** Whether the clips come from a list: many clips of a few frames. */
  isListed: boolean;
}

/**
 * Clips of a split by name alone, in natural order of their ids, or in that of a list; no file is
 * opened.
 * @param onBadClip called for listed clips that do not exist; throws by default
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _SPLIT_UNCLEAR, _LAYOUT, _EMPTY, _FILE
 */
export async function findClips(
  root: string,
  split: Split,
  layout: DataConfig['layout'] = 'auto',
  onBadClip: OnBadClip = throwIt,
): Promise<Findings> {
  const top = resolve(root);
  const located = await locate(top, split, layout);
  const log = new PassedOverLog();
  for (const name of located.beside) log.add('beside', name);
  const isListed = 'list' in located;
  const found = isListed
    ? await findListed(located, onBadClip, log)
    : await findInTree(located.folder, top, log);
  if (isListed) await noteUnlisted(located.folder, located.all, log);
  return {layout: located.layout, found, passedOver: log.all(), isListed};
}

/** Clips of a split, their layout, and what was skipped. */
export interface Scan {
  layout: Layout;
  clips: Clip[];
  passedOver: PassedOver[];
}

/**
 * Finds the clips of a split, in natural order of their ids, or in that of a list. Every folder
 * that holds images, every video file and every packed clip is one, up to four folders deep. Only
 * headers are read.
 * @param onBadClip called for clips that can't be opened; throws by default
 * @throws RIFE_ERR_DATA_ROOT, _SPLIT, _SPLIT_UNCLEAR, _LAYOUT, _EMPTY, _FILE, _FFMPEG, and faults
 * of a clip: _FRAME, _FRAME_ORDER, _FRAME_SIZE, _VIDEO, _PACK
 */
export async function scan(
  root: string,
  split: Split,
  layout: DataConfig['layout'] = 'auto',
  onBadClip: OnBadClip = throwIt,
): Promise<Scan> {
  const {found, isListed, ...rest} = await findClips(root, split, layout, onBadClip);
  const clips: Clip[] = [];
  for (const [index, result] of (await openAll(found, isListed)).entries()) {
    if (isRifeError(result)) onBadClip(found[index]!.id, result);
    else clips.push(result);
  }
  return {layout: rest.layout, passedOver: rest.passedOver, clips};
}

/** Only the clips of {@link scan}. */
export const scanClips = async (
  root: string,
  split: Split,
  onBadClip: OnBadClip = throwIt,
  layout: DataConfig['layout'] = 'auto',
): Promise<Clip[]> => (await scan(root, split, layout, onBadClip)).clips;
