import {BinaryReader, WireType} from '@bufbuild/protobuf/wire';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, loadRuntime} from '../../index.js';
import {sessionConfig} from '../sessionConfig.js';

/** Fields of a message whose values are numbers or messages; messages as bytes. */
function fieldsOf(bytes: Uint8Array): Record<number, number | Uint8Array> {
  const reader = new BinaryReader(bytes);
  const fields: Record<number, number | Uint8Array> = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    fields[field] = type === WireType.LengthDelimited ? reader.bytes() : Number(reader.int64());
  }
  return fields;
}
const graphOptions = (bytes: Uint8Array) => fieldsOf(fieldsOf(bytes)[10] as Uint8Array);

test('nhwc: a call prunes the graph, and no optimiser runs', () => {
  expect(graphOptions(sessionConfig('nhwc'))).toEqual({6: 1});
  expect(sessionConfig()).toEqual(sessionConfig('nhwc'));
});

test('nchw: only the layout pass is on', () => {
  const {10: rewrite, ...others} = graphOptions(sessionConfig('nchw'));
  expect(others).toEqual({});
  const {
    1: layout,
    2: noPruning,
    4: memory,
    12: iterations,
    17: least,
    ...passes
  } = fieldsOf(rewrite as Uint8Array);
  expect([layout, noPruning, memory, iterations, least]).toEqual([1, 1, 1, 1, -1]);
  // All that RewriterConfig switches on by itself, as TensorFlow 2.21 has them, are 2: off.
  expect(passes).toEqual(Object.fromEntries([3, 7, 8, 9, 10, 13, 14, 15, 18, 22, 24].map(f => [f, 2])));
});

const noise = (n: number) => Float32Array.from({length: n}, (_, i) => Math.sin((i + 1) * 12.9898));

/** A convolution with its gradients, and an expression that TensorFlow's optimiser rewrites. */
async function valuesWith(layout: 'nhwc' | 'nchw') {
  const variables = [
    {name: 'w', shape: [3, 3, 2, 4]},
    {name: 'grad/w', shape: [3, 3, 2, 4]},
  ];
  const program = new CapturedProgram(await loadRuntime(), variables, {device: '', plainOps: true, layout});
  program.define('gradients', {
    feeds: {x: {shape: [1, 12, 12, 2], dtype: 'float32'}},
    build(graph) {
      const x = graph.feed('x') as tf.Tensor4D;
      const loss = (w: tf.Tensor) =>
        tf.mean(tf.square(tf.conv2d(x, w as tf.Tensor4D, 1, 'valid'))) as tf.Scalar;
      const {value, grad} = tf.valueAndGrad(loss)(graph.read('w'));
      graph.assign('grad/w', grad);
      return {value, small: tf.sub(tf.exp(tf.mul(x, 1e-7)), 1)};
    },
  });
  await program.writeVariables(new Map([['w', noise(72)]]));
  const {value, small} = await program.run('gradients', {x: noise(288)});
  const gradient = (await program.readVariables(['grad/w'])).get('grad/w');
  program.dispose();
  return {value: value!.values, small: small!.values, gradient};
}

test('the layout pass changes no bit on a processor, and no other pass runs beside it', async () => {
  const [nhwc, nchw] = [await valuesWith('nhwc'), await valuesWith('nchw')];
  expect(nchw).toEqual(nhwc);
  // expm1(1e-7 x), which the optimiser would make of it, is no multiple of 2^-24.
  expect([...nchw.small].every(value => Number.isInteger(value * 2 ** 24))).toBe(true);
});
