import type {DataConfig, SamplingPolicy} from '@rife-train/core';
import {gapTooLong, noClipLeft} from '@rife-train/errors';
import {NO_AUGMENTATION, type Augmentation, type Crop} from './augment.js';
import {framesFor, positionIn, type Clip, type FrameNumbers} from './clip.js';
import {drawGap, gapsOf, type WeightedGap} from './policy.js';
import {createRandom, type Random} from './random.js';

/** What samples are drawn from. */
export interface PlanContext {
  /** For messages. */
  root: string;
  clips: readonly Clip[];
  seed: number;
  crop: readonly [height: number, width: number];
  augment: boolean;
  timestep: DataConfig['timestep'];
}

/** Everything about one sample but its pixels. */
export interface PlannedSample {
  clip: Clip;
  numbers: FrameNumbers;
  crop: Crop;
  augmentation: Augmentation;
}

/** Clips that failed in earlier attempts at the same sample, with the first reason. */
export interface Redraw {
  excluded: ReadonlySet<string>;
  reason: string;
}

function drawCrop(clip: Clip, [height, width]: PlanContext['crop'], random: Random): Crop {
  const top = random.below(clip.height - height + 1);
  const left = random.below(clip.width - width + 1);
  return {top, left, height, width};
}

/** One draw decides: a quarter each of 90 clockwise, 180, 90 anticlockwise, none. */
function drawRotation(square: boolean, random: Random): Augmentation['rotation'] {
  const quarter = random.below(4);
  // A quarter turn would change the shape of the batch.
  if (!square) return quarter < 2 ? 180 : 0;
  return ([90, 180, 270, 0] as const)[quarter]!;
}

// Object literals evaluate in order: the order of draws is RIFE's.
const drawAugmentation = (square: boolean, random: Random): Augmentation => ({
  reverseChannels: random.uniform() < 0.5,
  flipVertical: random.uniform() < 0.5,
  flipHorizontal: random.uniform() < 0.5,
  swap: random.uniform() < 0.5,
  rotation: drawRotation(square, random),
});

/** Uniform among the places where gt lies in the middle and both inputs lie inside. */
function drawMiddle(clip: Clip, gap: number, random: Random): FrameNumbers {
  const gt = gap + random.below(clip.frames - 2 * gap);
  return [gt - gap, gt, gt + gap];
}

/** Inputs `span` frames apart, uniform among the places inside; gt uniform between them. */
function drawBetween(clip: Clip, span: number, random: Random): FrameNumbers {
  const first = random.below(clip.frames - span);
  return [first, first + 1 + random.below(span - 1), first + span];
}

/** Even and odd spans are equally likely, but for gap 1: inputs 1 frame apart have nothing between them. */
const drawSpan = (gap: number, random: Random) => Math.max(2, 2 * gap - (random.uniform() < 0.5 ? 1 : 0));

/** The gaps that some clip can serve; a first attempt insists on all of them. */
function servedGaps(
  context: PlanContext,
  gaps: WeightedGap[],
  clips: readonly Clip[],
  redraw?: Redraw,
): WeightedGap[] {
  const longest = Math.max(0, ...clips.map(clip => clip.frames));
  const served = gaps.filter(({gap}) => framesFor(gap) <= longest);
  if (!redraw && served.length < gaps.length) throw gapTooLong(gaps.at(-1)!.gap, longest);
  if (redraw && served.length === 0) throw noClipLeft(context.root, redraw.excluded.size, redraw.reason);
  return served;
}

/**
 * Draws sample number `sample` of batch `batch`: gap by the policy, clip uniformly among those long enough for it, frames
 * uniformly, crop and augmentation. A function of its arguments alone.
 * @param redraw given when earlier attempts failed; the number of excluded clips is the attempt.
 * @throws RIFE_ERR_DATA_POLICY, RIFE_ERR_DATA_GAP, and RIFE_ERR_DATA_NONE_LEFT on a redraw
 */
export function planSample(
  context: PlanContext,
  policy: SamplingPolicy,
  batch: number,
  sample: number,
  redraw?: Redraw,
): PlannedSample {
  const clips = redraw ? context.clips.filter(clip => !redraw.excluded.has(clip.id)) : context.clips;
  const gaps = servedGaps(context, gapsOf(policy, batch), clips, redraw);
  const random = createRandom(context.seed, batch, sample, redraw?.excluded.size ?? 0);
  const gap = drawGap(gaps, random);
  const span = context.timestep === 'any' ? drawSpan(gap, random) : undefined;
  const longEnough = clips.filter(clip => clip.frames >= framesFor(gap));
  const clip = longEnough[random.below(longEnough.length)]!;
  const numbers = span === undefined ? drawMiddle(clip, gap, random) : drawBetween(clip, span, random);
  const crop = drawCrop(clip, context.crop, random);
  const augmentation = context.augment
    ? drawAugmentation(crop.height === crop.width, random)
    : NO_AUGMENTATION;
  return {clip, numbers, crop, augmentation};
}

/** Frame numbers of img0, gt, img1 as the network gets them. */
function numbersAsFed({numbers: [before, gt, after], augmentation}: PlannedSample): FrameNumbers {
  return augmentation.swap ? [after, gt, before] : [before, gt, after];
}

/** `001/cam01 12-16-20`: clip and the frames img0, gt, img1 as the network gets them. */
export const sampleName = (sample: PlannedSample) => `${sample.clip.id} ${numbersAsFed(sample).join('-')}`;

/** Position of gt between img0 and img1 as the network gets them. */
export const timestepOf = (sample: PlannedSample) => positionIn(numbersAsFed(sample));
