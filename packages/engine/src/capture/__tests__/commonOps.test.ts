/** Ops of tfjs that plugins are likely to use: captured, each gives what it gives op by op. */
import type {Program} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, EagerProgram, loadRuntime} from '../../index.js';
const ops: [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['expandDims', x => tf.expandDims(x, 1)],
  ['gather', x => tf.gather(x, tf.tensor1d([1, 0], 'int32'))],
  ['oneHot', x => tf.oneHot(tf.cast(x, 'int32'), 3)],
  ['stack', x => tf.stack([x, x])],
  ['unstack', x => tf.unstack(x)[0]!],
  ['squeeze', x => tf.squeeze(tf.reshape(x, [4, 1]))],
  ['tile', x => tf.tile(x, [2])],
  ['pad', x => tf.pad(x, [[1, 1]])],
  ['cumsum', x => tf.cumsum(x)],
  ['topk', x => tf.topk(x, 2).values],
  ['argMax', x => tf.argMax(x)],
  ['softmax', x => tf.softmax(x)],
  ['logSumExp', x => tf.logSumExp(x)],
  ['einsum', x => tf.einsum('i,j->ij', x as tf.Tensor1D, x as tf.Tensor1D)],
  ['matMul', x => tf.matMul(tf.reshape(x, [2, 2]), tf.reshape(x, [2, 2]))],
  ['avgPool', x => tf.avgPool(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D, 2, 1, 'same')],
  ['maxPool', x => tf.maxPool(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D, 2, 1, 'same')],
  [
    'depthwise',
    x => tf.depthwiseConv2d(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D, tf.ones([2, 2, 1, 1]), 1, 'same'),
  ],
  ['prod', x => tf.prod(x)],
  ['min', x => tf.min(x)],
  ['any', x => tf.any(tf.cast(x, 'bool'))],
  ['all', x => tf.all(tf.cast(x, 'bool'))],
  ['pow', x => tf.pow(x, 2)],
  ['mod', x => tf.mod(x, 2)],
  ['sign', x => tf.sign(x)],
  ['floor', x => tf.floor(x)],
  ['clip', x => tf.clipByValue(x, 0, 1)],
  ['where', x => tf.where(tf.greater(x, 1), x, tf.zerosLike(x))],
  ['stridedSlice', x => tf.stridedSlice(x, [0], [4], [2])],
  ['range', x => tf.add(x, tf.range(0, 4))],
  ['linspace', x => tf.add(x, tf.linspace(0, 1, 4))],
  ['fill', x => tf.add(x, tf.fill([4], 2))],
  ['eye', x => tf.mul(tf.eye(4), x)],
  ['moments', x => tf.moments(x).variance],
  ['norm', x => tf.norm(x)],
  ['broadcastTo', x => tf.broadcastTo(tf.reshape(x, [4, 1]), [4, 3])],
  ['leakyRelu', x => tf.leakyRelu(x)],
  ['elu', x => tf.elu(x)],
  ['softplus', x => tf.softplus(x)],
  ['tanh', x => tf.tanh(x)],
  ['huber', x => tf.losses.huberLoss(x, tf.zerosLike(x))],
  ['localResponse', x => tf.localResponseNormalization(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D)],
  [
    'batchNorm',
    x => tf.batchNorm(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D, tf.tensor1d([1]), tf.tensor1d([2])),
  ],
  [
    'spaceToBatch',
    x =>
      tf.spaceToBatchND(
        tf.reshape(x, [1, 2, 2, 1]),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
  ],
  ['depthToSpace', x => tf.depthToSpace(tf.reshape(x, [1, 1, 1, 4]) as tf.Tensor4D, 2)],
  ['transpose', x => tf.transpose(tf.reshape(x, [2, 2]))],
  ['reverse', x => tf.reverse(x)],
  ['concat', x => tf.concat([x, x])],
  ['split', x => tf.split(x, 2)[0]!],
  ['gatherND', x => tf.gatherND(x, tf.tensor2d([[1], [0]], [2, 1], 'int32'))],
  ['logicalAnd', x => tf.cast(tf.logicalAnd(tf.cast(x, 'bool'), tf.cast(x, 'bool')), 'float32')],
  ['erf', x => tf.erf(x)],
  ['isNaN', x => tf.isNaN(x)],
  ['meshgrid', x => tf.meshgrid(x, x)[0]!],
  ['unsortedSegmentSum', x => tf.unsortedSegmentSum(x, tf.tensor1d([0, 1, 0, 1], 'int32'), 2)],
  ['resizeNN', x => tf.image.resizeNearestNeighbor(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D, [4, 4])],
];
let backend: Awaited<ReturnType<typeof loadRuntime>>;
beforeAll(async () => {
  backend = await loadRuntime();
});

async function run(program: Program, f: (x: tf.Tensor) => tf.Tensor): Promise<number[]> {
  program.define('op', {
    feeds: {x: {shape: [4], dtype: 'float32'}},
    build: graph => ({y: f(graph.feed('x'))}),
  });
  const {y} = await program.run('op', {x: Float32Array.of(0, 1, 2, 3)});
  program.dispose();
  return [...y!.shape, ...y!.values];
}

test.each(ops)('%s', async (_, f) => {
  const eager = await run(new EagerProgram([]), f);
  const captured = await run(new CapturedProgram(backend, [], {device: ''}), f);
  expect(captured).toHaveLength(eager.length);
  captured.forEach((value, i) => {
    if (Number.isNaN(eager[i])) expect(value).toBeNaN();
    else expect(Math.abs(value - eager[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(eager[i]!)));
  });
});
