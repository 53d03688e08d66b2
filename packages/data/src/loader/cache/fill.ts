/** Makes the cached copy of a clip. */
import {randomUUID} from 'node:crypto';
import {mkdirSync, statfsSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {messageOf, packWriteFailed} from '@rife-train/errors';
import type {Clip} from '../../clip.js';
import {TABLE_ENTRY_BYTES, TILE, TileGrid, type PackSource} from '../../pack/format.js';
import {readPackHeader} from '../../pack/reader.js';
import {eachFrame} from '../../pack/source.js';
import {PackWriter} from '../../pack/writer.js';
import {claimFile, type Claim} from './claim.js';
import {giveRoom, takeRoom, type CacheRequest} from './request.js';

/** Ending of a copy that is being written, and of the file that says so. */
export const PART_ENDING = '.part';
export const CLAIM_ENDING = '.claim';

/** Left free on the disk, for checkpoints above all. */
const RESERVE_BYTES = 2e9;

/** What became of it: `taken` is another thread's or process's, `full` does not fit. */
export type FillOutcome = 'filled' | 'taken' | 'full';

/**
 * Most bytes that a copy takes, preamble and header included; deflated noise is a little larger than raw.
 */
export function mostBytes({width, height, frames}: Clip): number {
  const tiles = new TileGrid({width, height, tile: TILE}).count;
  return frames * (height * width * 3 + tiles * (TABLE_ENTRY_BYTES + 64)) + 8192;
}

/**
 * Is the copy one of the source as it is now? The codec does not matter: both give the same pixels.
 * @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE
 */
export async function isCopyOf(path: string, clip: Clip, source: PackSource): Promise<boolean> {
  const {width, height, frames, source: copied} = await readPackHeader({id: clip.id, path});
  const sameSize = width === clip.width && height === clip.height && frames === clip.frames;
  return sameSize && copied.fingerprint === source.fingerprint;
}

/** Bytes that are free on the disk; Infinity where the file system does not say. */
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
    mkdirSync(dirname(path), {recursive: true});
    if (freeBytes(dirname(path)) < bytes + RESERVE_BYTES)
      throw new Error(`less than ${RESERVE_BYTES / 1e9} GB would be left free on its disk`);
    return claimFile(path + CLAIM_ENDING);
  } catch (error) {
    throw packWriteFailed(path, messageOf(error), error);
  }
}

async function write({path, codec}: CacheRequest, clip: Clip, source: PackSource, onFrame: () => void) {
  const {id, width, height, frames} = clip;
  // A name of its own: a process that was taken for dead must not rename what another one is writing.
  const aside = `${path}.${randomUUID()}${PART_ENDING}`;
  // Not flushed: what a power cut leaves is told by its checksums, and made again.
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

/** Another one may have made it between the look at the file and the claim. */
const isMadeByNow = (path: string, clip: Clip, source: PackSource) =>
  isCopyOf(path, clip, source).catch(() => false);

/**
 * Decodes a clip whole and stores it, in place of an earlier copy.
 * @throws RIFE_ERR_DATA_PACK_WRITE, and what is wrong with the clip: _FRAME, _FRAME_SIZE, _VIDEO, _FILE, _FFMPEG
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
