import type {EntrySpec, Program} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, EagerProgram, loadRuntime} from '../index.js';

const VARIABLES = [
  {name: 'w', shape: [3, 3, 2, 4]},
  {name: 'bias', shape: [4]},
  {name: 'grad/w', shape: [3, 3, 2, 4]},
  {name: 'grad/bias', shape: [4]},
];
const random = (n: number, seed: number) =>
  Float32Array.from({length: n}, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));

/** A small convolution trained by gradient descent: a forward, a backward and an update entry. */
const gradients = (side: number): EntrySpec => ({
  feeds: {images: {shape: [2, side, side, 2], dtype: 'uint8'}, target: {shape: [2], dtype: 'float32'}},
  build(graph) {
    const x = tf.div(graph.feed('images'), 255) as tf.Tensor4D;
    const loss = (w: tf.Tensor, bias: tf.Tensor) => {
      const y = tf.relu(tf.add(tf.conv2d(x, w as tf.Tensor4D, 2, 'valid'), bias));
      const perSample = tf.sub(tf.mean(y, [1, 2, 3]), graph.feed('target'));
      return tf.mul(tf.mean(tf.square(perSample)), graph.scalar('weight')) as tf.Scalar;
    };
    const {value, grads} = tf.valueAndGrads(loss as (...args: tf.Tensor[]) => tf.Tensor)([
      graph.read('w'),
      graph.read('bias'),
    ]);
    graph.assign('grad/w', grads[0]!);
    graph.assign('grad/bias', grads[1]!);
    return {loss: value, finite: tf.all(tf.isFinite(grads[0]!))};
  },
});
const update: EntrySpec = {
  feeds: {},
  build(graph) {
    for (const name of ['w', 'bias'])
      graph.assign(name, tf.sub(graph.read(name), tf.mul(graph.scalar('rate'), graph.read(`grad/${name}`))));
    return {};
  },
};

async function make(kind: 'captured' | 'eager', side = 9): Promise<Program> {
  const backend = await loadRuntime();
  const program =
    kind === 'eager' ? new EagerProgram(VARIABLES) : new CapturedProgram(backend, VARIABLES, {device: ''});
  program.define('gradients', gradients(side));
  program.define('update', update);
  await program.writeVariables(
    new Map([
      ['w', random(72, 1)],
      ['bias', random(4, 2)],
    ]),
  );
  return program;
}

const feeds = (step: number, side = 9) => ({
  images: Uint8Array.from({length: 4 * side * side}, (_, i) => (i * 37 + step * 11) % 256),
  target: Float32Array.of(0.1, 0.4),
});

async function train(program: Program, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const {loss, finite} = await program.run('gradients', feeds(step), {weight: 1 + step});
    expect(finite!.values[0]).toBe(1);
    await program.run('update', {}, {rate: 0.1});
    losses.push(loss!.values[0]!);
  }
  return losses;
}

test('captured and eager train alike', async () => {
  const captured = await make('captured');
  const eager = await make('eager');
  const [a, b] = [await train(captured, 6), await train(eager, 6)];
  a.forEach((loss, i) => expect(Math.abs(loss - b[i]!)).toBeLessThan(1e-6 * Math.abs(b[i]!) + 1e-9));
  expect(a.at(-1)).not.toBe(a[0]);
  const [wa, wb] = [
    (await captured.readVariables(['w'])).get('w')!,
    (await eager.readVariables(['w'])).get('w')!,
  ];
  wa.forEach((v, i) => expect(Math.abs(v - wb[i]!)).toBeLessThan(1e-6));
  captured.dispose();
  eager.dispose();
});

describe.each(['captured', 'eager'] as const)('%s program', kind => {
  test('declares scalars by being asked for them', async () => {
    const program = await make(kind);
    expect(program.scalars('gradients')).toEqual(['weight']);
    expect(program.scalars('update')).toEqual(['rate']);
    program.dispose();
  });

  test('keeps its variables when an entry gets a new shape', async () => {
    const program = await make(kind);
    await train(program, 2);
    const before = (await program.readVariables()).get('w')!;
    program.define('gradients', gradients(13));
    await program.run('gradients', feeds(0, 13), {weight: 1});
    expect([...(await program.readVariables(['w'])).get('w')!]).toEqual([...before]);
    program.dispose();
  });

  test('keeps no hold of the arrays that it is given', async () => {
    const program = await make(kind);
    program.define('take', {
      feeds: {fresh: {shape: [4], dtype: 'float32'}},
      build: graph => {
        graph.assign('bias', graph.feed('fresh'));
        graph.assign('grad/bias', tf.mul(tf.onesLike(graph.read('grad/bias')), graph.scalar('one')));
        return {};
      },
    });
    const biasOf = async () => [...(await program.readVariables(['bias'])).get('bias')!];
    // Only memory that is aligned is shared; some of these are.
    for (const array of Array.from({length: 64}, () => new Float32Array(4).fill(1))) {
      await program.writeVariables(new Map([['bias', array]]));
      array.fill(2);
      expect(await biasOf()).toEqual([1, 1, 1, 1]);
      await program.run('take', {fresh: array}, {one: 1});
      array.fill(3);
      expect(await biasOf()).toEqual([2, 2, 2, 2]);
    }
    program.dispose();
  });

  test('reads see the old value in the run that assigns', async () => {
    const program = await make(kind);
    program.define('swap', {
      feeds: {},
      build: graph => {
        const [old, doubled] = [graph.read('bias'), tf.mul(graph.read('bias'), 2)];
        graph.assign('bias', doubled);
        return {old, doubled};
      },
    });
    const {old, doubled} = await program.run('swap', {});
    expect([...old!.values]).toEqual([...random(4, 2)]);
    expect([...(await program.readVariables(['bias'])).get('bias')!]).toEqual([...doubled!.values]);
    program.dispose();
  });

  test('keeps no tensor over 1,000 runs', async () => {
    const {binding} = await loadRuntime();
    const program = await make(kind);
    await train(program, 2);
    const [tensors, native] = [tf.memory().numTensors, binding.getNumOfTensors()];
    for (let i = 0; i < 500; i++) {
      await program.run('gradients', feeds(i), {weight: 1});
      await program.run('update', {}, {rate: 0});
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(binding.getNumOfTensors()).toBe(native);
    program.dispose();
  });

  test.each([
    ['a missing feed', {target: Float32Array.of(0, 0)}, {weight: 1}],
    ['a short feed', {...feeds(0), target: Float32Array.of(0)}, {weight: 1}],
    ['a feed of another type', {...feeds(0), target: Uint8Array.of(0, 0)}, {weight: 1}],
    ['a missing scalar', feeds(0), {}],
  ])('rejects %s and keeps working', async (_, given, scalars) => {
    const program = await make(kind);
    await expect(program.run('gradients', given as never, scalars as never)).rejects.toMatchObject({
      code: 'RIFE_ERR_ENGINE_FEED',
    });
    await expect(program.run('gradients', feeds(0), {weight: 1})).resolves.toHaveProperty('loss');
    program.dispose();
  });

  test('names unknown entries, feeds and variables', async () => {
    const program = await make(kind);
    await expect(program.run('nope', {})).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_UNKNOWN_ENTRY'});
    await expect(program.writeVariables(new Map([['nope', random(1, 1)]]))).rejects.toMatchObject({
      code: 'RIFE_ERR_ENGINE_UNKNOWN_VARIABLE',
    });
    await expect(program.writeVariables(new Map([['w', random(1, 1)]]))).rejects.toMatchObject({
      code: 'RIFE_ERR_ENGINE_VARIABLE',
    });
    program.define('bad', {feeds: {}, build: graph => ({x: graph.feed('nope')})});
    await expect(program.run('bad', {})).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_UNKNOWN_FEED'});
    program.dispose();
  });

  test('refuses an asynchronous build', async () => {
    const program = await make(kind);
    program.define('bad', {feeds: {}, build: (async () => ({})) as never});
    await expect(program.run('bad', {})).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_ASYNC_TRACE'});
    program.dispose();
  });
});

describe('capturing', () => {
  const capture = async (build: EntrySpec['build']) => {
    const debug: string[] = [];
    const program = new CapturedProgram(await loadRuntime(), VARIABLES, {
      device: '',
      debug: message => debug.push(message),
    });
    program.define('entry', {feeds: {x: {shape: [2, 3], dtype: 'float32'}}, build});
    return {program, debug, run: () => program.run('entry', {x: Float32Array.of(3, 1, 2, 6, 5, 4)})};
  };

  test('executes an op without a shape function for its shape, and says so', async () => {
    const {run, debug, program} = await capture(graph => ({y: tf.topk(graph.feed('x'), 2).values}));
    const {y} = await run();
    expect([...y!.values]).toEqual([3, 2, 6, 5]);
    expect(debug.join()).toContain('TopKV2');
    program.dispose();
  });

  test('runs on the device that it was given, and says so when there is none', async () => {
    const on = async (device: string) => {
      const program = new CapturedProgram(await loadRuntime(), [], {
        device,
      });
      program.define('entry', {
        feeds: {x: {shape: [2], dtype: 'float32'}},
        build: graph => ({y: tf.neg(graph.feed('x'))}),
      });
      return program.run('entry', {x: Float32Array.of(1, 2)}).finally(() => program.dispose());
    };
    expect([...(await on('/device:CPU:0')).y!.values]).toEqual([-1, -2]);
    await expect(on('/device:CPU:7')).rejects.toMatchObject({
      code: expect.stringMatching(/RIFE_ERR_ENGINE_GRAPH_(LOAD|RUN)/) as string,
      message: expect.stringContaining('CPU:7') as string,
    });
  });

  test('a capture leaks no tensor', async () => {
    await loadRuntime();
    const before = tf.memory().numTensors;
    const {program, run} = await capture(graph => ({y: tf.neg(graph.feed('x'))}));
    await run();
    program.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('names the kernel that reads a value', async () => {
    const indices = (x: tf.Tensor) => tf.cast(tf.slice(x, [0, 1], [2, 1]), 'int32');
    const {run} = await capture(graph => ({y: tf.gather(graph.feed('x'), indices(graph.feed('x')))}));
    await expect(run()).rejects.toMatchObject({
      code: 'RIFE_ERR_ENGINE_TRACED_READ',
      message: expect.stringContaining('GatherV2') as string,
    });
  });

  test('refuses a tensor that was kept from an earlier capture', async () => {
    let leaked: tf.Tensor | undefined;
    const {run} = await capture(graph => {
      leaked ??= tf.keep(tf.neg(graph.feed('x')));
      return {y: tf.abs(leaked)};
    });
    await run();
    const again = await capture(() => ({y: tf.abs(leaked!)}));
    await expect(again.run()).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_STALE_TENSOR'});
    leaked!.dispose();
  });

  test('a failed capture leaves the backend as it was', async () => {
    const {run} = await capture(() => {
      throw new Error('from a tap');
    });
    await expect(run()).rejects.toThrow('from a tap');
    expect([...tf.add(tf.tensor1d([1]), 1).dataSync()]).toEqual([2]);
  });

  test('a shape that depends on values is named with its op', async () => {
    const {run} = await capture(graph => {
      const axis = tf.cast(tf.slice(graph.feed('x'), [0, 0], [1, 1]), 'int32');
      const backend = tf.backend() as unknown as {
        executeSingleOutput(op: string, a: object[], i: tf.Tensor[]): tf.Tensor;
      };
      return {y: backend.executeSingleOutput('ExpandDims', [], [graph.feed('x'), axis])};
    });
    await expect(run()).rejects.toMatchObject({
      code: 'RIFE_ERR_ENGINE_OP_SHAPE',
      message: expect.stringContaining('ExpandDims') as string,
    });
  });

  test('a fetch that is no tensor is named', async () => {
    const {run} = await capture(() => ({y: 3 as never}));
    await expect(run()).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_FETCH'});
  });

  test('carries large uniform constants as one value', async () => {
    const {program, run} = await capture(graph => ({
      y: tf.add(tf.sum(tf.zeros([500, 500])), tf.sum(graph.feed('x'))),
    }));
    expect([...(await run()).y!.values]).toEqual([21]);
    program.dispose();
  });
});
