/** Programs whose entries XLA compiles, against the same programs run op by op by TensorFlow. */
import type {EntrySpec, HostTensor} from '@rife-train/core';
import {outside} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, createEngine, loadRuntime} from '../../index.js';
import * as ops from '../../ops/index.js';

const VARIABLES = [
  {name: 'w', shape: [3, 3, 2, 4]},
  {name: 'grad/w', shape: [3, 3, 2, 4]},
];
const noise = (n: number, seed: number) =>
  Float32Array.from({length: n}, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));

const COMPILERS = ['none', 'xla'] as const;
type Compiler = (typeof COMPILERS)[number];

async function open(compile: Compiler, entries: Record<string, EntrySpec>, lines: string[] = []) {
  const backend = await loadRuntime();
  const info = (line: string) => void lines.push(line);
  const program = new CapturedProgram(backend, VARIABLES, {device: '', plainOps: true, compile, info});
  for (const [name, entry] of Object.entries(entries)) program.define(name, entry);
  await program.writeVariables(new Map([['w', noise(72, 1)]]));
  return program;
}

const SIDE = 9;
const IMAGES = {shape: [2, SIDE, SIDE, 2], dtype: 'uint8'} as const;
const images = Uint8Array.from({length: 4 * SIDE * SIDE}, (_, i) => (i * 37) % 256);

const gradients: EntrySpec = {
  feeds: {images: IMAGES},
  build(graph) {
    const x = tf.div(graph.feed('images'), 255) as tf.Tensor4D;
    const loss = (w: tf.Tensor) => {
      const y = tf.relu(tf.conv2d(x, w as tf.Tensor4D, 2, 'valid'));
      return tf.mul(tf.mean(tf.square(y)), graph.scalar('weight')) as tf.Scalar;
    };
    const {value, grad} = tf.valueAndGrad(loss)(graph.read('w'));
    graph.assign('grad/w', grad);
    return {loss: value, finite: tf.all(tf.isFinite(grad)), constant: tf.tensor1d([1, 2])};
  },
};
const update: EntrySpec = {
  feeds: {},
  build(graph) {
    const moved = tf.sub(graph.read('w'), tf.mul(graph.scalar('rate'), graph.read('grad/w')));
    graph.assign('w', moved);
    graph.assignOnlyIf(tf.all(tf.isFinite(moved)) as tf.Scalar);
    return {};
  },
};
const predict: EntrySpec = {
  feeds: {images: IMAGES, gap: {shape: [2], dtype: 'float32'}},
  build(graph) {
    const x = tf.div(graph.feed('images'), 255) as tf.Tensor4D;
    const y = tf.conv2d(x, graph.read('w') as tf.Tensor4D, 1, 'valid');
    // Nothing computes these two.
    return {y, gap: graph.feed('gap'), w: graph.read('w')};
  },
};

/** Largest difference, relative to the largest value. NaN where only one has it. */
function difference(a: HostTensor['values'], b: HostTensor['values']): number {
  expect(a).toHaveLength(b.length);
  let [error, scale] = [0, 1e-30];
  for (let i = 0; i < b.length; i++) {
    error = Math.max(error, Object.is(a[i], b[i]) ? 0 : Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Number.isFinite(b[i]) ? Math.abs(b[i]!) : 0);
  }
  return error / scale;
}

test('gradients, update and predict are those of the plain graph; each is compiled once', async () => {
  const results = [];
  const lines: string[] = [];
  for (const compile of COMPILERS) {
    const program = await open(compile, {gradients, update, predict}, lines);
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) {
      const out = await program.run('gradients', {images}, {weight: 1 + step});
      expect([out['finite']!.values[0], ...out['constant']!.values]).toEqual([1, 1, 2]);
      losses.push(out['loss']!.values[0]!);
      await program.run('update', {}, {rate: 0.1});
    }
    const {y, gap, w} = await program.run('predict', {images, gap: Float32Array.of(3, 5)});
    const variables = await program.readVariables();
    expect([...gap!.values]).toEqual([3, 5]);
    expect([...w!.values]).toEqual([...variables.get('w')!]);
    results.push({losses: Float32Array.from(losses), y: y!.values, w: w!.values});
    program.dispose();
  }
  const [plain, compiled] = results;
  for (const name of ['losses', 'y', 'w'] as const)
    expect(outside('ops: values and gradients', difference(compiled![name], plain![name]), name)).toEqual([]);
  expect(difference(plain!.w, noise(72, 1))).toBeGreaterThan(1e-3);
  const compiling = lines.map(line => /XLA (\w+) "(\w+)"/.exec(line)!.slice(1).join(' '));
  expect(compiling).toEqual(
    ['gradients', 'update', 'predict'].flatMap(name => [`compiles ${name}`, `compiled ${name}`]),
  );
});

test('numbers that are not finite are reported, and nothing is assigned', async () => {
  const program = await open('xla', {gradients, update});
  await program.run('gradients', {images}, {weight: 1});
  const {loss, finite} = await program.run('gradients', {images}, {weight: NaN});
  expect([loss!.values[0], finite!.values[0]]).toEqual([NaN, 0]);
  await program.run('update', {}, {rate: 1});
  expect([...(await program.readVariables(['w'])).get('w')!]).toEqual([...noise(72, 1)]);
  program.dispose();
});

const [B, H, W, C] = [1, 64, 96, 4];
const weight = (h: number, i: number, o: number) => tf.tensor4d(noise(h * h * i * o, 7), [h, h, i, o]);
const bias = (size: number) => tf.tensor1d(noise(size, 8));

/** What networks of ours are made of. */
const OPS: Record<string, (x: tf.Tensor4D, flow: tf.Tensor4D) => tf.Tensor> = {
  abs: x => ops.abs(x),
  clamp01: x => ops.clamp01(x),
  conv2d: x => ops.conv2d(x, weight(3, C, 5), bias(5)),
  'conv2d, stride 2': x => ops.conv2d(x, weight(3, C, 5), bias(5), 2),
  deconv: x => ops.deconv(x, weight(4, 3, C), bias(3)),
  depthToSpace: x => ops.depthToSpace(x, 2),
  depthwiseConv2d: x => ops.depthwiseConv2d(x, weight(3, C, 1), bias(C)),
  dilatedConv2d: x => ops.dilatedConv2d(x, weight(3, C, 5), bias(5), 2),
  laplacianLoss: x => ops.laplacianLoss(x),
  leakyRelu: x => ops.leakyRelu(x, 0.2),
  maxPool2: x => ops.maxPool2(x),
  meanPerSample: x => ops.meanPerSample(x),
  meanAbsPerSample: x => ops.meanAbsPerSample(x),
  pointwiseConv2d: x => ops.pointwiseConv2d(x, weight(1, C, 5), bias(5)),
  prelu: x => ops.prelu(x, tf.tensor1d([0.25, 0.1, -0.3, 0.5])),
  reflectPad: x => ops.reflectPad(x, 3),
  'resize to half': x => ops.resize(x, 0.5),
  'resize to double': x => ops.resize(x, 2),
  rmsOverChannels: x => ops.rmsOverChannels(x),
  safeSqrt: x => ops.safeSqrt(tf.square(x)),
  'warp, image': (x, flow) => ops.warp(x, flow),
  'warp, flow': (flow, x) => ops.warp(x, flow.slice([0, 0, 0, 0], [B, H, W, 2])),
};

const everyOp: EntrySpec = {
  feeds: {
    x: {shape: [B, H, W, C], dtype: 'float32'},
    y: {shape: [B, H, W, C], dtype: 'float32'},
  },
  build(graph) {
    const [x, y] = [graph.feed('x'), graph.feed('y')] as [tf.Tensor4D, tf.Tensor4D];
    const fetches = Object.entries(OPS).flatMap(([name, op]) => {
      const other = name === 'warp, image' ? (tf.slice(y, [0, 0, 0, 0], [B, H, W, 2]) as tf.Tensor4D) : y;
      const valueOf = (at: tf.Tensor) => op(at as tf.Tensor4D, other);
      const gradient = tf.grad(at => tf.sum(tf.square(valueOf(at))))(x);
      return [[`${name}, value`, valueOf(x)] as const, [`${name}, gradient`, gradient] as const];
    });
    return Object.fromEntries(fetches.map(([, tensor], i) => [`op${i}`, tensor]));
  },
};
const fetchNames = Object.keys(OPS).flatMap(name => [`${name}, value`, `${name}, gradient`]);

// Values around 1, so that no mean cancels; flows of up to six pixels.
const x = noise(B * H * W * C, 3).map(value => 5 * value + 1);
const y = noise(B * H * W * C, 4).map(value => 5 * value);
/** One pixel is no number. */
const spoilt = x.map((value, i) => (i >= C * 30 && i < C * 31 ? NaN : value));

/** All ops at `x` and at `spoilt`, with one compilation. */
async function runOps(compile: Compiler): Promise<Record<'sound' | 'spoilt', HostTensor[]>> {
  const program = await open(compile, {everyOp});
  const run = async (at: Float32Array) => {
    const fetched = await program.run('everyOp', {x: at, y});
    return fetchNames.map((_, i) => fetched[`op${i}`]!);
  };
  const results = {sound: await run(x), spoilt: await run(spoilt)};
  program.dispose();
  return results;
}

test('our ops are those of the plain graph: values, gradients, and what is not a number', async () => {
  const [plain, compiled] = [await runOps('none'), await runOps('xla')];
  const wrong = fetchNames.flatMap((name, i) => {
    const [ours, theirs] = [compiled.sound[i]!, plain.sound[i]!];
    expect([name, ours.shape]).toEqual([name, theirs.shape]);
    return outside('ops: values and gradients', difference(ours.values, theirs.values), name);
  });
  expect(wrong).toEqual([]);
  const isLost = (i: number) =>
    plain.spoilt[i]!.values.some(
      (value: number, at: number) => Number.isNaN(value) && !Number.isNaN(compiled.spoilt[i]!.values[at]),
    );
  expect(fetchNames.filter((name, i) => name.endsWith('value') && isLost(i))).toEqual([]);
  expect(plain.spoilt.some(({values}) => values.some(value => Number.isNaN(value)))).toBe(true);
});

test('an op that XLA does not know is named', async () => {
  const cropped: EntrySpec = {
    feeds: {images: IMAGES},
    build: graph => ({
      part: tf.image.cropAndResize(
        graph.feed('images') as tf.Tensor4D,
        tf.tensor2d([[0, 0, 0.5, 0.5]]),
        tf.tensor1d([0], 'int32'),
        [4, 4],
      ),
    }),
  };
  const program = await open('xla', {cropped});
  await expect(program.run('cropped', {images})).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_XLA',
    message: expect.stringContaining('CropAndResize'),
  });
  program.dispose();
});

test('eager execution has nothing to compile', async () => {
  await expect(createEngine({execution: 'eager', compile: 'xla'})).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_XLA_EAGER',
  });
  expect((await createEngine({compile: 'xla'})).description).toContain('compiled by XLA');
});
