/** A network in TensorFlow's own ops. Axes: B batch, H height, W width, C channels. */
import {DT} from '@rife-train/engine/graph';
import {inputsOf, type NetworkGraph, type NetworkNode, type Pads, type Ref} from '../network/graph.js';
import {TfBuilder, type TfNode} from './builder.js';
import {pixelGrid, warp, type PixelGrid} from './warp.js';

const FLOAT = {type: DT.float32};
const INT = {type: DT.int32};

/** Names of what goes in and out. */
export const TF_INPUTS = {img0: [1, -1, -1, 3], img1: [1, -1, -1, 3], timestep: [1]} as const;
export const TF_OUTPUT = 'output';
export const TF_OUTPUT_SHAPE = [1, -1, -1, 3] as const;

const convAttrs = (stride: number, dilation: number) => ({
  T: FLOAT,
  strides: {ints: [1, stride, stride, 1]},
  dilations: {ints: [1, dilation, dilation, 1]},
  data_format: {string: 'NHWC'},
});

class TfWriter {
  private readonly names: string[] = [];
  /** By height of the recorded picture. */
  private readonly sizes = new Map<number, string>();
  private readonly grids = new Map<number, PixelGrid>();
  private readonly given: string;
  private readonly padded: string;
  private readonly images: readonly string[];
  private readonly timestep: string;
  /** Height of the recorded images. */
  private readonly height: number;

  constructor(
    readonly b: TfBuilder,
    private readonly graph: NetworkGraph,
  ) {
    const [img0, img1] = [b.placeholder('img0', TF_INPUTS.img0), b.placeholder('img1', TF_INPUTS.img1)];
    this.timestep = b.placeholder('timestep', TF_INPUTS.timestep);
    this.given = b.entries(b.shape(img0), 1, 2);
    const multiple = b.int32(graph.multiple);
    const over = b.ints('FloorMod', [this.given, multiple]);
    const missing = b.ints('FloorMod', [b.ints('Sub', [multiple, over]), multiple]);
    this.padded = b.ints('AddV2', [this.given, missing]);
    this.images = [img0, img1].map(image => this.withZeros(image, missing));
    this.height = graph.nodes.find(({op}) => op === 'image')!.shape[1]!;
  }

  write(): void {
    const {b, graph} = this;
    for (const node of graph.nodes)
      this.names.push(
        this.operation(
          node,
          inputsOf(node).map(ref => this.names[ref]!),
        ),
      );
    const size = b.concatInts([b.int32([1]), this.given, b.int32([3])]);
    const frame = b.slice(this.names[graph.output]!, b.int32([0, 0, 0, 0]), size);
    b.node('Identity', [frame], {T: FLOAT}, TF_OUTPUT);
  }

  /** @param missing [rows, columns] to be added below and to the right */
  private withZeros(image: string, missing: string): string {
    const {b} = this;
    const none = (count: number) => b.int32(new Array<number>(count).fill(0));
    const flat = [none(3), b.entries(missing, 0, 1), none(1), b.entries(missing, 1, 1), none(2)];
    const paddings = b.reshape(b.concatInts(flat), b.int32([4, 2]), INT);
    return b.node('Pad', [image, paddings], {T: FLOAT, Tpaddings: INT});
  }

  private operation(node: NetworkNode, inputs: readonly string[]): string {
    const {b} = this;
    const [x] = inputs as [string, ...string[]];
    switch (node.op) {
      case 'image':
        return this.images[node.index]!;
      case 'timestep':
        return this.timestep;
      case 'constant':
        return b.floats(node.values, node.shape);
      case 'conv':
        return this.conv(node, x);
      case 'deconv':
        return this.deconv(node, x);
      case 'depthwise':
        return this.depthwise(node, x);
      case 'prelu':
        return this.prelu(x, node.slope);
      case 'leakyRelu':
        return b.node('LeakyRelu', inputs, {T: FLOAT, alpha: {float: node.alpha}});
      case 'sigmoid':
        return b.node('Sigmoid', inputs);
      case 'resize':
        return this.resize(x, node.shape);
      case 'slice':
        return this.slice(x, node);
      case 'concat':
        return b.concat(inputs, node.axis);
      case 'reverse':
        return b.node('ReverseV2', [x, b.int32(node.axes)], {T: FLOAT, Tidx: INT});
      case 'depthToSpace':
        return this.depthToSpace(x, node.block);
      case 'warp':
        return warp(b, x, inputs[1]!, node.shape[0]!, this.gridOf(node.flow));
      case 'fill':
        return this.fill(x, node.shape);
      default:
        return b.node(
          {add: 'AddV2', sub: 'Sub', mul: 'Mul', min: 'Minimum', max: 'Maximum'}[node.op],
          inputs,
        );
    }
  }

  private conv(node: NetworkNode & {op: 'conv'}, x: string): string {
    const {b} = this;
    const {weight, bias, stride, dilation, pads} = node;
    const kernel = b.floats(weight.values, weight.shape);
    const padding = {padding: {string: 'EXPLICIT'}, explicit_paddings: {ints: explicit(pads)}};
    return this.biased(b.node('Conv2D', [x, kernel], {...convAttrs(stride, dilation), ...padding}), bias);
  }

  private deconv({weight, bias, shape}: NetworkNode & {op: 'deconv'}, x: string): string {
    const {b} = this;
    const size = b.concatInts([b.int32([shape[0]!]), this.sizeOf(shape), b.int32([shape[3]!])]);
    const inputs = [size, b.floats(weight.values, weight.shape), x];
    const attrs = {...convAttrs(2, 1), padding: {string: 'SAME'}};
    return this.biased(b.node('Conv2DBackpropInput', inputs, attrs), bias);
  }

  private depthwise({weight, bias}: NetworkNode & {op: 'depthwise'}, x: string): string {
    const inputs = [x, this.b.floats(weight.values, weight.shape)];
    const attrs = {...convAttrs(1, 1), padding: {string: 'SAME'}};
    return this.biased(this.b.node('DepthwiseConv2dNative', inputs, attrs), bias);
  }

  private biased(x: string, bias: Float32Array | undefined): string {
    return bias ? this.b.node('BiasAdd', [x, this.b.floats(bias, [bias.length])]) : x;
  }

  /** TensorFlow has no op for it. */
  private prelu(x: string, slope: Float32Array): string {
    const {b} = this;
    const negative = b.node('Mul', [b.node('Minimum', [x, b.number(0)]), b.floats(slope, [slope.length])]);
    return b.node('AddV2', [b.node('Maximum', [x, b.number(0)]), negative]);
  }

  private resize(x: string, shape: readonly number[]): string {
    const attrs = {T: FLOAT, align_corners: {bool: false}, half_pixel_centers: {bool: true}};
    return this.b.node('ResizeBilinear', [x, this.sizeOf(shape)], attrs);
  }

  private slice(x: string, {axis, begin, count}: NetworkNode & {op: 'slice'}): string {
    const at = (value: number, other: number) => [0, 1, 2, 3].map(each => (each === axis ? value : other));
    return this.b.slice(x, this.b.int32(at(begin, 0)), this.b.int32(at(count, -1)));
  }

  private depthToSpace(x: string, block: number): string {
    const attrs = {T: FLOAT, block_size: {int: block}, data_format: {string: 'NHWC'}};
    return this.b.node('DepthToSpace', [x], attrs);
  }

  private fill(x: string, shape: readonly number[]): string {
    const {b} = this;
    const size = b.concatInts([b.int32([1]), this.sizeOf(shape), b.int32([1])]);
    return b.node('BroadcastTo', [b.reshape(x, b.int32([1, 1, 1, 1])), size], {T: FLOAT, Tidx: INT});
  }

  /** [height, width] of a picture, int32: its share of the padded images. */
  private sizeOf([, height]: readonly number[]): string {
    const {b, sizes} = this;
    const known = sizes.get(height!);
    if (known !== undefined) return known;
    const size =
      height === this.height
        ? this.padded
        : b.ints('FloorDiv', [b.ints('Mul', [this.padded, b.int32(height!)]), b.int32(this.height)]);
    sizes.set(height!, size);
    return size;
  }

  private gridOf(flow: Ref): PixelGrid {
    const {shape} = this.graph.nodes[flow]!;
    const known = this.grids.get(shape[1]!);
    if (known) return known;
    const grid = pixelGrid(this.b, this.sizeOf(shape));
    this.grids.set(shape[1]!, grid);
    return grid;
  }
}

const explicit = ({top, bottom, left, right}: Pads) => [0, 0, top, bottom, left, right, 0, 0];

/**
 * Nodes of a graph that takes {@link TF_INPUTS} and computes {@link TF_OUTPUT}: RGB in 0..1, of any
 * size.
 */
export function tensorflowNodes(graph: NetworkGraph): readonly TfNode[] {
  const b = new TfBuilder();
  new TfWriter(b, graph).write();
  return b.nodes;
}
