import type {Batch, TrainConfig} from '@rife-train/core';
import {hasSplit, openBatchSource} from '@rife-train/data';

/** The triplet that every preview of a run shows. */
export interface PreviewBatch extends Batch {
  height: number;
  width: number;
}

/**
 * Takes one triplet of `val/`, or of `train/` where there is no `val/`: not augmented, at the
 * middle of the configured gaps, the same one at each start of the run.
 */
export async function takePreviewBatch({data, seed}: TrainConfig): Promise<PreviewBatch> {
  const split = (await hasSplit(data.root, 'val', data.layout)) ? 'val' : 'train';
  const gap = Math.round((data.gaps[0] + data.gaps[1]) / 2);
  const source = await openBatchSource({
    root: data.root,
    layout: data.layout,
    crop: data.crop,
    split,
    seed,
    gaps: [gap, gap],
    batch: 1,
    workers: 1,
    prefetch: 1,
    augment: false,
    onBadClip: 'skip',
    maxBadShare: 1,
    warn: () => {}, // the training data's own warnings are enough
  });
  try {
    const [height, width] = source.crop;
    return {...(await source.next()), height, width};
  } finally {
    await source.close();
  }
}
