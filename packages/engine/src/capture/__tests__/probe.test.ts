/** Does the probe name the op that a number which is not finite really comes from? */
import type {EntrySpec, GraphBuilder, NamedTensors} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime} from '../../runtime/index.js';
import type {NodeBackend} from '../../runtime/nodeBackend.js';
import {conv2d} from '../../ops/index.js';
import {ProbeProgram} from '../index.js';

let backend: NodeBackend;
beforeAll(async () => void (backend = await loadRuntime()));

const VARIABLES = [
  {name: 'w', shape: [3]},
  {name: 'grad/w', shape: [3]},
  {name: 'sum', shape: [3]},
];
const FEEDS: EntrySpec['feeds'] = {x: {shape: [3], dtype: 'float32'}};

let probe: ProbeProgram;
let open: string[];
beforeEach(() => {
  open = [];
  probe = new ProbeProgram(VARIABLES, backend, () => open.at(-1) ?? 'outermost');
});
afterEach(() => probe.dispose());

function scope<T>(name: string, run: () => T): T {
  open.push(name);
  try {
    return run();
  } finally {
    open.pop();
  }
}

/** Runs an entry once on x, with weights 1. */
async function run(
  build: (graph: GraphBuilder, x: tf.Tensor) => NamedTensors,
  x: readonly number[] = [-1, 1, 2],
  scalars: Record<string, number> = {},
  w: readonly number[] = [1, 1, 1],
) {
  await probe.writeVariables(new Map([['w', Float32Array.from(w)]]));
  probe.define('step', {feeds: FEEDS, build: graph => build(graph, graph.feed('x'))});
  return probe.run('step', {x: Float32Array.from(x)}, scalars);
}

/** `[scope, op]` of the ops that something comes from. */
const origins = (...names: string[]) => probe.originsOf(names).map(found => [found.scope, found.op]);

/** Gradient of a loss for `w`, as the trainer takes it. */
function withGradient(graph: GraphBuilder, lossOf: (w: tf.Tensor) => tf.Tensor): NamedTensors {
  const w = graph.read('w');
  const {value, grads} = tf.engine().gradients(
    () => {
      const loss = tf.sum(lossOf(w));
      probe.endForward();
      return loss;
    },
    [w],
    undefined,
    true,
  );
  probe.endBackward();
  graph.assign('grad/w', grads[0]!);
  return {loss: tf.clone(value)};
}

test('what is masked on the way is not what the loss comes from', async () => {
  const {loss} = await run((_, x) => {
    const masked = scope('masked', () => tf.where(tf.greater(x, 0), tf.log(x), tf.zerosLike(x)));
    const root = scope('decisive', () => tf.sqrt(tf.sub(x, 5)));
    return {loss: tf.sum(tf.add(masked, root))};
  });
  expect(loss!.values[0]).toBeNaN();
  expect(probe.findings.map(found => found.scope)).toEqual(['masked', 'decisive']);
  expect(origins('loss')).toEqual([['decisive', 'Sqrt']]);
});

test('what only a log sees is not what the loss comes from', async () => {
  await run((_, x) => ({
    'log/a': scope('log', () => tf.sum(tf.log(x))),
    loss: scope('loss', () => tf.sum(tf.div(x, tf.zerosLike(x)))),
    sound: tf.sum(x),
  }));
  expect(origins('loss')).toEqual([['loss', expect.stringMatching(/Div/)]]);
  expect(origins('log/a')).toEqual([['log', 'Log']]);
  expect(origins('sound')).toEqual([]);
});

test('what is masked in the forward pass and comes back in the gradient is named', async () => {
  const {loss} = await run(
    (graph, x) =>
      withGradient(graph, w => {
        const product = tf.mul(w, x);
        const power = scope('power', () => tf.exp(product));
        // The gradient of exp is exp again: 0 * Infinity where it was masked.
        return tf.where(tf.less(x, 10), power, tf.zerosLike(product));
      }),
    [0, 1, 1000],
  );
  expect(loss!.values[0]).toBeCloseTo(1 + Math.E, 5);
  expect(origins('loss')).toEqual([]);
  expect(origins('grad/w')).toEqual([['power', 'Exp']]);
});

test('a gradient that overflows alone is named as that of its scope', async () => {
  await run((graph, x) => withGradient(graph, w => scope('root', () => tf.sqrt(tf.mul(w, x)))), [0, 1, 2]);
  expect(origins('loss')).toEqual([]);
  expect(origins('grad/w')).toEqual([['gradient of root', expect.stringMatching(/Div/)]]);
});

test('ops after the backward pass do not belong to a gradient', async () => {
  await run((graph, x) => {
    const fetches = withGradient(graph, w => scope('product', () => tf.mul(w, x)));
    return {...fetches, norm: scope('norm', () => tf.log(tf.neg(tf.sum(tf.square(x)))))};
  });
  expect(origins('norm')).toEqual([['norm', 'Log']]);
});

test('all that it comes from are named, those that are independent of each other, in their order', async () => {
  await run((_, x) => {
    const a = scope('a', () => tf.log(x));
    const b = scope('b', () => tf.sqrt(x));
    const behind = scope('behind', () => tf.exp(b));
    return {loss: tf.sum(tf.addN([a, behind]))};
  });
  expect(origins('loss')).toEqual([
    ['a', 'Log'],
    ['b', 'Sqrt'],
  ]);
});

test('shapes that change, clones and variables on the way lose nothing', async () => {
  await run((graph, x) => {
    const root = scope('first run', () => tf.sqrt(x));
    graph.assign('sum', tf.reshape(tf.clone(tf.reshape(root, [3, 1])), [3]));
    return {};
  });
  const again = await run(graph => ({loss: tf.sum(tf.clone(graph.read('sum')))}));
  expect(again['loss']!.values[0]).toBeNaN();
  expect(origins('loss')).toEqual([['first run', 'Sqrt']]);
  expect(probe.findings).toEqual([]);
});

describe('what came from outside is named', () => {
  test('a feed', async () => {
    await run((_, x) => ({loss: tf.sum(tf.mul(x, 2))}), [1, NaN, 1]);
    expect(probe.originsOf(['loss'])).toMatchObject([{fromOutside: true, source: 'feed "x"'}]);
  });

  test('a variable', async () => {
    await run((graph, x) => ({loss: tf.sum(tf.mul(x, graph.read('w')))}), [3, 1, 1], {}, [1, Infinity, 1]);
    expect(probe.originsOf(['loss'])).toMatchObject([
      {op: 'Mul', fromOutside: true, source: 'variable "w"', largestInput: 3},
    ]);
  });

  test('a scalar, and a constant', async () => {
    await run(
      (graph, x) => ({
        loss: tf.sum(tf.mul(x, graph.scalar('gain'))),
        other: tf.sum(tf.mul(x, tf.tensor1d([1, NaN, 1]))),
      }),
      [1, 1, 1],
      {gain: Infinity},
    );
    expect(probe.originsOf(['loss'])).toMatchObject([{source: 'scalar "gain"'}]);
    expect(probe.originsOf(['other'])).toMatchObject([{source: 'a constant'}]);
  });

  test('nothing, where numbers went in that are finite', async () => {
    await run((_, x) => ({loss: tf.sum(tf.log(x))}));
    expect(probe.originsOf(['loss'])).toMatchObject([{fromOutside: false}]);
    expect(probe.originsOf(['loss'])[0]).not.toHaveProperty('source');
  });
});

test('an entry is built once: scalars are those that are given', async () => {
  let builds = 0;
  const build = (graph: GraphBuilder, x: tf.Tensor) => {
    builds += 1;
    return {loss: tf.sum(tf.mul(x, graph.scalar('gain')))};
  };
  const {loss} = await run(build, [1, 2, 3], {gain: 2, unused: 1});
  expect(loss!.values[0]).toBe(12);
  expect(builds).toBe(1);
  await expect(run(build, [1, 2, 3], {})).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_FEED',
    message: expect.stringContaining('"gain" of entry "step" got undefined'),
  });
});

test('no tensor is kept alive', async () => {
  const before = backend.numDataIds();
  for (let i = 0; i < 3; i++)
    await run((graph, x) => {
      graph.assign('sum', tf.sqrt(x));
      return {loss: tf.sum(tf.exp(tf.sqrt(tf.add(x, graph.read('sum')))))};
    });
  expect(backend.numDataIds()).toBe(before);
});

test('a convolution in bf16 is named like any other', async () => {
  const rounding = new ProbeProgram(VARIABLES, backend, () => 'here', 'rounded');
  rounding.define('step', {
    feeds: {x: {shape: [1, 4, 4, 1], dtype: 'float32'}},
    build: graph => ({
      loss: tf.sum(conv2d(graph.feed('x') as tf.Tensor4D, tf.ones([3, 3, 1, 1]), tf.zeros([1]))),
    }),
  });
  // The sum of nine is beyond the largest number.
  const {loss} = await rounding.run('step', {x: new Float32Array(16).fill(1e38)});
  expect(loss!.values[0]).toBe(Infinity);
  expect(rounding.originsOf(['loss']).map(({op}) => op)).toEqual(['Conv2D']);
  rounding.dispose();
});
