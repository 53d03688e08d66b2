import type {AugmentOptions, DataConfig, SamplingPolicy} from '@rife-train/core';
import {gapTooLong, noClipLeft} from '@rife-train/errors';
import {NO_AUGMENTATION, type Augmentation} from '../augment/augment.js';
import {colourJitter, shrinkFactors} from '../augment/augmentOptions.js';
import {framesFor, positionIn, type Clip, type Crop, type FrameNumbers} from '../clip.js';
import {balancedGaps, drawGap, drawWeighted, gapsOf, sharesOf, type WeightedGap} from './policy.js';
import {drawColour} from '../augment/colour.js';
import {epochSample, strataOf, type EpochContext} from './epoch.js';
import {createRandom, type Random} from './random.js';
import {spansOf, tripletsOf, tripletsOfSpan} from './triplets.js';

/** What samples are drawn from. */
export interface PlanContext {
  /** For messages. */
  root: string;
  clips: readonly Clip[];
  seed: number;
  crop: readonly [height: number, width: number];
  /** RIFE's augmentation, with what is asked for besides; or none. */
  augment: AugmentOptions | false;
  timestep: DataConfig['timestep'];
  /** Samples of an epoch, within which no triplet comes twice. @default each is drawn by itself, from all */
  epoch?: number;
  /** Samples of a batch; of one replica, where there are several. */
  batchSize: number;
  shard: Shard;
  /** @default {batch: 0, sample: 0} */
  origin?: Origin;
}

/** Which part of the samples is drawn here: replica `rank` of `count` gets every count-th batch. */
export interface Shard {
  rank: number;
  count: number;
}

/** A batch of all replicas, and the number of its first sample: where a run went on with other replicas or batches. */
export interface Origin {
  batch: number;
  sample: number;
}

export const FROM_THE_START: Origin = {batch: 0, sample: 0};

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

/** A region that becomes the crop when it is shrunk. */
function drawCrop(clip: Clip, crop: PlanContext['crop'], shrink: number, random: Random): Crop {
  const [height, width] = [crop[0] * shrink, crop[1] * shrink];
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

/** One of the factors whose region fits into the frame; uses a number of `random` only where there is a choice. */
function drawShrink({width, height}: Clip, {augment, crop}: PlanContext, random: Random): number {
  const factors = augment ? shrinkFactors(augment) : [1];
  if (factors.length === 1) return factors[0]!;
  const fitting = factors.filter(factor => crop[0] * factor <= height && crop[1] * factor <= width);
  const choice = random.uniform();
  return fitting[Math.floor(choice * fitting.length)] ?? 1;
}

/** What is ours comes behind what is RIFE's, and uses no number of `random` where it is off. */
function drawAll(square: boolean, shrink: number, augment: AugmentOptions, random: Random): Augmentation {
  const drawn = drawAugmentation(square, random);
  return {
    ...drawn,
    ...(shrink > 1 && {shrink}),
    ...(augment.colour && {colour: drawColour(colourJitter(augment), random)}),
  };
}

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

/**
 * Distance of the inputs. Balanced over gaps, even and odd spans are equally likely; over triplets, each as often as it has some.
 * At any timestep it uses one number of `random`, in the middle none.
 */
function drawSpan(
  context: PlanContext,
  clips: readonly Clip[],
  gap: number,
  byTriplets: boolean,
  random: Random,
) {
  const {timestep} = context;
  if (timestep === 'middle') return 2 * gap;
  if (!byTriplets) return Math.max(2, 2 * gap - (random.uniform() < 0.5 ? 1 : 0));
  const spans = spansOf(gap, timestep).map(span => ({
    span,
    weight: tripletsOfSpan(clips, gap, span, timestep),
  }));
  return drawWeighted(spans, random).span;
}

/** A clip that is long enough: each equally likely, or as often as it has triplets of the span. Uses one number of `random`. */
function drawClip(
  clips: readonly Clip[],
  gap: number,
  span: number,
  byTriplets: boolean,
  random: Random,
): Clip {
  const longEnough = clips.filter(clip => clip.frames >= framesFor(gap));
  if (!byTriplets) return longEnough[random.below(longEnough.length)]!;
  return drawWeighted(
    longEnough.map(clip => ({clip, weight: clip.frames - span})),
    random,
  ).clip;
}

/** The gaps that some clip can serve; a first attempt insists on all of them. */
function servedGaps(
  context: Pick<PlanContext, 'root'>,
  gaps: WeightedGap[],
  clips: readonly Clip[],
  redraw?: Redraw,
): WeightedGap[] {
  const longest = clips.reduce((most, {frames}) => Math.max(most, frames), 0);
  const served = gaps.filter(({gap}) => framesFor(gap) <= longest);
  if (!redraw && served.length < gaps.length) throw gapTooLong(gaps.at(-1)!.gap, longest);
  if (redraw && served.length === 0) throw noClipLeft(context.root, redraw.excluded.size, redraw.reason);
  return served;
}

/**
 * Probability of each gap of a policy, from minGap to maxGap, given the clips. Of 65 frames, gaps 1 to 32 balanced over triplets:
 * 43.8 % have gaps 1 to 8, 6.3 % gaps 25 to 32.
 * @throws RIFE_ERR_DATA_POLICY, RIFE_ERR_DATA_GAP
 */
export function gapShares(context: PlanContext, policy: SamplingPolicy, batch: number): number[] {
  const {clips, timestep} = context;
  const gaps = servedGaps(context, gapsOf(policy, batch), clips);
  return sharesOf(
    policy,
    balancedGaps(policy, gaps, gap => tripletsOf(clips, gap, timestep)),
  );
}

/** How an epoch is dealt out, once for all samples that share a policy. */
const dealt = new WeakMap<SamplingPolicy, {clips: readonly Clip[]; strata: ReturnType<typeof strataOf>}>();

function strataFor(context: PlanContext & EpochContext, policy: SamplingPolicy, batch: number) {
  const {clips, timestep} = context;
  const known = dealt.get(policy);
  if (known?.clips === clips) return known.strata;
  const served = servedGaps(context, gapsOf(policy, batch), clips);
  const gaps = balancedGaps(policy, served, gap => tripletsOf(clips, gap, timestep));
  const strata = strataOf(context, policy, gaps);
  dealt.set(policy, {clips, strata});
  return strata;
}

const hasEpochs = (context: PlanContext): context is PlanContext & EpochContext =>
  context.epoch !== undefined;

/** Number of a sample among those of all replicas, in order: the same samples, however many replicas share them. */
function numberOf(context: PlanContext, batch: number, sample: number): number {
  const {batchSize, shard, origin = FROM_THE_START} = context;
  return origin.sample + ((batch - origin.batch) * shard.count + shard.rank) * batchSize + sample;
}

/** Number of the first sample of each replica's batch, in batches: the stream that samples are drawn from by themselves. */
function streamOf({batchSize, shard, origin = FROM_THE_START}: PlanContext, batch: number): number {
  return Math.ceil(origin.sample / batchSize) + (batch - origin.batch) * shard.count + shard.rank;
}

/** Chance of a sample: a stream of its own for each attempt. */
function randomOf(context: PlanContext, batch: number, sample: number, attempt: number): Random {
  const {seed, epoch} = context;
  if (epoch === undefined) return createRandom(seed, streamOf(context, batch), sample, attempt);
  const n = numberOf(context, batch, sample);
  return createRandom(seed, Math.floor(n / 2 ** 32), n % 2 ** 32, attempt);
}

/**
 * A triplet that is drawn by itself: gap by the policy, clip among those long enough for it (uniformly, or by its triplets where the policy balances these),
 * frames uniformly.
 */
function drawTriplet(
  context: PlanContext,
  policy: SamplingPolicy,
  batch: number,
  random: Random,
  redraw?: Redraw,
) {
  const {timestep} = context;
  const clips = redraw ? context.clips.filter(clip => !redraw.excluded.has(clip.id)) : context.clips;
  const served = servedGaps(context, gapsOf(policy, batch), clips, redraw);
  const gaps = balancedGaps(policy, served, gap => tripletsOf(clips, gap, timestep));
  const byTriplets = policy.balance === 'triplets';
  const gap = drawGap(gaps, random);
  const span = drawSpan(context, clips, gap, byTriplets, random);
  const clip = drawClip(clips, gap, span, byTriplets, random);
  const numbers = timestep === 'middle' ? drawMiddle(clip, gap, random) : drawBetween(clip, span, random);
  return {clip, numbers};
}

/**
 * Draws sample number `sample` of batch `batch`: its triplet, of an epoch or by itself, crop and augmentation. A function of its arguments alone.
 * @param redraw given when earlier attempts failed; the number of excluded clips is the attempt. What takes the place is drawn by itself.
 * @throws RIFE_ERR_DATA_POLICY, RIFE_ERR_DATA_GAP, and RIFE_ERR_DATA_NONE_LEFT on a redraw
 */
export function planSample(
  context: PlanContext,
  policy: SamplingPolicy,
  batch: number,
  sample: number,
  redraw?: Redraw,
): PlannedSample {
  const {
    augment,
    crop: [height, width],
  } = context;
  const random = randomOf(context, batch, sample, redraw?.excluded.size ?? 0);
  const {clip, numbers} =
    hasEpochs(context) && !redraw
      ? epochSample(context, strataFor(context, policy, batch), numberOf(context, batch, sample))
      : drawTriplet(context, policy, batch, random, redraw);
  const shrink = drawShrink(clip, context, random);
  const crop = drawCrop(clip, context.crop, shrink, random);
  const augmentation = augment ? drawAll(height === width, shrink, augment, random) : NO_AUGMENTATION;
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
