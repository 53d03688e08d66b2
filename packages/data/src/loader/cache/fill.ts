/** Makes the cached copy of a clip. */
import {randomUUID} from 'node:crypto';
import {statfsSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {messageOf, packWriteFailed} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import type {Clip} from '../../clip.js';
import {TABLE_ENTRY_BYTES, TILE, TileGrid, type PackSource} from '../../pack/format.js';
import {readPackHeader} from '../../pack/reader.js';
import {eachFrame} from '../../pack/source.js';
import {PackWriter} from '../../pack/writer.js';
import {claimFile, type Claim} from './claim.js';
import {giveRoom, takeRoom, type CacheRequest} from './request.js';

/** Endings of unfinished copies, and of claims. */
export const PART_ENDING = '.part';
export const CLAIM_ENDING = '.claim';

/** Bytes to leave free on the disk, mainly for checkpoints. */
const RESERVE_BYTES = 2e9;

/** The outcome. `taken`: another thread or process has the claim; `full`: it does not fit. */
export type FillOutcome = 'filled' | 'taken' | 'full';

/**
 * Largest possible size of a copy with preamble and header; deflated noise is slightly larger than
 * raw.
 */
export function mostBytes({width, height, frames}: Clip): number {
  const tiles = new TileGrid({width, height, tile: TILE}).count;
  return frames * (height * width * 3 + tiles * (TABLE_ENTRY_BYTES + 64)) + 8192;
}

/**
 * Was the copy made from the source in its present state? The codec does not matter: both give the
 * same pixels.
 * @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE
 */
export async function isCopyOf(path: string, clip: Clip, source: PackSource): Promise<boolean> {
  const {width, height, frames, source: copied} = await readPackHeader({id: clip.id, path});
  const sameSize = width === clip.width && height === clip.height && frames === clip.frames;
  return sameSize && copied.fingerprint === source.fingerprint;
}

/** Free bytes on the disk; Infinity if the file system does not report them. */
function freeBytes(folder: string): number {
  try {
    const {bavail, bsize} = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** @throws RIFE_ERR_DATA_PACK_WRITE */
function claim(path: string, bytes: number): Claim | undefined {
  try {
    makeFolder(dirname(path));
    if (freeBytes(dirname(path)) < bytes + RESERVE_BYTES)
      throw new Error(`less than ${RESERVE_BYTES / 1e9} GB would be left free on its disk`);
    return claimFile(path + CLAIM_ENDING);
  } catch (error) {
    throw packWriteFailed(path, messageOf(error), error);
  }
}

async function write({path, codec}: CacheRequest, clip: Clip, source: PackSource, onFrame: () => void) {
  const {id, width, height, frames} = clip;
  // A unique name: a process whose claim was taken over must not rename another one's file.
  const aside = `${path}.${randomUUID()}${PART_ENDING}`;
  // Not synced: damage from a power failure is found by checksums, and the copy is made again.
  const options = {aside, flush: false};
  const writer = new PackWriter(path, {id, width, height, frames, codec, tile: TILE, source}, options);
  try {
    await eachFrame(clip, frame => {
      writer.add(frame);
      onFrame();
    });
    return writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** Another process may have made it before this one got the claim. */
const isMadeByNow = (path: string, clip: Clip, source: PackSource) =>
  isCopyOf(path, clip, source).catch(() => false);

/**
 * Decodes a whole clip and stores it, replacing an earlier copy.
 * @throws RIFE_ERR_DATA_PACK_WRITE, and faults of the clip: _FRAME, _FRAME_SIZE, _VIDEO, _FILE,
 * _FFMPEG
 */
export async function fillClip(request: CacheRequest, clip: Clip, source: PackSource): Promise<FillOutcome> {
  const {path, room} = request;
  const most = mostBytes(clip);
  if (!takeRoom(room, most)) return 'full';
  let used = 0;
  try {
    const claimed = claim(path, most);
    if (!claimed) return 'taken';
    try {
      if (await isMadeByNow(path, clip, source)) return 'filled';
      const before = statSync(path, {throwIfNoEntry: false})?.size ?? 0;
      used = (await write(request, clip, source, () => claimed.touch())) - before;
      return 'filled';
    } finally {
      claimed.release();
    }
  } finally {
    giveRoom(room, most - used);
  }
}
