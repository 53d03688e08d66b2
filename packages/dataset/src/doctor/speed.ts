/** How fast triplets are decoded. */
import type {Clip} from '@rife-train/data';
import {framesFor, FrameStore, type FrameNumbers} from '@rife-train/data/parts';

/** Decoding time, measured on some clips in one thread, and an estimate for an epoch. */
export interface DecodeSpeed {
  /** Number of timed triplets, each from another clip, none decoded before. */
  triplets: number;
  /** Milliseconds of one triplet in one thread: mean. */
  msPerTriplet: number;
  /** Threads that the configuration has. */
  workers: number;
  /** Samples of an epoch, and its seconds. */
  epochSamples: number;
  epochSeconds: number;
}

const TIMED = 8;

/** The middle triplet of a gap, or of the largest that the clip serves. */
function middleTriplet({frames}: Clip, gap: number): FrameNumbers {
  const g = Math.min(gap, (frames - 1) >> 1);
  const gt = frames >> 1;
  return [gt - g, gt, gt + g];
}

/**
 * Times the decoding of one triplet of up to eight clips, spread over the list.
 * @param clips of train that can be read
 * @param epochSamples samples of an epoch
 */
export async function measureSpeed(
  clips: readonly Clip[],
  gap: number,
  workers: number,
  epochSamples: number,
): Promise<DecodeSpeed | null> {
  const usable = clips.filter(({frames}) => frames >= framesFor(1));
  const chosen = usable.filter((_, i) => i % Math.ceil(usable.length / TIMED) === 0);
  let [ms, triplets] = [0, 0];
  for (const clip of chosen) {
    const start = performance.now();
    // A separate store, in which nothing is decoded yet. Unreadable frames are findings already.
    const ok = await new FrameStore().triplet({clip, numbers: middleTriplet(clip, gap)}).then(
      () => true,
      () => false,
    );
    if (!ok) continue;
    ms += performance.now() - start;
    triplets++;
  }
  if (triplets === 0) return null;
  const msPerTriplet = ms / triplets;
  return {
    triplets,
    msPerTriplet,
    workers,
    epochSamples,
    epochSeconds: (msPerTriplet * epochSamples) / workers / 1000,
  };
}
