/** Bytes of tensors that are alive at once: by hand, and of captured programs. */
import type {CompileReport, EntrySpec} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, loadRuntime} from '../../index.js';
import {prelu} from '../../ops/index.js';
import {DT} from '../graphDef.js';
import {TensorLives} from '../tensorLives.js';

const KIB = [16, 16] as const;
const output = (ref: string) => [ref, KIB, DT.float32] as const;

test('an input is freed after its last use, and a view costs nothing', () => {
  const lives = new TensorLives();
  lives.made('x', KIB, DT.float32);
  lives.ran('Mul', ['x', 'x'], [output('a')]);
  lives.ran('Reshape', ['a'], [output('view')]);
  lives.ran('Neg', ['view'], [output('b')]);
  lives.ran('Neg', ['b'], [output('c')]);
  expect(lives.peakBytes()).toBe(2048); // x and a; a and b; b and c
  lives.used('view'); // fetched at the end
  expect(lives.peakBytes()).toBe(3072); // a, b, c
});

test('what is saved for the backward pass adds up; a constant stays; types have their size', () => {
  const lives = new TensorLives();
  lives.made('image', KIB, DT.uint8);
  lives.ran('Cast', ['image'], [output('x')]);
  lives.constant('k', KIB, DT.float32);
  lives.constant('k', KIB, DT.float32);
  lives.ran('Mul', ['x', 'k'], [output('a')]);
  lives.ran('Mul', ['a', 'k'], [output('b')]);
  lives.ran('AddN', ['x', 'a', 'b'], [output('sum')]);
  expect(lives.peakBytes()).toBe(5 * 1024); // k, x, a, b, sum
});

test('nothing was recorded', () => expect(new TensorLives().peakBytes()).toBe(0));

/** PReLU of a picture and its gradient. */
const entry = (side: number): EntrySpec => ({
  feeds: {images: {shape: [1, side, side, 4], dtype: 'uint8'}},
  build(graph) {
    const loss = (slope: tf.Tensor) =>
      tf.mean<tf.Scalar>(prelu(tf.div(graph.feed('images'), 255) as tf.Tensor4D, slope as tf.Tensor1D));
    const {value, grads} = tf.valueAndGrads(loss)([graph.read('slope')]);
    graph.assign('slope', grads[0]!);
    return {loss: value};
  },
});

async function compiled(side: number, plainOps: boolean): Promise<CompileReport> {
  const backend = await loadRuntime();
  const program = new CapturedProgram(backend, [{name: 'slope', shape: [4]}], {
    device: '',
    plainOps,
  });
  try {
    program.define('step', entry(side));
    return program.compile();
  } finally {
    program.dispose();
  }
}

test("a program's bytes grow with its pixels, and are known before it runs", async () => {
  const [small, large] = [await compiled(32, true), await compiled(64, true)];
  const picture = 64 * 64 * 4 * 4;
  expect(large.entryBytes!['step']).toBeGreaterThan(2 * picture);
  expect(large.entryBytes!['step']).toBeLessThan(10 * picture);
  expect(large.entryBytes!['step']! / small.entryBytes!['step']!).toBeCloseTo(4, 1);
});

test('plainOps records more nodes, which keep more', async () => {
  const [own, plain] = [await compiled(64, false), await compiled(64, true)];
  expect(plain.nodes).toBeGreaterThan(own.nodes);
  expect(plain.entryBytes!['step']).toBeGreaterThan(own.entryBytes!['step']!);
});
