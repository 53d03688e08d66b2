/**
 * A network for ncnn, as rife-ncnn-vulkan loads it: blobs `in0`, `in1` (RGB in 0..1), `in2` (the
 * timestep in every pixel) and `out0`, all of a size that is a multiple of the network's. Warping
 * is its layer `rife.Warp`. Sources: nihui/rife-ncnn-vulkan, src/rife.cpp and src/warp.cpp;
 * Tencent/ncnn, docs/developer-guide.
 */
import {exportFormat} from '@rife-train/errors';
import {transposed} from '../network/constants.js';
import {inputsOf, type NetworkGraph, type NetworkNode, type Ref} from '../network/graph.js';
import {folded} from './fold.js';
import {NcnnBuilder, type Parameters} from './builder.js';

/** Numbers of BinaryOp. */
const BINARY = {add: 0, sub: 1, mul: 2, max: 4, min: 5};
/** b - a. */
const REVERSED_SUB = 7;
const LEAKY_RELU = 2;
const BILINEAR = 2;

class NcnnWriter {
  private readonly b = new NcnnBuilder();
  private readonly names: string[] = [];

  constructor(private readonly graph: NetworkGraph) {}

  write(): {param: string; bin: Uint8Array} {
    for (const name of ['in0', 'in1', 'in2']) this.b.layer('Input', [], {}, name);
    this.graph.nodes.forEach(node => this.names.push(this.operation(node)));
    return this.b.finish(this.names[this.graph.output]!);
  }

  private name = (ref: Ref) => this.names[ref]!;

  private operation(node: NetworkNode): string {
    const {b} = this;
    const inputs = inputsOf(node).map(this.name);
    switch (node.op) {
      case 'image':
        return `in${node.index}`;
      case 'timestep':
        return 'in2';
      case 'constant':
        // Read where it is used.
        return '';
      case 'conv':
        return this.conv(node, inputs);
      case 'deconv':
        return this.deconv(node, inputs);
      case 'depthwise':
        throw exportFormat('ncnn', 'kernels of single channels');
      case 'prelu':
        b.raw(node.slope);
        return b.layer('PReLU', inputs, {0: node.slope.length});
      case 'leakyRelu':
        return b.layer('ReLU', inputs, {0: {float: node.alpha}});
      case 'sigmoid':
        return b.layer('Sigmoid', inputs);
      case 'resize':
        return this.interp(inputs, node.factor[0] / node.factor[1]);
      case 'slice':
        return this.channels(inputs, node);
      case 'concat':
        return this.concat(inputs, node.axis);
      case 'reverse':
        return this.reverse(inputs, node);
      case 'depthToSpace':
        return b.layer('PixelShuffle', inputs, {0: node.block, 1: 1});
      case 'warp':
        return b.layer('rife.Warp', inputs);
      case 'fill':
        return this.interp(inputs, node.height[0] / node.height[1]);
      default:
        return this.binary(node);
    }
  }

  private conv(node: NetworkNode & {op: 'conv'; alpha?: number}, inputs: readonly string[]): string {
    const {weight, bias, stride, dilation, pads, alpha} = node;
    const [kernel, , , out] = weight.shape as [number, number, number, number];
    if (kernel !== weight.shape[1]) throw exportFormat('ncnn', 'convolutions that are not square');
    this.weights(transposed(weight, [3, 2, 0, 1]).values, bias);
    // With stride 2 and even sides, the zeros below and to the right are not read.
    const pad = Math.max(pads.top, pads.bottom);
    const parameters = {
      0: out,
      1: kernel,
      2: dilation,
      3: stride,
      4: pad,
      ...this.common(bias, weight.values),
    };
    return this.b.layer('Convolution', inputs, {...parameters, ...activation(alpha)});
  }

  private deconv({weight, bias}: NetworkNode & {op: 'deconv'}, inputs: readonly string[]): string {
    this.weights(transposed(weight, [2, 3, 0, 1]).values, bias);
    const parameters = {0: weight.shape[2]!, 1: 4, 3: 2, 4: 1, ...this.common(bias, weight.values)};
    return this.b.layer('Deconvolution', inputs, parameters);
  }

  private weights(values: Float32Array, bias: Float32Array | undefined): void {
    this.b.tagged(values);
    if (bias) this.b.raw(bias);
  }

  private common = (bias: Float32Array | undefined, values: Float32Array): Parameters => ({
    5: bias ? 1 : 0,
    6: values.length,
  });

  private interp(inputs: readonly string[], factor: number): string {
    if (factor === 1) return inputs[0]!;
    return this.b.layer('Interp', inputs, {0: BILINEAR, 1: {float: factor}, 2: {float: factor}});
  }

  private channels(inputs: readonly string[], {axis, begin, count}: NetworkNode & {op: 'slice'}): string {
    if (axis !== 3) throw exportFormat('ncnn', 'pictures stacked in a batch');
    return this.b.layer('Crop', inputs, {9: [begin], 10: [begin + count], 11: [0]});
  }

  private concat(inputs: readonly string[], axis: number): string {
    if (axis !== 3) throw exportFormat('ncnn', 'pictures stacked in a batch');
    return this.b.layer('Concat', inputs, {0: 0});
  }

  private reverse(inputs: readonly string[], {axes, shape}: NetworkNode & {op: 'reverse'}): string {
    if (axes.join() !== '3') throw exportFormat('ncnn', 'mirrored pictures');
    const parts = Array.from({length: shape[3]!}, (_, i) =>
      this.b.layer('Crop', inputs, {9: [i], 10: [i + 1], 11: [0]}),
    );
    return this.b.layer('Concat', parts.reverse(), {0: 0});
  }

  private binary({op, a, b}: NetworkNode & {op: keyof typeof BINARY}): string {
    const [left, right] = [this.constantAt(a), this.constantAt(b)];
    if (left && right) throw exportFormat('ncnn', 'arithmetic of two constants');
    const type = left && op === 'sub' ? REVERSED_SUB : BINARY[op];
    const known = left ?? right;
    if (known === undefined) return this.b.layer('BinaryOp', [this.name(a), this.name(b)], {0: type});
    const other = this.name(left ? b : a);
    if (known.length === 1) return this.b.layer('BinaryOp', [other], {0: type, 1: 1, 2: {float: known[0]!}});
    this.b.raw(known);
    const data = this.b.layer('MemoryData', [], {0: 1, 1: 1, 2: known.length});
    return this.b.layer('BinaryOp', [other, data], {0: type});
  }

  private constantAt(ref: Ref): Float32Array | undefined {
    const node = this.graph.nodes[ref]!;
    return node.op === 'constant' ? node.values : undefined;
  }
}

const activation = (alpha: number | undefined): Parameters =>
  alpha === undefined ? {} : {9: LEAKY_RELU, 10: [{float: alpha}]};

/**
 * `flownet.param` and `flownet.bin`.
 * @throws RIFE_ERR_EXPORT_FORMAT for networks that stack pictures: IFNet and IFNet_m
 */
export const writeNcnn = (graph: NetworkGraph): {param: string; bin: Uint8Array} =>
  new NcnnWriter(folded(graph)).write();
