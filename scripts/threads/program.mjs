/**
 * Work of each thread of a run: loads the engine, traces and loads a program with as many variables
 * as RIFE's optimizer has, writes, updates and reads them, and checks every number. Threads must
 * not affect each other: each writes its own values into variables of the same names.
 */
import {createEngine} from '@rife-train/engine';
import {conv2d, prelu} from '@rife-train/engine/ops';
import * as tf from '@tensorflow/tfjs-core';

const CHANNELS = 8;
const LAYERS = 4;
const SIDE = 12;
const VARIABLES = 300;

const plain = Array.from({length: VARIABLES}, (_, i) => ({name: `w${i}`, shape: [1 + (i % 40), 16]}));
const layers = Array.from({length: LAYERS}, (_, i) => [
  {name: `layer${i}.weight`, shape: [3, 3, CHANNELS, CHANNELS]},
  {name: `layer${i}.bias`, shape: [CHANNELS]},
  {name: `layer${i}.slope`, shape: [CHANNELS]},
]).flat();
const specs = [...plain, ...layers];
const sizeOf = ({shape}) => shape.reduce((product, side) => product * side, 1);

/**
 * Forward and backward of some convolutions. The gradients are not stored in variables; the norm of
 * each is fetched.
 */
const gradients = {
  feeds: {images: {shape: [2, SIDE, SIDE, CHANNELS], dtype: 'uint8'}},
  build(graph) {
    const images = tf.div(graph.feed('images'), 255);
    const loss = (...weights) => {
      let x = images;
      for (let i = 0; i < LAYERS; i++) {
        const [weight, bias, slope] = weights.slice(3 * i, 3 * i + 3);
        x = prelu(conv2d(x, weight, bias), slope);
      }
      return tf.mean(tf.square(x));
    };
    const read = layers.map(({name}) => graph.read(name));
    const {value, grads} = tf.valueAndGrads(loss)(read);
    const squares = grads.map(gradient => tf.sum(tf.square(gradient)));
    // Cumsum has no shape function here: tracing runs it once, as an op of several threads at once.
    return {loss: value, norms: tf.cumsum(tf.stack(squares))};
  },
};

/** Adds a scalar to every variable: the result is known to the last bit. */
const update = {
  feeds: {},
  build(graph) {
    for (const {name} of plain) graph.assign(name, tf.add(graph.read(name), graph.scalar('step')));
    return {};
  },
};

/** Eager ops with attributes, as tracing and the examination of a failed step run them. */
function eagerly(rounds) {
  for (let i = 0; i < rounds; i++)
    tf.tidy(() => {
      const x = tf.fill([1, 8, 8, 4], i);
      const total = tf
        .sum(tf.avgPool(tf.conv2d(x, tf.ones([3, 3, 4, 2]), 1, 'same'), 2, 2, 'valid'))
        .dataSync()[0];
      if (!Number.isFinite(total)) throw new Error(`an eager sum is ${total}`);
    });
}

const startValues = own =>
  new Map(
    specs.map((spec, index) => {
      const scale = spec.name.startsWith('layer') ? 0.1 : own + 1;
      const value = i => Math.fround(scale * Math.sin(index + i));
      return [spec.name, Float32Array.from({length: sizeOf(spec)}, (_, i) => value(i))];
    }),
  );

function check(read, written, steps, own) {
  for (const {name} of plain) {
    const values = read.get(name);
    written.get(name).forEach((start, i) => {
      let expected = start;
      for (let step = 0; step < steps; step++) expected = Math.fround(expected + (own + 1));
      if (values[i] !== expected) throw new Error(`${name}[${i}] is ${values[i]}, expected ${expected}`);
    });
  }
}

/**
 * @param own number of the thread
 * @param rounds programs created and disposed, one after the other
 * @param meet called before each part; waits for the other threads, or for a while
 * @returns the losses, which must equal those of the other threads
 */
export async function work({own, rounds, steps, meet}) {
  meet();
  const engine = await createEngine({allowInstall: false});
  const losses = [];
  for (let round = 0; round < rounds; round++) {
    meet();
    eagerly(3);
    const program = engine.createProgram(specs);
    program.define('gradients', gradients);
    program.define('update', update);
    meet();
    program.compile();
    meet();
    const written = startValues(own);
    await program.writeVariables(written);
    for (let step = 0; step < steps; step++) {
      const images = new Uint8Array(2 * SIDE * SIDE * CHANNELS).map((_, i) => (i * 31 + step) % 256);
      const {loss, norms} = await program.run('gradients', {images});
      losses.push(loss.values[0], norms.values.at(-1));
      await program.run('update', {}, {step: own + 1});
    }
    meet();
    check(await program.readVariables(), written, steps, own);
    meet();
    program.dispose();
  }
  return losses;
}
