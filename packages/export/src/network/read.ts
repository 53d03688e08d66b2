/** Turns the recorded ops of a prediction into a {@link NetworkGraph}. Axes as there. */
import type {RecordedGraph, RecordedNode} from '@rife-train/engine/graph';
import {exportOp} from '@rife-train/errors';
import {computed, concatenated, reversed, sliced} from './constants.js';
import type {NetworkGraph, NetworkNode, Operation, Pads, Ref, Tensor} from './graph.js';
import {attr, constantOf, ELEMENTWISE, evenPads, joined, ratio, samePads, sizeOf} from './recorded.js';
import {simplified} from './simplify.js';

/** A value while reading: computed from the images, or known. */
type Value =
  | {ref: Ref}
  | {known: Tensor}
  | {padded: Ref; pads: Pads}
  /** Every `rate`-th pixel as a picture of its own: how the engine dilates convolutions. */
  | {spread: Ref; rate: number};

const PASSED_ON = new Set(['Identity', 'DeepCopy']);
const CHANNELS = 3;

/** Reads a recorded graph, node by node. */
class Reader {
  readonly nodes: NetworkNode[] = [];
  private readonly values = new Map<string, Value>();

  constructor(
    private readonly recorded: RecordedGraph,
    private readonly weights: ReadonlyMap<string, Tensor>,
    private readonly height: number,
    private readonly width: number,
  ) {}

  read(output: string): Ref {
    for (const node of this.recorded.nodes) this.readNode(node);
    return this.ref(this.recorded.fetches.get(output)!, 'Identity');
  }

  private add(operation: Operation, shape: readonly number[]): Ref {
    this.nodes.push({...operation, shape});
    return this.nodes.length - 1;
  }

  private value(input: string): Value | undefined {
    return this.values.get(input.replace(/:0$/, ''));
  }

  /** A known value; undefined for one that depends on the images. */
  private known(input: string): Tensor | undefined {
    const value = this.value(input);
    return value && 'known' in value ? value.known : undefined;
  }

  private numbers(input: string, op: string): number[] {
    const known = this.known(input);
    if (!known) throw exportOp(op, 'an argument depends on the images');
    return [...known.values];
  }

  /** The node of a value; a known one becomes a constant. */
  private ref(input: string, op: string): Ref {
    const value = this.value(input);
    if (!value) throw exportOp(op, `its input ${input} is unknown`);
    if ('ref' in value) return value.ref;
    if (!('known' in value)) throw exportOp(op, 'of a picture that only convolutions read');
    return this.add({op: 'constant', values: value.known.values}, value.known.shape);
  }

  private shapeOf(name: string): readonly number[] {
    const shape = this.recorded.shapes.get(name);
    if (!shape) throw exportOp(name, 'its shape is unknown');
    return shape;
  }

  private readNode(node: RecordedNode): void {
    const {name, inputs} = node;
    if (this.isFrame(node)) return;
    const data = inputs.filter(input => !input.startsWith('^'));
    const known = data.map(input => this.known(input));
    if (known.every(value => value !== undefined)) return this.readKnown(node, known);
    const value = this.operation(node, data);
    if (value) this.values.set(name, value);
  }

  /** Constants, feeds, variables and what initialises them. @returns whether the node is one */
  private isFrame(node: RecordedNode): boolean {
    const {name, op, inputs} = node;
    const weight = this.weights.get(this.recorded.variables.get(inputs[0] ?? '') ?? '');
    if (op === 'Const') this.values.set(name, {known: constantOf(node)});
    else if (op === 'Placeholder') this.readFeed(name);
    else if (op === 'ReadVariableOp') this.values.set(name, {known: weight!});
    else return /^(VarHandleOp|AssignVariableOp)$/.test(op) || (op === 'DeepCopy' && !this.value(inputs[0]!));
    return true;
  }

  private readFeed(node: string): void {
    const feed = this.recorded.feeds.get(node);
    if (feed === 'timestep') this.values.set(node, {ref: this.add({op: 'timestep'}, [1])});
    if (feed === 'gap') this.values.set(node, {known: {shape: [1], values: Float32Array.of(1)}});
    if (feed !== 'images') return;
    // The program takes BGR.
    const shape = [1, this.height, this.width, CHANNELS];
    const pair = ([0, 1] as const).map(index => {
      const x = this.add({op: 'image', index}, shape);
      return this.add({op: 'reverse', x, axes: [3]}, shape);
    });
    const images = this.add({op: 'concat', xs: pair, axis: 3}, [...shape.slice(0, 3), 2 * CHANNELS]);
    this.values.set(node, {ref: images});
  }

  private readKnown(node: RecordedNode, inputs: readonly Tensor[]): void {
    const {name, op} = node;
    const numbers = (i: number) => [...inputs[i]!.values];
    const [x] = inputs;
    if (op === 'SplitV') return this.split(node, (begin, size) => ({known: sliced(x!, begin, size)}));
    const shape = this.recorded.shapes.get(name)!;
    const known = {
      Reshape: () => ({shape, values: x!.values}),
      Slice: () => sliced(x!, numbers(1), shape),
      RifeChannels: () => sliced(x!, this.firstChannel(node.inputs[1]!, op), shape),
      ReverseV2: () => reversed(x!, numbers(1)),
      ConcatV2: () => concatenated(inputs.slice(0, -1), numbers(inputs.length - 1)[0]!),
    }[op];
    const value = known ? known() : computed(op, inputs, shape);
    if (!value) throw exportOp(op, 'of weights');
    this.values.set(name, {known: value});
  }

  /** The parts of a `SplitV`, along its axis. */
  private split(
    {name, op, inputs}: RecordedNode,
    part: (begin: number[], size: number[], axis: number) => Value,
  ): void {
    const sizes = this.numbers(inputs[1]!, op);
    const [given] = this.numbers(inputs[2]!, op) as [number];
    const axis = given < 0 ? given + this.shapeOf(name).length : given;
    let begin = 0;
    sizes.forEach((size, i) => {
      const output = i === 0 ? name : `${name}:${i}`;
      const shape = [...this.shapeOf(output)];
      const at = shape.map((_, a) => (a === axis ? begin : 0));
      this.values.set(output, part(at, shape, axis));
      begin += size;
    });
  }

  private operation(node: RecordedNode, inputs: readonly string[]): Value | undefined {
    const {op} = node;
    if (PASSED_ON.has(op)) return {ref: this.ref(inputs[0]!, op)};
    const elementwise = ELEMENTWISE[op];
    const shape = op === 'SplitV' ? [] : this.shapeOf(node.name);
    const ref = (i: number) => this.ref(inputs[i]!, op);
    const done = (operation: Operation): Value => ({ref: this.add(operation, shape)});
    if (elementwise) return done({op: elementwise, a: ref(0), b: ref(1)});
    const known: Record<string, () => Value | undefined> = {
      Neg: () => done({op: 'mul', a: ref(0), b: this.add({op: 'constant', values: Float32Array.of(-1)}, [])}),
      Sigmoid: () => done({op: 'sigmoid', x: ref(0)}),
      LeakyRelu: () => done({op: 'leakyRelu', x: ref(0), alpha: attr(node, 'alpha', 'float')}),
      RifePrelu: () => done({op: 'prelu', x: ref(0), slope: this.knownInput(inputs[1]!, op).values}),
      RifeWarp: () => done({op: 'warp', image: ref(0), flow: ref(1)}),
      DepthToSpace: () => done({op: 'depthToSpace', x: ref(0), block: attr(node, 'block_size', 'int')}),
      ResizeBilinear: () => done(this.resize(ref(0), shape)),
      ConcatV2: () => done(this.concat(inputs)),
      ReverseV2: () => done({op: 'reverse', x: ref(0), axes: this.numbers(inputs[1]!, op)}),
      Slice: () => this.slice(ref(0), this.numbers(inputs[1]!, op), shape),
      SplitV: () => this.splitChannels(node, ref(0)),
      RifeChannels: () => this.slice(ref(0), this.firstChannel(inputs[1]!, op), shape),
      PadV2: () => this.pad(ref(0), this.numbers(inputs[1]!, op)),
      Pad: () => this.pad(ref(0), this.numbers(inputs[1]!, op)),
      Conv2D: () => this.conv(node, shape),
      RifeConv3x3: () => this.fusedConv(inputs, op),
      RifeConv3x3Activated: () =>
        done({op: 'prelu', x: this.fusedConv(inputs, op).ref, slope: this.knownInput(inputs[3]!, op).values}),
      Conv2DBackpropInput: () =>
        done({op: 'deconv', x: ref(2), weight: this.knownInput(inputs[1]!, op), bias: undefined}),
      DepthwiseConv2dNative: () =>
        done({op: 'depthwise', x: ref(0), weight: this.knownInput(inputs[1]!, op), bias: undefined}),
      SpaceToBatchND: () => ({spread: ref(0), rate: this.numbers(inputs[1]!, op)[0]!}),
      // The convolution before has the size of the picture already.
      BatchToSpaceND: () => ({ref: ref(0)}),
      BiasAdd: () => this.withBias(ref(0), this.knownInput(inputs[1]!, op).values),
      Reshape: () => this.reshape(ref(0), shape),
      BroadcastTo: () => done(this.fill(ref(0), shape)),
    };
    const reader = known[op];
    if (!reader) throw exportOp(op);
    return reader();
  }

  private knownInput(input: string, op: string): Tensor {
    const known = this.known(input);
    if (!known) throw exportOp(op, 'its weights depend on the images');
    return known;
  }

  private resize(x: Ref, [, height, width]: readonly number[]): Operation {
    const [, from, fromWidth] = this.nodes[x]!.shape;
    const factor = ratio(height!, from!);
    if (width! * from! !== height! * fromWidth!)
      throw exportOp('ResizeBilinear', 'by factors that differ for height and width');
    return {op: 'resize', x, factor};
  }

  private slice(x: Ref, begin: readonly number[], shape: readonly number[]): Value {
    const cut = this.nodes[x]!.shape.flatMap((side, axis) => (side === shape[axis] ? [] : [axis]));
    const [axis = 3] = cut;
    if (cut.length > 1) throw exportOp('Slice', 'of several axes');
    return {
      ref: this.add({op: 'slice', x, axis: joined(axis), begin: begin[axis]!, count: shape[axis]!}, shape),
    };
  }

  /** Where a `RifeChannels` begins. */
  private firstChannel(range: string, op: string): number[] {
    return [0, 0, 0, this.numbers(range, op)[0]!];
  }

  private concat(inputs: readonly string[]): Operation {
    const [axis] = this.numbers(inputs.at(-1)!, 'ConcatV2') as [number];
    const xs = inputs.slice(0, -1).map(input => this.ref(input, 'ConcatV2'));
    return {op: 'concat', xs, axis: joined(axis < 0 ? axis + 4 : axis)};
  }

  private splitChannels(node: RecordedNode, x: Ref): undefined {
    this.split(node, (begin, shape) => this.slice(x, begin, shape));
  }

  private pad(x: Ref, [, , top, bottom, left, right]: readonly number[]): Value {
    return {padded: x, pads: {top: top!, left: left!, bottom: bottom!, right: right!}};
  }

  private conv(node: RecordedNode, shape: readonly number[]): Value {
    const [input, kernel] = node.inputs as [string, string];
    const weight = this.knownInput(kernel, node.op);
    const [, stride] = attr<number[]>(node, 'strides', 'ints') as [number, number];
    const [, dilation] = attr<number[]>(node, 'dilations', 'ints') as [number, number];
    const value = this.value(input)!;
    const own = {op: 'conv', weight, bias: undefined, stride, dilation} as const;
    if ('padded' in value) return {ref: this.add({...own, x: value.padded, pads: value.pads}, shape)};
    if ('spread' in value) return this.dilatedConv(value.spread, value.rate, weight);
    const x = this.ref(input, node.op);
    const isValid = attr<string>(node, 'padding', 'string') === 'VALID';
    const pads = isValid
      ? evenPads(0)
      : samePads(weight.shape, this.nodes[x]!.shape, shape, stride, dilation);
    return {ref: this.add({...own, x, pads}, shape)};
  }

  private fusedConv([x, weight, bias]: readonly string[], op: string): {ref: Ref} {
    const {ref} = this.dilatedConv(this.ref(x!, op), 1, this.knownInput(weight!, op));
    return this.withBias(ref, this.knownInput(bias!, op).values);
  }

  private dilatedConv(x: Ref, rate: number, weight: Tensor): {ref: Ref} {
    const shape = [...this.nodes[x]!.shape.slice(0, 3), weight.shape[3]!];
    const pads = evenPads(rate);
    return {ref: this.add({op: 'conv', x, weight, bias: undefined, stride: 1, dilation: rate, pads}, shape)};
  }

  private withBias(x: Ref, bias: Float32Array): {ref: Ref} {
    const node = this.nodes[x]!;
    if ('bias' in node && !node.bias) return {ref: this.add({...node, bias}, node.shape)};
    const b = this.add({op: 'constant', values: bias}, [bias.length]);
    return {ref: this.add({op: 'add', a: x, b}, node.shape)};
  }

  /** Only a single number changes its shape: axes of 1 come and go. */
  private reshape(x: Ref, shape: readonly number[]): Value {
    if (sizeOf(shape) !== 1) throw exportOp('Reshape');
    return {ref: x};
  }

  private fill(x: Ref, shape: readonly number[]): Operation {
    if (sizeOf(this.nodes[x]!.shape) !== 1 || shape[3] !== 1) throw exportOp('BroadcastTo');
    return {op: 'fill', x, height: ratio(shape[1]!, this.height), width: ratio(shape[2]!, this.width)};
  }
}

/**
 * The network of a recorded prediction.
 *
 * @param size of the recorded images
 * @param multiple sides of images must be multiples of it
 * @throws RIFE_ERR_EXPORT_OP for an op that is not known here
 */
export function readNetwork(
  recorded: RecordedGraph,
  weights: ReadonlyMap<string, Tensor>,
  {height, width}: {height: number; width: number},
  multiple: number,
): NetworkGraph {
  const reader = new Reader(recorded, weights, height, width);
  const frame = reader.read('refined');
  const shape = reader.nodes[frame]!.shape;
  const nodes = [...reader.nodes, {op: 'reverse', x: frame, axes: [3], shape} as const];
  return simplified({nodes, output: nodes.length - 1, multiple});
}
