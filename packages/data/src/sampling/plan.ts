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
  /** RIFE's augmentation with additions, or none. */
  augment: AugmentOptions | false;
  timestep: DataConfig['timestep'];
  /**
   * Samples of an epoch, within which no triplet comes twice. @default each is drawn independently
   */
  epoch?: number;
  /** Samples of a batch; of one replica, where there are several. */
  batchSize: number;
  shard: Shard;
  /** @default {batch: 0, sample: 0} */
  origin?: Origin;
}

/** Share of the samples drawn here: replica `rank` of `count` gets every count-th batch. */
export interface Shard {
  rank: number;
  count: number;
}

/**
 * A batch of all replicas, and the number of its first sample: where a run was continued with
 * another number of replicas or batch size.
 */
export interface Origin {
  batch: number;
  sample: number;
}

export const FROM_THE_START: Origin = {batch: 0, sample: 0};

/** Everything about one sample except its pixels. */
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

/** The region that becomes the crop after shrinking. */
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

/**
 * One of the factors whose region fits into the frame; draws from `random` only if there is a
 * choice.
 */
function drawShrink({width, height}: Clip, {augment, crop}: PlanContext, random: Random): number {
  const factors = augment ? shrinkFactors(augment) : [1];
  if (factors.length === 1) return factors[0]!;
  const fitting = factors.filter(factor => crop[0] * factor <= height && crop[1] * factor <= width);
  const choice = random.uniform();
  return fitting[Math.floor(choice * fitting.length)] ?? 1;
}

/** Our additions are drawn after RIFE's augmentation, and draw nothing from `random` when off. */
function drawAll(square: boolean, shrink: number, augment: AugmentOptions, random: Random): Augmentation {
  const drawn = drawAugmentation(square, random);
  return {
    ...drawn,
    ...(shrink > 1 && {shrink}),
    ...(augment.colour && {colour: drawColour(colourJitter(augment), random)}),
  };
}

/** gt in the middle: uniform among positions with both inputs inside the clip. */
function drawMiddle(clip: Clip, gap: number, random: Random): FrameNumbers {
  const gt = gap + random.below(clip.frames - 2 * gap);
  return [gt - gap, gt, gt + gap];
}

/** Inputs `span` frames apart, uniform among positions inside the clip; gt uniform between them. */
function drawBetween(clip: Clip, span: number, random: Random): FrameNumbers {
  const first = random.below(clip.frames - span);
  return [first, first + 1 + random.below(span - 1), first + span];
}

/**
 * Distance of the inputs. Balanced over gaps, even and odd spans are equally likely; over triplets,
 * each in proportion to its triplets. Draws one number of `random` at any timestep, none in the
 * middle.
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

/**
 * A clip that is long enough: each equally likely, or in proportion to its triplets of the span.
 * Draws one number of `random`.
 */
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

/** The gaps for which some clip is long enough; a first attempt requires all of them. */
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
 * Probability of each gap of a policy, from minGap to maxGap, given the clips. Of 65 frames, gaps 1
 * to 32 balanced over triplets: 43.8 % have gaps 1 to 8, 6.3 % gaps 25 to 32.
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

/** Strata of an epoch, computed once for all samples of a policy. */
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

/**
 * Number of a sample among those of all replicas, in order: the same samples, however many replicas
 * share them.
 */
function numberOf(context: PlanContext, batch: number, sample: number): number {
  const {batchSize, shard, origin = FROM_THE_START} = context;
  return origin.sample + ((batch - origin.batch) * shard.count + shard.rank) * batchSize + sample;
}

/**
 * Number of the first sample of each replica's batch, in batches: the random stream of
 * independently drawn samples.
 */
function streamOf({batchSize, shard, origin = FROM_THE_START}: PlanContext, batch: number): number {
  return Math.ceil(origin.sample / batchSize) + (batch - origin.batch) * shard.count + shard.rank;
}

/** Random numbers of a sample, a separate stream for each attempt. */
function randomOf(context: PlanContext, batch: number, sample: number, attempt: number): Random {
  const {seed, epoch} = context;
  if (epoch === undefined) return createRandom(seed, streamOf(context, batch), sample, attempt);
  const n = numberOf(context, batch, sample);
  return createRandom(seed, Math.floor(n / 2 ** 32), n % 2 ** 32, attempt);
}

/**
 * An independently drawn triplet: gap by the policy, clip among those long enough for it
 * (uniformly, or by its triplets where the policy balances these), frames uniformly.
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
 * Draws sample number `sample` of batch `batch`: its triplet (from an epoch or independent), crop
 * and augmentation. A pure function of its arguments.
 * @param redraw given after failed attempts; the number of excluded clips is the attempt. The
 * replacement is drawn independently.
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
