import {existsSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import type {Clip, PackCodec} from '@rife-train/data';
import {
  eachFrame,
  PackWriter,
  readPackHeader,
  sourceOf,
  verifyPack,
  type PackSource,
} from '@rife-train/data/parts';
import {isRifeError, messageOf} from '@rife-train/errors';

/** One clip to pack: plain data, for a thread. */
export interface PackTask {
  clip: Clip;
  /** Absolute path of the packed clip. */
  target: string;
  codec: PackCodec;
  /** Side of a tile in pixels. */
  tile: number;
  /** Also pack clips that are already packed. */
  force: boolean;
  /** Read packed clips to their end; damaged ones are packed again. */
  verify: boolean;
}

/** Outcome for one clip. */
export interface PackedClip {
  status: 'packed' | 'kept';
  /** The damage of an earlier file that was replaced. */
  damage?: string;
  /** Bytes of the source's files, and of the packed file. */
  bytesIn: number;
  bytesOut: number;
}

type Earlier = {state: 'none' | 'same' | 'changed'} | {state: 'damaged'; damage: string};

/** State of the target file. */
async function earlier(task: PackTask, source: PackSource): Promise<Earlier> {
  const {clip, target} = task;
  if (!existsSync(target)) return {state: 'none'};
  try {
    const {codec, tile, source: before} = await readPackHeader({id: clip.id, path: target});
    const same = codec === task.codec && tile === task.tile && before.fingerprint === source.fingerprint;
    if (same && task.verify) verifyPack(clip.id, target);
    return {state: same ? 'same' : 'changed'};
  } catch (error) {
    if (isRifeError(error) && error.code === 'RIFE_ERR_DATA_PACK')
      return {state: 'damaged', damage: messageOf(error)};
    throw error;
  }
}

async function write({clip, target, codec, tile}: PackTask, source: PackSource): Promise<number> {
  const {id, width, height, frames} = clip;
  const writer = new PackWriter(target, {id, width, height, frames, codec, tile, source});
  try {
    await eachFrame(clip, frame => writer.add(frame));
    return writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/**
 * Packs a clip, unless it is packed already from the same files in the same way.
 * @throws RIFE_ERR_DATA_PACK_WRITE, and faults of the clip: _FRAME, _FRAME_SIZE, _VIDEO, _FILE,
 * _FFMPEG, _PACK
 */
export async function packClip(task: PackTask): Promise<PackedClip> {
  const source = await sourceOf(task.clip);
  const before = task.force ? ({state: 'changed'} as const) : await earlier(task, source);
  if (before.state === 'same')
    return {status: 'kept', bytesIn: source.bytes, bytesOut: (await stat(task.target)).size};
  const bytesOut = await write(task, source);
  if (task.verify) verifyPack(task.clip.id, task.target);
  const damage = before.state === 'damaged' ? {damage: before.damage} : {};
  return {status: 'packed', ...damage, bytesIn: source.bytes, bytesOut};
}
