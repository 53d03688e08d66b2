/** The loader alone, as a run would use it. */
import {openBatchSource} from '@rife-train/data';
import {cpuMs} from '../lib/process.mjs';

/** Triplets of a batch. */
export const BATCH = 4;

/**
 * One round: triplets a second, and processor time of all threads and of every ffmpeg, in ms per
 * triplet.
 */
export async function measureLoader({root, cache = false, threads, crop, batches, seed}) {
  const prefetch = 2 * threads;
  const source = await openBatchSource({
    ...{root, cache, crop, batch: BATCH, gaps: [1, 32], seed, workers: threads, prefetch},
  });
  try {
    // Waits until as many batches are ready or in progress as there will be at the end.
    for (let i = 0; i < prefetch; i++) await source.next();
    const [start, cpuStart] = [performance.now(), cpuMs()];
    for (let i = 0; i < batches; i++) await source.next();
    const triplets = batches * BATCH;
    return {
      tripletsPerSecond: (1000 * triplets) / (performance.now() - start),
      cpuMsPerTriplet: (cpuMs() - cpuStart) / triplets,
    };
  } finally {
    await source.close();
  }
}
