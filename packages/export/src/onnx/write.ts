/** A network as an ONNX file. Axes inside: N = 1, C channels, H height, W width. */
import {onnx, type Onnx} from './proto.js';
import {transposed} from '../network/constants.js';
import {
  inputsOf,
  type NetworkGraph,
  type NetworkNode,
  type Ratio,
  type Ref,
  type Tensor,
} from '../network/graph.js';
import {OnnxBuilder, type Precision} from './builder.js';
import {cropped, inputsOfLayout, readImages, type OnnxImages, type OnnxLayout} from './layout.js';
import {pixelGrid, warp, type OnnxWarp, type PixelGrid} from './warp.js';

export interface OnnxOptions {
  /** 16 to 19. @default 17 */
  opset?: number;
  /** @default 'two-inputs' */
  layout?: OnnxLayout;
  /**
   * With `fp16`, weights and all arithmetic but the warp's are float16; images stay float32.
   * @default 'fp32'
   */
  precision?: Precision;
  /** @default 'gridsample' */
  warp?: OnnxWarp;
  /** Size of the images, for runtimes that need a fixed one. @default any */
  size?: {height: number; width: number} | undefined;
  /** What to note in the file. @default nothing */
  metadata?: Readonly<Record<string, string>>;
}

/** ONNX's axis of one of ours. */
const AXES = [0, 2, 3, 1];
/** File format of each opset. */
const IR_VERSION: Record<number, number> = {16: 8, 17: 8, 18: 8, 19: 9};
const PRODUCER = 'rife-train';
const OUTPUT = 'output';
const INT64_MIN = -(2 ** 53 - 1);

/** [O,I,kh,kw] of [kh,kw,I,O], and [I,O,kh,kw] of a transposed convolution's [kh,kw,O,I]. */
const kernel = (b: OnnxBuilder, weight: Tensor) => {
  const {values, shape} = transposed(weight, [3, 2, 0, 1]);
  return b.numbers(values, shape);
};

class OnnxWriter {
  private readonly names: string[] = [];
  private readonly grids = new Map<number, PixelGrid>();

  constructor(
    private readonly b: OnnxBuilder,
    private readonly graph: NetworkGraph,
    private readonly images: OnnxImages,
    private readonly how: OnnxWarp,
  ) {}

  /** @returns the frame */
  write(): string {
    for (const node of this.graph.nodes)
      this.names.push(
        this.operation(
          node,
          inputsOf(node).map(ref => this.names[ref]!),
        ),
      );
    return this.names[this.graph.output]!;
  }

  private operation(node: NetworkNode, inputs: readonly string[]): string {
    const {b, images} = this;
    switch (node.op) {
      case 'image':
        return images.images[node.index];
      case 'timestep':
        return images.timestep;
      case 'constant':
        return this.constant(node.values, node.shape);
      case 'conv':
        return this.conv(node, inputs);
      case 'deconv':
        return this.deconv(node, inputs);
      case 'depthwise':
        return this.depthwise(node, inputs);
      case 'prelu':
        return b.node('PRelu', [...inputs, b.numbers(node.slope, [node.slope.length, 1, 1])]);
      case 'leakyRelu':
        return b.node('LeakyRelu', inputs, {alpha: node.alpha});
      case 'sigmoid':
        return b.node('Sigmoid', inputs);
      case 'resize':
        return this.resize(inputs[0]!, node.factor);
      case 'slice':
        return b.node('Slice', [
          inputs[0]!,
          b.int64([node.begin]),
          b.int64([node.begin + node.count]),
          b.int64([AXES[node.axis]!]),
        ]);
      case 'concat':
        return b.node('Concat', inputs, {axis: AXES[node.axis]!});
      case 'reverse':
        return this.reverse(inputs[0]!, node.axes);
      case 'depthToSpace':
        return b.node('DepthToSpace', inputs, {blocksize: node.block, mode: 'DCR'});
      case 'warp':
        return warp(b, this.how, inputs[0]!, inputs[1]!, this.gridOf(node.flow, inputs[1]!));
      case 'fill':
        return this.fill(inputs[0]!, node.height, node.width);
      default:
        return b.node({add: 'Add', sub: 'Sub', mul: 'Mul', min: 'Min', max: 'Max'}[node.op], inputs);
    }
  }

  /** Constants of one value per channel, or one number. */
  private constant(values: Float32Array, shape: readonly number[]): string {
    if (values.length === 1) return this.b.numbers(values, [1]);
    const padded = [...Array.from({length: 4 - shape.length}, () => 1), ...shape];
    const {values: moved, shape: sides} = transposed({shape: padded, values}, [0, 3, 1, 2]);
    return this.b.numbers(moved, sides);
  }

  private conv(node: NetworkNode & {op: 'conv'}, inputs: readonly string[]): string {
    const {weight, bias, stride, dilation, pads} = node;
    const [kh, kw] = weight.shape as [number, number];
    return this.b.node('Conv', [...inputs, kernel(this.b, weight), ...this.bias(bias)], {
      kernel_shape: [kh, kw],
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads: [pads.top, pads.left, pads.bottom, pads.right],
    });
  }

  private deconv({weight, bias}: NetworkNode & {op: 'deconv'}, inputs: readonly string[]): string {
    return this.b.node('ConvTranspose', [...inputs, kernel(this.b, weight), ...this.bias(bias)], {
      kernel_shape: [4, 4],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    });
  }

  private depthwise({weight, bias}: NetworkNode & {op: 'depthwise'}, inputs: readonly string[]): string {
    const [size, , channels] = weight.shape as [number, number, number];
    const {values, shape} = transposed(weight, [2, 3, 0, 1]);
    const pad = (size - 1) / 2;
    return this.b.node('Conv', [...inputs, this.b.numbers(values, shape), ...this.bias(bias)], {
      kernel_shape: [size, size],
      group: channels,
      pads: [pad, pad, pad, pad],
    });
  }

  private bias = (values: Float32Array | undefined) =>
    values ? [this.b.numbers(values, [values.length])] : [];

  private resize(x: string, [numerator, denominator]: Ratio): string {
    const factor = numerator / denominator;
    const attributes = {mode: 'linear', coordinate_transformation_mode: 'half_pixel'};
    return this.b.node('Resize', [x, '', this.b.floats([1, 1, factor, factor], [4])], attributes);
  }

  private reverse(x: string, axes: readonly number[]): string {
    const {b} = this;
    const list = (value: number) => b.int64(axes.map(() => value));
    const where = b.int64(axes.map(axis => AXES[axis]!));
    return b.node('Slice', [x, list(-1), list(INT64_MIN), where, list(-1)]);
  }

  private fill(x: string, height: Ratio, width: Ratio): string {
    const {b, images} = this;
    const times = b.node('Mul', [images.padded, b.int64([height[0], width[0]])]);
    const size = b.node('Div', [times, b.int64([height[1], width[1]])]);
    const shape = b.node('Concat', [b.int64([1, 1]), size], {axis: 0});
    return b.node('Expand', [b.node('Reshape', [x, b.int64([1, 1, 1, 1])]), shape]);
  }

  /** Pictures of one size share their grid. */
  private gridOf(flow: Ref, name: string): PixelGrid {
    const {b, grids} = this;
    const [, height] = this.graph.nodes[flow]!.shape;
    const known = grids.get(height!);
    if (known) return known;
    const size = b.node('Slice', [b.node('Shape', [name]), b.int64([2]), b.int64([4]), b.int64([0])]);
    const grid = pixelGrid(b, size);
    grids.set(height!, grid);
    return grid;
  }
}

const FLOAT = onnx.TensorProto.DataType.FLOAT;

function valueInfo(
  name: string,
  channels: number | undefined,
  size: OnnxOptions['size'],
): Onnx.IValueInfoProto {
  const side = (given: number | undefined, param: string) =>
    given === undefined ? {dimParam: param} : {dimValue: given};
  const picture = [side(size?.height, 'height'), side(size?.width, 'width')];
  const dim = channels === undefined ? [{dimValue: 1}] : [{dimValue: 1}, {dimValue: channels}, ...picture];
  return {name, type: {tensorType: {elemType: FLOAT, shape: {dim}}}};
}

/** Bytes of an `.onnx` file. */
export function writeOnnx(graph: NetworkGraph, options: OnnxOptions = {}): Uint8Array {
  const {opset = 17, layout = 'two-inputs', precision = 'fp32', metadata = {}, size} = options;
  const b = new OnnxBuilder(precision);
  const images = readImages(b, layout, graph.multiple);
  const frame = new OnnxWriter(b, graph, images, options.warp ?? 'gridsample').write();
  b.toFloat(layout === 'v1' ? frame : cropped(b, frame, images.given), OUTPUT);
  const model = onnx.ModelProto.create({
    irVersion: IR_VERSION[opset]!,
    producerName: PRODUCER,
    opsetImport: [{domain: '', version: opset}],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({key, value})),
    graph: {
      name: PRODUCER,
      node: b.nodes,
      initializer: b.initializers,
      input: inputsOfLayout(layout).map(({name, channels}) => valueInfo(name, channels, size)),
      output: [valueInfo(OUTPUT, 3, size)],
    },
  });
  return onnx.ModelProto.encode(model).finish();
}
