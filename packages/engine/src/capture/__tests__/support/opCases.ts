/**
 * Small uses of every op that has a shape function; tfjs's own call where it has one, else the raw
 * op of our ops.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {NodeBackend, OpAttr} from '../../../index.js';
import {DT} from '../../graphDef.js';
import {hasOwnConvs, hasOwnKernels} from '../../ownKernels.js';

const backend = () => tf.backend() as unknown as NodeBackend;

const x4 = () => tf.randomNormal([2, 8, 6, 4]) as tf.Tensor4D;
const positive = () => tf.add(tf.abs(x4()), 0.1);
const type = (name: string, value: number): OpAttr => ({name, type: backend().binding.TF_ATTR_TYPE, value});
const raw = (op: string, attrs: OpAttr[], inputs: tf.Tensor[]) =>
  backend().executeSingleOutput(op, attrs, inputs);
const T = () => type('T', DT.float32);
const int = (name: string, value: number): OpAttr => ({name, type: backend().binding.TF_ATTR_INT, value});
const text = (name: string, value: string): OpAttr => ({name, type: backend().binding.TF_ATTR_STRING, value});

export const CASES: Record<string, () => unknown> = {
  unary: () =>
    [
      tf.abs,
      tf.neg,
      tf.exp,
      tf.expm1,
      tf.square,
      tf.relu,
      tf.relu6,
      tf.elu,
      tf.selu,
      tf.sigmoid,
      tf.tanh,
      tf.floor,
      tf.ceil,
      tf.round,
      tf.sign,
      tf.sin,
      tf.cos,
      tf.softplus,
      tf.erf,
      tf.zerosLike,
      tf.onesLike,
      tf.isFinite,
      tf.isNaN,
      tf.isInf,
    ].forEach(op => op(x4())),
  'unary of positive numbers': () =>
    [tf.log, tf.log1p, tf.sqrt, tf.rsqrt, tf.reciprocal].forEach(op => op(positive())),
  'leaky relu, softmax, reverse': () => [
    tf.leakyRelu(x4()),
    tf.softmax(x4()),
    tf.logSoftmax(tf.randomNormal([3, 4])),
    tf.reverse(x4(), [1]),
  ],
  identities: () => ['Identity', 'StopGradient', 'Rint'].forEach(op => raw(op, [T()], [x4()])),
  'check numerics': () => raw('CheckNumerics', [T(), text('message', 'm')], [x4()]),
  'first-like gradients': () =>
    [
      'ReluGrad',
      'Relu6Grad',
      'EluGrad',
      'SeluGrad',
      'LeakyReluGrad',
      'SigmoidGrad',
      'TanhGrad',
      'SqrtGrad',
      'RsqrtGrad',
      'SoftplusGrad',
    ].forEach(op => raw(op, [T()], [positive(), positive()])),
  binary: () =>
    [
      tf.add,
      tf.sub,
      tf.mul,
      tf.div,
      tf.divNoNan,
      tf.maximum,
      tf.minimum,
      tf.squaredDifference,
      tf.mod,
      tf.floorDiv,
      tf.atan2,
    ].forEach(op => {
      op(x4(), tf.randomNormal([4]));
      op(tf.randomNormal([2, 1, 6, 1]), tf.randomNormal([8, 1, 4]));
    }),
  'binary raw': () =>
    ['Add', 'AddV2', 'MulNoNan', 'Div', 'DivNoNan', 'FloorMod', 'FloorDiv'].forEach(op =>
      raw(op, [T()], [x4(), x4()]),
    ),
  power: () => tf.pow(positive(), tf.scalar(2)),
  comparison: () =>
    [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual].forEach(op =>
      op(x4(), tf.scalar(0)),
    ),
  logic: () => {
    const [a, b] = [tf.greater(x4(), 0), tf.less(x4(), 1)];
    return [tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalNot(a), tf.all(a), tf.any(a, [1], true)];
  },
  reductions: () =>
    [tf.sum, tf.mean, tf.max, tf.min, tf.prod].forEach(op => [
      op(x4()),
      op(x4(), [1, 2]),
      op(x4(), -1, true),
    ]),
  'norms and counts': () => [raw('L2Loss', [T()], [x4()]), tf.addN([x4(), x4(), x4()])],
  cast: () => [tf.cast(x4(), 'int32'), tf.cast(x4(), 'bool')],
  select: () => tf.where(tf.greater(x4(), 0), x4(), tf.zeros<tf.Rank.R4>([1, 1, 1, 1])),
  'select raw': () => raw('Select', [T()], [tf.greater(x4(), 0), x4(), x4()]),
  'broadcasting select raw': () => raw('SelectV2', [T()], [tf.greater(x4(), 0), tf.randomNormal([4]), x4()]),
  'log softmax raw': () => raw('LogSoftmax', [T()], [x4()]),
  'clip raw': () => raw('ClipByValue', [T()], [x4(), tf.scalar(0), tf.scalar(1)]),
  reshape: () => [
    tf.reshape(x4(), [2, 48, 4]),
    tf.expandDims(x4(), 1),
    raw('ExpandDims', [T(), type('Tdim', DT.int32)], [x4(), tf.scalar(-1, 'int32')]),
  ],
  'reshape with -1': () =>
    raw('Reshape', [T(), type('Tshape', DT.int32)], [x4(), tf.tensor1d([-1, 4], 'int32')]),
  transpose: () => tf.transpose(x4(), [0, 3, 1, 2]),
  pads: () => [
    tf.pad(x4(), [
      [0, 0],
      [1, 2],
      [3, 0],
      [0, 0],
    ]),
    tf.mirrorPad(
      x4(),
      [
        [0, 0],
        [2, 2],
        [2, 1],
        [0, 0],
      ],
      'reflect',
    ),
  ],
  'pad raw': () =>
    raw(
      'Pad',
      [T(), type('Tpaddings', DT.int32)],
      [
        x4(),
        tf.tensor2d(
          [
            [0, 0],
            [1, 2],
            [3, 0],
            [0, 0],
          ],
          [4, 2],
          'int32',
        ),
      ],
    ),
  'mirror pad gradient': () =>
    raw(
      'MirrorPadGrad',
      [T(), type('Tpaddings', DT.int32), text('mode', 'REFLECT')],
      [
        x4(),
        tf.tensor2d(
          [
            [0, 0],
            [2, 2],
            [1, 1],
            [0, 0],
          ],
          [4, 2],
          'int32',
        ),
      ],
    ),
  slices: () => [tf.slice(x4(), [0, 2, 1, 0], [2, 3, 4, 4]), tf.slice(x4(), [1, 0, 0, 2], [-1, -1, -1, 1])],
  concat: () => [
    tf.concat([x4(), x4()], 3),
    tf.concat([x4(), x4()], -2),
    tf.stack([x4(), x4()]),
    tf.stack([x4(), x4()], -1),
  ],
  split: () => [tf.split(x4(), [1, 3], 3), tf.split(x4(), [2, -1], 1), tf.split(x4(), 2, -1)],
  tile: () => [tf.tile(x4(), [1, 2, 1, 3]), tf.fill([2, 3], 7), tf.range(0, 7, 2)],
  broadcast: () =>
    raw('BroadcastTo', [T(), type('Tidx', DT.int32)], [tf.scalar(1), tf.tensor1d([2, 3], 'int32')]),
  gather: () => [
    tf.gather(x4(), tf.tensor1d([0, 3, 3], 'int32'), 1),
    tf.gather(
      x4(),
      tf.tensor2d(
        [
          [0, 1],
          [1, 0],
        ],
        [2, 2],
        'int32',
      ),
    ),
  ],
  segments: () =>
    tf.unsortedSegmentSum(tf.randomNormal([5, 2]) as tf.Tensor, tf.tensor1d([0, 1, 1, 2, 3], 'int32'), 4),
  products: () => [
    tf.matMul(tf.randomNormal([2, 3]), tf.randomNormal([3, 5])),
    tf.matMul(tf.randomNormal([4, 3, 2]), tf.randomNormal([4, 5, 3]), true, true),
    raw('MatMul', [T()], [tf.randomNormal([2, 3]) as tf.Tensor, tf.randomNormal([3, 5])]),
    raw('BatchMatMul', [T()], [tf.randomNormal([4, 2, 3]) as tf.Tensor, tf.randomNormal([4, 3, 5])]),
  ],
  convolutions: () => {
    for (const [stride, padding] of [
      [1, 'same'],
      [2, 'same'],
      [1, 'valid'],
      [2, 'valid'],
    ] as const) {
      const f = (x: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding);
      const d = (x: tf.Tensor, w: tf.Tensor) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding);
      tf.grads(f)([x4(), tf.randomNormal([3, 3, 4, 5])]);
      tf.grads(d)([x4(), tf.randomNormal([3, 3, 4, 2])]);
    }
    tf.conv2d(x4(), tf.randomNormal([3, 3, 4, 5]), 1, 'same', 'NHWC', 2);
    tf.conv2dTranspose(x4(), tf.randomNormal([4, 4, 3, 4]), [2, 16, 12, 3], 2, 'same');
  },
  'max pool': () => {
    for (const padding of ['same', 'valid'] as const)
      tf.grad(x => tf.maxPool(x as tf.Tensor4D, [2, 3], [2, 1], padding))(tf.randomNormal([2, 7, 6, 4]));
  },
  bias: () => [raw('BiasAdd', [T()], [x4(), tf.randomNormal([4])]), raw('BiasAddGrad', [T()], [x4()])],
  resize: () => {
    const halfPixels = {name: 'half_pixel_centers', type: backend().binding.TF_ATTR_BOOL, value: true};
    tf.image.resizeBilinear(x4(), [4, 3], false, true);
    tf.image.resizeNearestNeighbor(x4(), [16, 12]);
    raw('ResizeBilinearGrad', [T(), halfPixels], [tf.randomNormal([2, 4, 3, 4]), x4()]);
  },
  'kernels of our own': () => {
    if (!hasOwnKernels(backend())) return console.warn('not compared: this engine has no kernels of ours');
    const [slope, flow] = [tf.randomNormal([4]), tf.randomNormal([2, 8, 6, 2])];
    for (const [op, inputs] of [
      ['RifePrelu', [x4(), slope]],
      ['RifeWarp', [x4(), flow]],
      ['RifeWarpFlowGrad', [x4(), x4(), flow]],
      ['RifeWarpImageGrad', [x4(), flow]],
    ] as const)
      raw(op, [], [...inputs]);
    for (const [op, inputs, outputs] of [
      ['RifePreluGrad', [x4(), x4(), slope], 3],
      ['RifeAdamW', [x4(), x4(), x4(), x4(), tf.ones([6])], 3],
    ] as const)
      backend().executeMultipleOutputs(op, [], [...inputs], outputs);
  },
  'convolutions of our own': () => {
    if (!hasOwnConvs(backend().binding)) return console.warn('not compared: TensorFlow is faster here');
    const [weight, bias, y4] = [tf.ones([3, 3, 4, 5]), tf.ones([5]), tf.ones([2, 8, 6, 5])];
    for (const [op, inputs] of [
      ['RifeConv3x3', [x4(), weight, bias]],
      ['RifeConv3x3Activated', [x4(), weight, bias, bias]],
      ['RifeConv3x3InputGrad', [y4, weight]],
      ['RifeConv3x3WeightGrad', [x4(), y4]],
    ] as const)
      raw(op, [], [...inputs]);
    backend().executeMultipleOutputs('RifeConv3x3Prelu', [], [x4(), weight, bias, bias], 2);
  },
  patches: () => {
    const ints = (name: string, value: number[]) => ({name, type: backend().binding.TF_ATTR_INT, value});
    for (const padding of ['SAME', 'VALID'])
      raw(
        'ExtractImagePatches',
        [
          T(),
          ints('ksizes', [1, 2, 3, 1]),
          ints('strides', [1, 2, 1, 1]),
          ints('rates', [1, 1, 2, 1]),
          text('padding', padding),
        ],
        [x4()],
      );
  },
  'grids of every n-th pixel': () => {
    const edges = [
      [2, 0],
      [3, 0],
    ];
    tf.batchToSpaceND(tf.spaceToBatchND(x4(), [2, 3], edges), [2, 3], edges);
  },
  'depth and space': () => [
    raw('DepthToSpace', [T(), int('block_size', 2)], [x4()]),
    raw('SpaceToDepth', [T(), int('block_size', 2)], [x4()]),
  ],
};
