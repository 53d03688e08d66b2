/**
 * Forward, losses and backward of full-size RIFE in one process, in turn: with our own kernels,
 * with TensorFlow alone, and compiled by XLA. Prints what compiling took, the largest
 * differences, and the medians of the steps.
 *
 *     node bench/step/xla.mjs [--case 1x128] [--network IFNet] [--rounds 10]
 *
 * Processor time is compared, since it also means something on a machine that is busy otherwise.
 */
import {parseArgs} from 'node:util';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import * as tf from '@tensorflow/tfjs-core';
import {fail, median, parseCase, wholeNumber} from '../lib/numbers.mjs';
import {peakRssBytes, timed} from '../lib/process.mjs';

const VARIANTS = {
  'own kernels': {},
  'plain ops': {plainOps: true},
  xla: {compile: 'xla'},
};
/** A sum over all pixels that nearly cancels; docs/exactness.md. */
const CANCELS = 'unet.conv.bias';

function stepOf(model, {batch, crop}) {
  const names = model.parameters.map(({name}) => name);
  return {
    feeds: {
      images: {shape: [batch, crop, crop, 9], dtype: 'uint8'},
      timestep: {shape: [batch], dtype: 'float32'},
    },
    build(graph) {
      const images = tf.div(graph.feed('images'), 255);
      const timestep = graph.feed('timestep');
      const loss = (...values) => {
        const named = Object.fromEntries(values.map((value, i) => [names[i], value]));
        const {terms} = model.losses(named, {images, timestep, gap: timestep}, flow => flow);
        return tf.sum(tf.addN(Object.values(terms)));
      };
      const {value, grads} = tf.valueAndGrads(loss)(names.map(name => graph.read(name)));
      names.forEach((name, i) => graph.assign(`grad/${name}`, grads[i]));
      return {loss: value};
    },
  };
}

async function open(options, model, shape) {
  const engine = await createEngine({...options, info: text => console.error(text)});
  const specs = model.parameters.flatMap(({name, shape}) =>
    ['', 'grad/'].map(prefix => ({name: `${prefix}${name}`, shape})),
  );
  const program = engine.createProgram(specs);
  program.define('step', stepOf(model, shape));
  await program.writeVariables(model.initialize(5));
  return program;
}

/** Largest difference of a gradient, relative to the largest entry of its tensor. */
function worstGradient(ours, theirs) {
  const errors = [...ours].map(([name, values]) => {
    const other = theirs.get(name);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return [values.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0) / largest, name];
  });
  return errors.filter(([, name]) => name !== `grad/${CANCELS}`).sort(([a], [b]) => b - a)[0];
}

async function main() {
  const {values} = parseArgs({
    options: {
      case: {type: 'string', default: '1x128'},
      network: {type: 'string', default: 'IFNet'},
      rounds: {type: 'string', default: '10'},
    },
  });
  const shape = parseCase(values.case);
  const rounds = wholeNumber('rounds', values.rounds);
  const model = createModel({name: values.network, scales: [4, 2, 1], widths: [240, 150, 90]});
  const {batch, crop} = shape;
  // Smooth, as pictures are.
  const wave = i => (Math.sin(i * 0.013) + Math.sin(i * 0.0007) + 2) * 63;
  const images = Uint8Array.from({length: batch * crop * crop * 9}, (_, i) => wave(i));
  const feeds = {images, timestep: new Float32Array(batch).fill(0.5)};
  const gradientNames = model.parameters.map(({name}) => `grad/${name}`);
  const opened = [];
  for (const [name, options] of Object.entries(VARIANTS)) {
    const program = await open(options, model, shape);
    const {result, ...first} = await timed(() => program.run('step', feeds));
    const gradients = await program.readVariables(gradientNames);
    opened.push({name, program, first, loss: result.loss.values[0], gradients, times: []});
    const peakRssMiB = Math.round(peakRssBytes() / 2 ** 20);
    console.log(JSON.stringify({name, first, loss: result.loss.values[0], peakRssMiB}));
  }
  for (let round = 0; round < rounds; round++)
    for (const {program, times} of opened) times.push(await timed(() => program.run('step', feeds)));
  const [own] = opened;
  for (const {name, times, gradients} of opened) {
    const [wallMs, cpuMs] = ['wallMs', 'cpuMs'].map(key => median(times.map(time => time[key])));
    const worst = worstGradient(own.gradients, gradients);
    console.log(JSON.stringify({name, case: values.case, network: values.network, wallMs, cpuMs, worst}));
  }
}

main().catch(fail);
