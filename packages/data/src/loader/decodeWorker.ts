/** Entry point of a decode thread; see `pool.ts`. */
import {move, transferableSymbol, valueSymbol} from 'piscina';
import sharp from 'sharp';
import {CachedFrames} from './cache/cachedFrames.js';
import {decodeBatch} from './decodeBatch.js';
import type {DecodeResult, DecodeTask} from './decodeTask.js';
import {FrameStore} from './frames.js';

// Parallelism comes from the workers; libvips' own threads and cache would compete with the
// training step.
sharp.concurrency(1);
sharp.cache(false);

const store = new CachedFrames(new FrameStore());

/** Transfers the pixels instead of copying them. */
function withTransfer(result: DecodeResult): DecodeResult {
  if (result.status !== 'done') return result;
  const wrapped = {[transferableSymbol]: [result.images.buffer], [valueSymbol]: result};
  return move(wrapped as unknown as Parameters<typeof move>[0]) as unknown as DecodeResult;
}

export default async (task: DecodeTask): Promise<DecodeResult> =>
  withTransfer({...(await decodeBatch(store, task)), cache: store.takeEvents()});
