import * as tf from '@tensorflow/tfjs-core';
import type {
  BatchTensors,
  FlowTap,
  FrozenTensors,
  Model,
  ModelCost,
  ModelLosses,
  ModelOptions,
  NamedTensors,
  PassVariant,
  Prediction,
  PredictOptions,
  Scope,
  StepDraw,
} from '@rife-train/core';
import {stopGradient} from '@rife-train/engine/ops';
import {modelPredictionError} from '@rife-train/errors';
import {unscoped, type Estimate} from '../ifNet.js';
import {perceptualTerms} from '../features/perceptual.js';
import {channels, concatChannels} from '../layers.js';
import {detached, largestFlow, squaredError} from '../losses.js';
import {checkImages, NetworkTensors, sideMultiple} from '../network.js';
import {checkPredictScales} from '../options.js';
import {flipped} from '../testTime.js';
import {RIFE4} from './architecture.js';
import {rife4Cost} from './cost.js';
import {nextTarget, withTarget} from './encodeTarget.js';
import {frozenOf, perceptualIn, perceptualNotes} from './frozen.js';
import {moreTerms, rife4Terms, TERM_WEIGHTS} from './losses.js';
import {rife4Pass, type Rife4Input, type Rife4Pass, type Views} from './network.js';
import type {Rife4Architecture} from './architecture.js';
import {architectureOf} from './options.js';
import {bufferSpecs, trainedSpecs} from './teacherPlan.js';
import {scalesOf, scalesWithShares, variantsOf} from './scaleLists.js';
import {confidentTeacher, privilegedTeacher} from './teachers.js';
import {calibrate, timeTerm} from './timeCalibration.js';

/** BGR to RGB, and back: the published weights see RGB. */
const turned = (image: tf.Tensor4D) => tf.reverse(image, 3);
const turnedPair = (images: tf.Tensor4D) =>
  concatChannels([turned(channels(images, 0, 3)), turned(channels(images, 3, 3))]);

/** Where the teacher starts; no gradient runs from here into the blocks. */
const detachedPass = (pass: Rife4Pass): Rife4Pass => {
  const last = pass.estimates.at(-1)!;
  const {features, ...own} = last.own;
  const end = {...detached(last), own: {...own, features: features && stopGradient(features)}};
  const views = () => {
    const {images, features: moved} = pass.views();
    const stopped = (pair: Views['images']) => pair.map(x => stopGradient(x)) as Views['images'];
    return {images: stopped(images), features: moved && stopped(moved)};
  };
  return {...pass, estimates: [...pass.estimates.slice(0, -1), end], views};
};

const twice = (scale: number) => 2 * scale;
const lastEstimate = (p: NamedTensors, input: Rife4Input, ensemble: boolean): Estimate =>
  rife4Pass(p, {...input, ensembleFrom: ensemble ? 0 : Infinity}).estimates.at(-1)!;

/** Pixels by which the second block must move both images for the scales to be doubled. */
const FAST = 32;

/** Upstream's choice for 4.0. Its second pass always omits the first block's other direction. */
function doubledWhereFast(p: NamedTensors, input: Rife4Input, ensemble: boolean): Estimate {
  const {estimates} = rife4Pass(p, {...input, ensembleFrom: ensemble ? 0 : Infinity});
  const doubled = {...input, scales: input.scales.map(twice), ensembleFrom: ensemble ? 1 : Infinity};
  const [slow, large] = [estimates.at(-1)!, rife4Pass(p, doubled).estimates.at(-1)!];
  const halves = tf.split(tf.abs(estimates[1]!.own.flow), 2, 3);
  const fast = halves.map(half => tf.greater(tf.max(half), FAST)).reduce((a, b) => tf.logicalAnd(a, b));
  const chosen = (of: (estimate: Estimate) => tf.Tensor4D) =>
    tf.where<tf.Tensor4D>(fast, of(large), of(slow));
  return {
    ...slow,
    merged: chosen(({merged}) => merged),
    flow: chosen(({flow}) => flow),
    mask: chosen(({mask}) => mask),
  };
}

class Rife4 extends NetworkTensors implements Model {
  readonly anyTimestep = true;
  readonly variants: PassVariant[] | undefined;
  readonly cropMultiple: number;
  readonly minCrop: number;
  readonly cost: ModelCost;
  readonly frozen: FrozenTensors | undefined;
  readonly notes: readonly string[];

  constructor(
    readonly options: ModelOptions,
    private readonly arch: Rife4Architecture,
  ) {
    super(options.name, trainedSpecs(options, arch), bufferSpecs(options, arch));
    this.variants = variantsOf(options);
    this.cropMultiple = sideMultiple(scalesWithShares(options).flatMap(({scales}) => scales));
    this.minCrop = Math.max(64, this.cropMultiple);
    this.cost = rife4Cost(options, arch, perceptualIn(options));
    this.frozen = frozenOf(options);
    this.notes = perceptualNotes(options);
  }

  override initialize(seed: number): Map<string, Float32Array> {
    return withTarget(super.initialize(seed));
  }

  losses(
    p: NamedTensors,
    {images, timestep}: BatchTensors,
    flowTap: FlowTap,
    scope: Scope = unscoped,
    draw?: StepDraw,
  ): ModelLosses {
    checkImages(images, 9, this.cropMultiple, this.minCrop);
    const {arch, options} = this;
    const gt = turned(channels(images, 6, 3));
    const {timeCalibration, terms = {}, distill} = options;
    const time = timeCalibration && {gt, timestep, share: timeCalibration.share!, draw};
    const input = {timestep, scales: scalesOf(options, draw?.variant), arch, flowTap, scope};
    const pass = rife4Pass(p, {
      pair: turnedPair(channels(images, 0, 6)),
      calibrate: time && (views => scope('time calibration', () => calibrate(p, views, time))),
      ...input,
    });
    const students = pass.estimates;
    const privileged = scope('teacher', () =>
      privilegedTeacher(
        p,
        distill?.teacherInput === 'detached' ? detachedPass(pass) : pass,
        {...input, timestep: pass.timestep},
        gt,
      ),
    );
    const confident = scope('confident teacher', () => confidentTeacher(pass));
    const teachers = confident ? [privileged, confident] : [privileged];
    const more = {students, teachers, gt, p, head: arch.encode};
    return {
      terms: scope('losses', () => ({
        ...rife4Terms(students, teachers, gt, distill),
        ...moreTerms(terms, more),
        ...perceptualTerms(perceptualIn(options), p, students.at(-1)!.merged, gt),
        ...(pass.predicted && {time: timeTerm(pass.predicted, timestep)}),
      })),
      weights: {...TERM_WEIGHTS, ...terms, ...(time && {time: timeCalibration.weight!})},
      maxFlow: largestFlow([...students, ...teachers]),
      squaredError: squaredError(students.at(-1)!.merged, gt),
      ...(terms.encode ? {buffers: nextTarget(p, arch.encode!)} : {}),
    };
  }

  predict(
    p: NamedTensors,
    pair: tf.Tensor4D,
    timestep: tf.Tensor1D,
    flowTap: FlowTap,
    {scales = this.arch.scales, flip = false, ensemble = false, doubling = false}: PredictOptions = {},
  ): Prediction {
    const {arch} = this;
    checkPredictScales(scales, arch.scales.length);
    this.checkWays(ensemble, doubling);
    const multiple = sideMultiple(doubling ? scales.map(twice) : scales);
    checkImages(pair, 6, multiple, multiple);
    const once = (images: tf.Tensor4D): Prediction => {
      const input = {pair: turnedPair(images), timestep, scales, arch, flowTap};
      const {merged, flow, mask} = (doubling ? doubledWhereFast : lastEstimate)(p, input, ensemble);
      return {refined: turned(merged), flow, mask};
    };
    return flip ? flipped(pair, once) : once(pair);
  }

  private checkWays(ensemble: boolean, doubling: boolean): void {
    const name = `${RIFE4} ${this.options.version}`;
    if (ensemble && !this.arch.ensemble)
      throw modelPredictionError('ensemble', name, 'versions 4.0 to 4.20 and 4.24');
    if (doubling && !this.arch.doubling) throw modelPredictionError('doubling', name, 'versions 4.0 and 4.1');
  }
}

/** @param options complete */
export const createRife4 = (options: ModelOptions): Model => new Rife4(options, architectureOf(options));
