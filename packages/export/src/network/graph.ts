/**
 * A network's prediction in the terms of a network, which every format can be written from. Axes
 * are those of the recorded program: B batch, H height, W width, C channels. Images have a batch of
 * 1; a network may stack pictures to work on them together.
 */

/** Values with a shape. */
export interface Tensor {
  shape: readonly number[];
  values: Float32Array;
}

/** A value: the index of the node that computes it. */
export type Ref = number;

/** Size out / size in, or size / size of the padded images: a whole numerator and denominator. */
export type Ratio = readonly [numerator: number, denominator: number];

/** Axes that networks join and split: the batch and the channels. */
export type Joined = 0 | 3;

export type Elementwise = 'add' | 'sub' | 'mul' | 'min' | 'max';

/** What is computed. */
export type Operation =
  /** img0 or img1, padded: [1,H,W,3] RGB in 0..1. */
  | {op: 'image'; index: 0 | 1}
  /** One number. */
  | {op: 'timestep'}
  | {op: 'constant'; values: Float32Array}
  /** `weight` is [kh,kw,in,out]. */
  | {
      op: 'conv';
      x: Ref;
      weight: Tensor;
      bias: Float32Array | undefined;
      stride: number;
      dilation: number;
      /** Zeros around the picture. */
      pads: Pads;
    }
  /** Transposed convolution, kernel 4, stride 2, padding 1; `weight` is [4,4,out,in]. */
  | {op: 'deconv'; x: Ref; weight: Tensor; bias: Float32Array | undefined}
  /** A kernel of its own for each channel, [K,K,C,1] with an odd K; the size stays. */
  | {op: 'depthwise'; x: Ref; weight: Tensor; bias: Float32Array | undefined}
  | {op: 'prelu'; x: Ref; slope: Float32Array}
  | {op: 'leakyRelu'; x: Ref; alpha: number}
  | {op: 'sigmoid'; x: Ref}
  | {op: Elementwise; a: Ref; b: Ref}
  /** Bilinear, half-pixel centres, no antialias. */
  | {op: 'resize'; x: Ref; factor: Ratio}
  /** `begin` and on, of the channels or the batch. */
  | {op: 'slice'; x: Ref; axis: Joined; begin: number; count: number}
  | {op: 'concat'; xs: readonly Ref[]; axis: Joined}
  | {op: 'reverse'; x: Ref; axes: readonly number[]}
  /** Channels are ordered (row in block, column in block, channel). */
  | {op: 'depthToSpace'; x: Ref; block: number}
  /** Bilinear, border clamped, corners aligned; `flow` is [1,H,W,2] in pixels. */
  | {op: 'warp'; image: Ref; flow: Ref}
  /** One number, in every pixel of a picture of `height` and `width` times the images' size. */
  | {op: 'fill'; x: Ref; height: Ratio; width: Ratio};

export interface Pads {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export type NetworkNode = Operation & {shape: readonly number[]};

/** A prediction; a node comes after what it reads. */
export interface NetworkGraph {
  nodes: readonly NetworkNode[];
  /** The frame: [1,H,W,3] RGB in 0..1. */
  output: Ref;
  /** Sides of the images must be multiples of this; writers pad them. */
  multiple: number;
}

/** The node with each reference replaced. */
export function mapInputs<N extends Operation>(node: N, map: (ref: Ref) => Ref): N {
  const operation: Operation = node;
  switch (operation.op) {
    case 'image':
    case 'timestep':
    case 'constant':
      return node;
    case 'concat':
      return {...node, xs: operation.xs.map(map)};
    case 'warp':
      return {...node, image: map(operation.image), flow: map(operation.flow)};
    case 'add':
    case 'sub':
    case 'mul':
    case 'min':
    case 'max':
      return {...node, a: map(operation.a), b: map(operation.b)};
    default:
      return {...node, x: map(operation.x)};
  }
}

/** What a node reads. */
export function inputsOf(node: Operation): readonly Ref[] {
  const refs: Ref[] = [];
  mapInputs(node, ref => (refs.push(ref), ref));
  return refs;
}
