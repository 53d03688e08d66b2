/**
 * Convolutions of 3x3 by our own kernels (Winograd) and by TensorFlow's (oneDNN), forward and both
 * gradients, by shape. Prints a table of processor time; op by op in one program, in turn.
 *
 *     node bench/step/convs.mjs [--shapes 4x56x90,4x14x240] [--rounds 9]
 *
 * A shape is batch x height (and width) x channels in and out.
 */
import {parseArgs} from 'node:util';
import {createEngine} from '@rife-train/engine';
import {rawOp} from '@rife-train/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import {fail, median, wholeNumber} from '../lib/numbers.mjs';
import {timed} from '../lib/process.mjs';

/** The layers of RIFE at 4 x 224 and 1 x 128, and smaller ones. */
const SHAPES =
  '4x56x90,4x28x150,4x14x240,1x32x90,1x16x150,1x8x240,4x112x32,8x112x16,4x56x64,4x28x128,4x14x256,4x64x24,1x128x32';

const FLOAT = {type: 'float32'};
const ATTRS = {
  T: FLOAT,
  strides: [1, 1, 1, 1],
  padding: 'SAME',
  data_format: 'NHWC',
  dilations: [1, 1, 1, 1],
};
const ints = values => tf.tensor1d(values, 'int32');

const OPS = {
  forward: {
    own: ({x, w, bias}) => rawOp('RifeConv3x3', [x, w, bias], {}),
    theirs: ({x, w, bias}) => rawOp('BiasAdd', [rawOp('Conv2D', [x, w], ATTRS), bias]),
  },
  'to the image': {
    own: ({y, w}) => rawOp('RifeConv3x3InputGrad', [y, w], {}),
    theirs: ({x, y, w}) => rawOp('Conv2DBackpropInput', [ints(x.shape), w, y], ATTRS),
  },
  'to the weight': {
    own: ({x, y}) => rawOp('RifeConv3x3WeightGrad', [x, y], {}),
    theirs: ({x, y, w}) => rawOp('Conv2DBackpropFilter', [x, ints(w.shape), y], ATTRS),
  },
};
/** Calls of an op in a run, one after the other. */
const CALLS = 8;

function entry(op, [batch, side, channels]) {
  const image = [batch, side, side, channels];
  return {
    feeds: {
      x: {shape: image, dtype: 'float32'},
      y: {shape: image, dtype: 'float32'},
      w: {shape: [3, 3, channels, channels], dtype: 'float32'},
      bias: {shape: [channels], dtype: 'float32'},
    },
    build(graph) {
      const {x, y, w, bias} = Object.fromEntries(
        ['x', 'y', 'w', 'bias'].map(name => [name, graph.feed(name)]),
      );
      let first = tf.scalar(0);
      for (let i = 0; i < CALLS; i++) {
        // Each call needs something of the one before, so none is shared and none runs beside it.
        const [shifted, filter] = op.ofWeight ? [tf.add(y, first), w] : [y, tf.add(w, first)];
        const result = op.run({x, y: shifted, w: filter, bias});
        first = tf.mul(tf.reshape(tf.slice(tf.reshape(result, [-1]), [0], [1]), []), 1e-9);
      }
      return {first};
    },
  };
}

const noise = size => Float32Array.from({length: size}, (_, i) => Math.sin(i * 12.9898) * 0.5);

async function main() {
  const {values} = parseArgs({
    options: {shapes: {type: 'string', default: SHAPES}, rounds: {type: 'string', default: '9'}},
  });
  const rounds = wholeNumber('rounds', values.rounds);
  const engine = await createEngine();
  console.log(
    '| batch x side x channels | op | ours, ms of the clock | TensorFlow | ratio | by processor time |',
  );
  console.log('| --- | --- | --: | --: | --: | --: |');
  for (const name of values.shapes.split(',')) {
    const [batch, side, channels] = name.split('x').map(Number);
    const image = noise(batch * side * side * channels);
    const feeds = {x: image, y: image, w: noise(9 * channels * channels), bias: noise(channels)};
    for (const [what, sides] of Object.entries(OPS)) {
      const programs = Object.entries(sides).map(([side_, op]) => {
        const program = engine.createProgram([]);
        program.define('op', entry({run: op, ofWeight: what === 'to the weight'}, [batch, side, channels]));
        return {side: side_, run: () => program.run('op', feeds), times: [], program};
      });
      for (const {run} of programs) await run();
      for (let round = 0; round < rounds; round++) for (const p of programs) p.times.push(await timed(p.run));
      const [[own, ownCpu], [theirs, theirCpu]] = programs.map(({times}) =>
        ['wallMs', 'cpuMs'].map(key => median(times.map(time => time[key])) / CALLS),
      );
      const cells = [
        name,
        what,
        own.toFixed(2),
        theirs.toFixed(2),
        (own / theirs).toFixed(2),
        (ownCpu / theirCpu).toFixed(2),
      ];
      console.log(`| ${cells.join(' | ')} |`);
      programs.forEach(({program}) => program.dispose());
    }
  }
}

main().catch(fail);
