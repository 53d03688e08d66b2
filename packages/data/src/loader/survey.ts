/**
 * What a configuration trains on: clips, triplets, samples of an epoch, shares of the gaps. No
 * frame is read.
 */
import type {DataConfig, SamplingPolicy} from '@rife-train/core';
import {BadClips, usableClips, usableOf} from './badClips.js';
import type {Clip} from '../clip.js';
import {passedOverText} from '../clips/find/passedOver.js';
import {isFolder} from '../clips/find/splits.js';
import type {Layout} from '../clips/layout.js';
import {resolveOptions, type BatchSourceOptions} from './options.js';
import {gapShares} from '../sampling/plan.js';
import type {Scan} from '../clips/scan.js';
import {tripletsOfGaps} from '../sampling/triplets.js';

/** X-TRAIN according to XVFI's paper and repository: clips of one length and size. */
const X_TRAIN = {clips: 4408, frames: 65, width: 768, height: 768} as const;

/** What was found. */
export interface DataSurvey {
  layout: Layout;
  /** False if `root` does not exist and the numbers are those published for X-TRAIN. */
  found: boolean;
  clips: number;
  /** Frames of all clips. */
  frames: number;
  /** Fewest and most frames of a clip, rows and columns of a frame. */
  length: readonly [least: number, most: number];
  height: readonly [least: number, most: number];
  width: readonly [least: number, most: number];
  /** Bytes of all frames as 8-bit pixels. */
  pixelBytes: number;
  /** Triplets of `gaps`, at the timesteps that are trained. */
  triplets: number;
  /** Samples of an epoch; absent where each is drawn by itself. */
  epoch?: number;
  /** What the scan skipped, a sentence; empty if nothing. */
  passedOver: string;
  /**
   * Probability of each gap of a policy, from minGap to maxGap.
   * @throws RIFE_ERR_DATA_POLICY, RIFE_ERR_DATA_GAP
   */
  sharesOf(policy: SamplingPolicy): number[];
}

function rangeOf(clips: readonly Clip[], measure: (clip: Clip) => number): readonly [number, number] {
  const values = clips.map(measure);
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** Clips like those of X-TRAIN, without files. */
function knownXTrain(root: string): Scan {
  const {clips, ...shape} = X_TRAIN;
  const clip = (i: number): Clip => ({
    id: `X-TRAIN clip ${i}`,
    kind: 'folder',
    path: root,
    files: [],
    ...shape,
  });
  return {layout: 'x-train', passedOver: [], clips: Array.from({length: clips}, (_, i) => clip(i))};
}

/** Samples of an epoch, where there are epochs. */
const epochOf = (epoch: DataConfig['epoch'], triplets: number) =>
  epoch === 'none' ? {} : {epoch: epoch === 'full' ? triplets : epoch};

/**
 * Scans the clips, and counts. If `layout` is `x-train` and `root` does not exist, the published
 * numbers of X-TRAIN are used.
 * @throws RIFE_ERR_DATA_ROOT, and everything else that `openBatchSource` throws before it reads
 * frames
 */
export async function surveyClips(given: BatchSourceOptions): Promise<DataSurvey> {
  const options = resolveOptions(given);
  const bad = new BadClips(options);
  const found = options.layout !== 'x-train' || (await isFolder(options.root));
  const scan = found ? await usableClips(options, bad) : usableOf(knownXTrain(options.root), options, bad);
  const {layout, clips} = scan;
  const triplets = tripletsOfGaps(clips, options.gaps, options.timestep);
  const {root, seed, crop, augment, timestep, batch: batchSize, shard} = options;
  const context = {root, clips, seed, crop, augment, timestep, batchSize, shard};
  return {
    layout,
    found,
    clips: clips.length,
    frames: clips.reduce((sum, {frames}) => sum + frames, 0),
    length: rangeOf(clips, ({frames}) => frames),
    height: rangeOf(clips, ({height}) => height),
    width: rangeOf(clips, ({width}) => width),
    pixelBytes: clips.reduce((sum, {frames, width, height}) => sum + 3 * frames * width * height, 0),
    triplets,
    ...epochOf(options.epoch, triplets),
    passedOver: passedOverText(scan.passedOver),
    sharesOf: policy => gapShares(context, policy, 0),
  };
}
