/**
 * Output shapes of TensorFlow ops, from input shapes and attributes: tracing executes nothing.
 * An op that is missing here still works: the recorder runs it once on zeros to learn its shape.
 */
import {backend_util} from '@tensorflow/tfjs-core';
import {DT} from './graphDef.js';
import {hostValues, input, out, type ShapedInput, type ShapeFunction} from './shapes.js';
import {conv2d, imagePatches, maxPool} from './windowShapes.js';

const like =
  (i = 0): ShapeFunction =>
  inputs =>
    out(input(inputs, i).shape, input(inputs, i).dtype);
const likeAs =
  (dtype: number): ShapeFunction =>
  inputs =>
    out(input(inputs, 0).shape, dtype);

const broadcast = (a: readonly number[], b: readonly number[]) =>
  backend_util.assertAndGetBroadcastShape([...a], [...b]);
const binary =
  (dtype?: number): ShapeFunction =>
  inputs =>
    out(broadcast(input(inputs, 0).shape, input(inputs, 1).shape), dtype ?? input(inputs, 0).dtype);

const reduce: ShapeFunction = (inputs, attr) => {
  const {shape, dtype} = input(inputs, 0);
  const axes = new Set(hostValues(inputs, 1).map(a => (a < 0 ? a + shape.length : a)));
  const kept = attr('keep_dims')
    ? shape.map((d, i) => (axes.has(i) ? 1 : d))
    : shape.filter((_, i) => !axes.has(i));
  return out(kept, dtype);
};

/** Shape given by the values of input `i`. */
const shapeFrom =
  (i: number, dtypeOf = 0): ShapeFunction =>
  inputs =>
    out(hostValues(inputs, i), input(inputs, dtypeOf).dtype);

const reshape: ShapeFunction = inputs => {
  const {shape, dtype} = input(inputs, 0);
  const wanted = hostValues(inputs, 1);
  const size = shape.reduce((a, b) => a * b, 1);
  const known = wanted.filter(d => d >= 0).reduce((a, b) => a * b, 1);
  return out(
    wanted.map(d => (d < 0 ? size / known : d)),
    dtype,
  );
};

/** The image of input 0, with as many channels as axis `axis` of the weight has. */
const convChannels =
  (axis: number): ShapeFunction =>
  inputs =>
    out([...input(inputs, 0).shape.slice(0, 3), input(inputs, 1).shape[axis]!], DT.float32);

/** Paddings added (`sign` 1) or removed (-1). */
const padded =
  (sign: 1 | -1): ShapeFunction =>
  inputs => {
    const {shape, dtype} = input(inputs, 0);
    const paddings = hostValues(inputs, 1);
    return out(
      shape.map((d, i) => d + sign * (paddings[2 * i]! + paddings[2 * i + 1]!)),
      dtype,
    );
  };

const slice: ShapeFunction = inputs => {
  const {shape, dtype} = input(inputs, 0);
  const begin = hostValues(inputs, 1);
  const size = hostValues(inputs, 2);
  return out(
    size.map((s, i) => (s < 0 ? shape[i]! - begin[i]! : s)),
    dtype,
  );
};

const concat: ShapeFunction = inputs => {
  const tensors = inputs.slice(0, -1);
  const {shape, dtype} = input(tensors, 0);
  const axis = normalizeAxis(hostValues(inputs, inputs.length - 1)[0]!, shape.length);
  const total = tensors.reduce((sum, t) => sum + t.shape[axis]!, 0);
  return out(
    shape.map((d, i) => (i === axis ? total : d)),
    dtype,
  );
};

const normalizeAxis = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const matMul: ShapeFunction = (inputs, attr) => {
  const a = input(inputs, 0);
  const b = input(inputs, 1);
  const turned = (t: ShapedInput, flag: unknown) => {
    const [rows, columns] = t.shape.slice(-2) as [number, number];
    return flag ? [columns, rows] : [rows, columns];
  };
  const [rows] = turned(a, attr('transpose_a') ?? attr('adj_x'));
  const columns = turned(b, attr('transpose_b') ?? attr('adj_y'))[1];
  return out([...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows!, columns!], a.dtype);
};

const gather: ShapeFunction = (inputs, attr) => {
  const params = input(inputs, 0);
  const indices = input(inputs, 1);
  if (attr('batch_dims')) throw new Error('batch_dims is not supported');
  const axis = normalizeAxis(hostValues(inputs, 2)[0]!, params.shape.length);
  return out(
    [...params.shape.slice(0, axis), ...indices.shape, ...params.shape.slice(axis + 1)],
    params.dtype,
  );
};

const splitV: ShapeFunction = inputs => {
  const {shape, dtype} = input(inputs, 0);
  const axis = normalizeAxis(hostValues(inputs, 2)[0]!, shape.length);
  const sizes = hostValues(inputs, 1);
  const rest = shape[axis]! - sizes.filter(s => s >= 0).reduce((a, b) => a + b, 0);
  return sizes.map(size => ({shape: shape.with(axis, size < 0 ? rest : size), dtype}));
};

/** Every n-th pixel as an image of its own, and back; `sign` gives the direction. */
const gridsOf =
  (sign: 1 | -1): ShapeFunction =>
  inputs => {
    const {shape, dtype} = input(inputs, 0);
    const [block, edges] = [hostValues(inputs, 1), hostValues(inputs, 2)];
    const cells = block.reduce((a, b) => a * b, 1) ** sign;
    const sides = block.map((n, i) => {
      const edge = edges[2 * i]! + edges[2 * i + 1]!;
      return sign === 1 ? (shape[i + 1]! + edge) / n : shape[i + 1]! * n - edge;
    });
    return out([shape[0]! * cells, ...sides, ...shape.slice(block.length + 1)], dtype);
  };

/** Channels into blocks of pixels (`sign` 1), and back (-1). */
const blocks =
  (sign: 1 | -1): ShapeFunction =>
  (inputs, attr) => {
    const {shape, dtype} = input(inputs, 0);
    const block = (attr('block_size') as number) ** sign;
    return out([shape[0]!, shape[1]! * block, shape[2]! * block, shape[3]! / block ** 2], dtype);
  };

const resize =
  (dtype?: number): ShapeFunction =>
  inputs => {
    const {shape, dtype: own} = input(inputs, 0);
    const [height, width] = hostValues(inputs, 1);
    return out([shape[0]!, height!, width!, shape[3]!], dtype ?? own);
  };

const range: ShapeFunction = inputs => {
  const [start, stop, step] = [0, 1, 2].map(i => hostValues(inputs, i)[0]!) as [number, number, number];
  return out([Math.max(0, Math.ceil((stop - start) / step))], input(inputs, 0).dtype);
};

const UNARY = `Abs Neg Exp Expm1 Log Log1p Sqrt Rsqrt Square Relu Relu6 Elu Selu LeakyRelu Sigmoid Tanh Floor Ceil Round Rint Sign
  Sin Cos Softplus LogicalNot Identity ZerosLike OnesLike StopGradient CheckNumerics Reciprocal Erf Softmax LogSoftmax ReverseV2`;
const GRADIENT_LIKE_FIRST =
  'ReluGrad Relu6Grad EluGrad SeluGrad LeakyReluGrad SigmoidGrad TanhGrad SqrtGrad RsqrtGrad SoftplusGrad BiasAdd ClipByValue';
const BINARY =
  'Add AddV2 Sub Mul MulNoNan Div RealDiv DivNoNan FloorDiv Maximum Minimum Pow SquaredDifference FloorMod Atan2 LogicalAnd LogicalOr';
const COMPARISON = 'Greater GreaterEqual Less LessEqual Equal NotEqual';
const each = (names: string, fn: ShapeFunction) =>
  Object.fromEntries(names.split(/\s+/).map(name => [name, fn]));

/** By op name. */
export const SHAPE_FUNCTIONS: Readonly<Record<string, ShapeFunction>> = {
  ...each(UNARY, like()),
  ...each(GRADIENT_LIKE_FIRST, like()),
  ...each(BINARY, binary()),
  ...each(COMPARISON, binary(DT.bool)),
  ...each('IsFinite IsNan IsInf', likeAs(DT.bool)),
  ...each('Sum Mean Max Min Prod All Any', reduce),
  ...each('Conv2DBackpropInput DepthwiseConv2dNativeBackpropInput', shapeFrom(0, 1)),
  ...each('Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter', shapeFrom(1)),
  ...each('MatMul BatchMatMul BatchMatMulV2', matMul),
  ...each('Pad PadV2 MirrorPad', padded(1)),
  MirrorPadGrad: padded(-1),
  AddN: like(),
  L2Loss: inputs => out([], input(inputs, 0).dtype),
  Cast: (inputs, attr) => out(input(inputs, 0).shape, attr('DstT') as number),
  Select: like(1),
  SelectV2: inputs =>
    out(
      broadcast(broadcast(input(inputs, 0).shape, input(inputs, 1).shape), input(inputs, 2).shape),
      input(inputs, 1).dtype,
    ),
  Reshape: reshape,
  Transpose: inputs =>
    out(
      hostValues(inputs, 1).map(axis => input(inputs, 0).shape[axis]!),
      input(inputs, 0).dtype,
    ),
  Slice: slice,
  ConcatV2: concat,
  SplitV: splitV,
  Tile: inputs =>
    out(
      hostValues(inputs, 1).map((n, i) => n * input(inputs, 0).shape[i]!),
      input(inputs, 0).dtype,
    ),
  ExpandDims: inputs => {
    const {shape, dtype} = input(inputs, 0);
    const axis = hostValues(inputs, 1)[0]!;
    return out(shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, 1), dtype);
  },
  Pack: (inputs, attr) => {
    const {shape, dtype} = input(inputs, 0);
    return out(
      shape.toSpliced(
        normalizeAxis((attr('axis') as number | undefined) ?? 0, shape.length + 1),
        0,
        inputs.length,
      ),
      dtype,
    );
  },
  BroadcastTo: shapeFrom(1),
  Fill: shapeFrom(0, 1),
  Range: range,
  GatherV2: gather,
  UnsortedSegmentSum: inputs => {
    const data = input(inputs, 0);
    return out([hostValues(inputs, 2)[0]!, ...data.shape.slice(input(inputs, 1).shape.length)], data.dtype);
  },
  Conv2D: conv2d(filter => filter[3]!),
  DepthwiseConv2dNative: conv2d(filter => filter[2]! * filter[3]!),
  MaxPool: maxPool,
  MaxPoolGrad: like(),
  BiasAddGrad: inputs => out(input(inputs, 0).shape.slice(-1), input(inputs, 0).dtype),
  ResizeBilinear: resize(DT.float32),
  ResizeNearestNeighbor: resize(),
  ResizeBilinearGrad: inputs => {
    const [batch, , , channels] = input(inputs, 0).shape;
    const [, height, width] = input(inputs, 1).shape;
    return out([batch!, height!, width!, channels!], DT.float32);
  },
  ExtractImagePatches: imagePatches,
  SpaceToBatchND: gridsOf(1),
  BatchToSpaceND: gridsOf(-1),
  // Ops of native/rifeOps.cc, conv3x3.cc and optimizer.cc.
  ...each('RifePrelu RifeWarp RifeWarpImageGrad', like()),
  RifePreluGrad: inputs =>
    [1, 2, 2].map(i => input(inputs, i)).map(({shape, dtype}) => ({shape: [...shape], dtype})),
  RifeWarpFlowGrad: like(2),
  ...each('RifeConv3x3 RifeConv3x3Activated', convChannels(3)),
  RifeConv3x3Prelu: inputs => [0, 1].flatMap(() => convChannels(3)(inputs, () => undefined)),
  RifeConv3x3InputGrad: convChannels(2),
  RifeConv3x3WeightGrad: inputs =>
    out([3, 3, input(inputs, 0).shape[3]!, input(inputs, 1).shape[3]!], DT.float32),
  RifeAdamW: inputs => [0, 2, 3].flatMap(i => out(input(inputs, i).shape, DT.float32)),
  DepthToSpace: blocks(1),
  SpaceToDepth: blocks(-1),
};
