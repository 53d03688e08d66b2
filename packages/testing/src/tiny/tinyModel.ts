/**
 * A network with RIFE's interface that trains in milliseconds on any tfjs backend: student blocks
 * from coarse to fine, a privileged teacher, flow taps, a mask, a refinement, and running
 * statistics on request. It is a real network: every loss term has a gradient to every parameter
 * that could change it. Frames are warped to first order (image + flow * slope), which any backend
 * can differentiate.
 * Axes: B batch, H height, W width, C channels.
 */
import {
  defineNetwork,
  type BatchTensors,
  type FlowInfo,
  type FlowTap,
  type Model,
  type ModelLosses,
  type ModelOptions,
  type NamedTensors,
  type ParameterSpec,
  type Prediction,
  type PredictOptions,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {seededRandom} from '../finiteDifferences.js';
import {charbonnierPerSample, downscale, stopGradient, upscale, warpLinear} from './tinyLayers.js';
import {fileLayout, programLayout, tinyBuffers, tinyParameters} from './tinyParameters.js';

declare module '@rife-train/core' {
  // As packages/model declares them: plugins that set these are tried on this network.
  interface ModelOptions {
    widths?: number[];
    norm?: 'none' | 'batch';
    zeroStages?: number;
  }
  interface LossTermRegistry {
    reconstruction: true;
    teacher: true;
    distill: true;
  }
}

/** Flow and mask logit, of the full size. */
interface Estimate {
  flow: tf.Tensor4D;
  maskLogit: tf.Tensor4D;
}

/** Inputs that are the same for every block of a forward pass. */
interface Pass {
  p: NamedTensors;
  pair: tf.Tensor4D;
  gt: tf.Tensor4D | undefined;
  scales: readonly number[];
  flowTap: FlowTap;
  /** Next values of buffers; undefined in a prediction, which uses the running ones. */
  next: NamedTensors | undefined;
}

const channels = (x: tf.Tensor4D, from: number, count: number): tf.Tensor4D =>
  tf.slice(x, [0, 0, 0, from], [-1, -1, -1, count]);

export class TinyModel implements Model {
  readonly name: string;
  readonly anyTimestep = false;
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly ParameterSpec[];
  readonly cropMultiple: number;
  readonly minCrop: number;

  /** `scales`, `widths`, `norm` and `zeroStages` shape the network; there are no other options. */
  constructor(readonly options: ModelOptions) {
    this.name = options.name;
    this.parameters = tinyParameters(options);
    this.buffers = tinyBuffers(options);
    // Each block halves once.
    this.minCrop = this.cropMultiple = 2 * Math.max(...options.scales);
  }

  initialize(seed: number): Map<string, Float32Array> {
    const random = seededRandom(seed);
    const fresh = ({name, shape}: ParameterSpec) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (shape.length < 4) return values.fill(name.endsWith('.slope') ? 0.25 : 0);
      const bound = 1 / Math.sqrt(values.length / shape.at(-1)!);
      return values.map(() => (2 * random() - 1) * bound);
    };
    const isZero = ({name}: ParameterSpec) =>
      Array.from({length: this.options.zeroStages ?? 0}, (_, i) => `block${i}.last.weight`).includes(name);
    const values = [...this.parameters, ...this.buffers].map(spec => [spec, fresh(spec)] as const);
    return new Map(values.map(([spec, value]) => [spec.name, isZero(spec) ? value.fill(0) : value]));
  }

  toFile(name: string, values: Float32Array): Float32Array {
    return fileLayout(this.specOf(name), values);
  }

  fromFile(name: string, values: Float32Array): Float32Array {
    return programLayout(this.specOf(name), values);
  }

  losses(p: NamedTensors, {images}: BatchTensors, flowTap: FlowTap): ModelLosses {
    const [pair, gt] = [channels(images, 0, 6), channels(images, 6, 3)];
    const next: NamedTensors = {};
    const pass: Pass = {p, pair, gt, scales: this.options.scales, flowTap, next};
    const students = this.students(pass);
    const last = students.at(-1)!;
    const teacher = this.step(pass, last, {
      block: 'block_tea',
      stage: students.length,
      scale: this.options.scales.at(-1)!,
      role: 'teacher',
    });
    const refined = this.refine(pass, last);
    const distill = students.map(({flow}) => charbonnierPerSample(tf.sub(flow, stopGradient(teacher.flow))));
    const largest = [...students, teacher].map(({flow}) => tf.max<tf.Scalar>(tf.abs(flow)));
    return {
      terms: {
        reconstruction: charbonnierPerSample(tf.sub(refined, gt)),
        teacher: charbonnierPerSample(tf.sub(this.merge(pair, teacher), gt)),
        distill: tf.addN(distill),
      },
      weights: {reconstruction: 1, teacher: 1, distill: 0.01},
      maxFlow: tf.max<tf.Scalar>(tf.stack(largest)),
      squaredError: tf.mean<tf.Tensor1D>(tf.square(tf.sub(refined, gt)), [1, 2, 3]),
      buffers: next,
    };
  }

  predict(
    p: NamedTensors,
    pair: tf.Tensor4D,
    _timestep: tf.Tensor1D,
    flowTap: FlowTap,
    {scales = this.options.scales, flip = false}: PredictOptions = {},
  ): Prediction {
    const pass = {p, gt: undefined, scales, flowTap, next: undefined};
    const straight = this.predictOnce({...pass, pair});
    if (!flip) return straight;
    const turned = this.predictOnce({...pass, pair: tf.reverse(pair, [1, 2])});
    const mean = (a: tf.Tensor4D, b: tf.Tensor4D, sign = 1): tf.Tensor4D =>
      tf.mul(tf.add(a, tf.mul(tf.reverse(b, [1, 2]), sign)), 0.5);
    return {
      refined: mean(straight.refined, turned.refined),
      flow: mean(straight.flow, turned.flow, -1), // a turned flow points the other way
      mask: mean(straight.mask, turned.mask),
    };
  }

  private predictOnce(pass: Pass): Prediction {
    const last = this.students(pass).at(-1)!;
    return {refined: this.refine(pass, last), flow: last.flow, mask: tf.sigmoid(last.maskLogit)};
  }

  /** Result of each student block, coarse to fine. */
  private students(pass: Pass): Estimate[] {
    const estimates: Estimate[] = [];
    pass.scales.forEach((scale, stage) => {
      const info: FlowInfo = {block: `block${stage}`, stage, scale, role: 'student'};
      estimates.push(this.step(pass, estimates.at(-1), info));
    });
    return estimates;
  }

  /** One block: its own flow goes through the taps, then is accumulated. */
  private step(pass: Pass, before: Estimate | undefined, info: FlowInfo): Estimate {
    const {pair, gt, flowTap} = pass;
    const seen = before
      ? [pair, this.warped(pair, before.flow), before.maskLogit, tf.mul<tf.Tensor4D>(before.flow, 0.1)]
      : [pair];
    if (info.role === 'teacher') seen.push(gt!);
    const out = this.block(pass, info, tf.concat(seen, 3));
    const flow = flowTap(tf.mul(channels(out, 0, 4), info.scale), info);
    const maskLogit = channels(out, 4, 1);
    if (!before) return {flow, maskLogit};
    return {flow: tf.add(before.flow, flow), maskLogit: tf.add(before.maskLogit, maskLogit)};
  }

  /** Pooled by the scale, convolved to half the size, and back. */
  private block({p, next}: Pass, {block, scale}: FlowInfo, x: tf.Tensor4D): tf.Tensor4D {
    const small = downscale(x, scale);
    const filter = p[`${block}.conv.weight`] as tf.Tensor4D;
    const convolved = tf.add<tf.Tensor4D>(tf.conv2d(small, filter, 2, 'same'), p[`${block}.conv.bias`]!);
    const inner = this.normalized(block, convolved, p, next);
    const slope = p[`${block}.slope`]!;
    const active = tf.add<tf.Tensor4D>(tf.maximum(inner, 0), tf.mul(slope, tf.minimum(inner, 0)));
    const [batch, height, width] = small.shape;
    const last = p[`${block}.last.weight`] as tf.Tensor4D;
    return upscale(tf.conv2dTranspose(active, last, [batch, height, width, 5], 2, 'same'), scale);
  }

  /** Normalised by the mean of the batch, or in a prediction by the running one. */
  private normalized(block: string, x: tf.Tensor4D, p: NamedTensors, next: NamedTensors | undefined) {
    if (this.options.norm !== 'batch') return x;
    const name = `${block}.norm.running_mean`;
    const running = p[name]!;
    if (!next) return tf.sub<tf.Tensor4D>(x, running);
    const mean = tf.mean(x, [0, 1, 2]);
    next[name] = tf.add(tf.mul(running, 0.9), tf.mul(mean, 0.1));
    return tf.sub<tf.Tensor4D>(x, mean);
  }

  /** Both frames at the time of gt, [B,H,W,6]. */
  private warped(pair: tf.Tensor4D, flow: tf.Tensor4D): tf.Tensor4D {
    const one = (i: number) => warpLinear(channels(pair, 3 * i, 3), channels(flow, 2 * i, 2));
    return tf.concat([one(0), one(1)], 3);
  }

  private merge(pair: tf.Tensor4D, {flow, maskLogit}: Estimate): tf.Tensor4D {
    const warped = this.warped(pair, flow);
    const mask = tf.sigmoid(maskLogit);
    const [first, second] = [channels(warped, 0, 3), channels(warped, 3, 3)];
    return tf.add(second, tf.mul(mask, tf.sub(first, second)));
  }

  private refine({p, pair}: Pass, last: Estimate): tf.Tensor4D {
    const merged = this.merge(pair, last);
    const filter = p['refine.weight'] as tf.Tensor4D;
    const residual = tf.conv2d(tf.concat([pair, merged, last.maskLogit], 3), filter, 1, 'same');
    return tf.add(merged, tf.mul(0.1, tf.add(residual, p['refine.bias']!)));
  }

  private specOf(name: string): ParameterSpec {
    const spec = [...this.parameters, ...this.buffers].find(candidate => candidate.name === name);
    if (!spec) throw new Error(`TinyModel has no parameter "${name}"`);
    return spec;
  }
}

const defaults = () => ({scales: [4, 2, 1], widths: [6, 5, 4], norm: 'none' as const});

/** {@link TinyModel} under the name `Tiny`. */
export const TINY = defineNetwork({
  name: 'Tiny',
  options: {
    '~standard': {validate: given => ({value: {...defaults(), ...(given as ModelOptions)}})},
  },
  create: options => new TinyModel(options),
});
