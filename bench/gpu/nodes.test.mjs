/**
 * No node of a step computes on the host of a GPU without belonging there, by the recorded registry
 * of TensorFlow's kernels. Run by test/workspace/gpuNodes.test.ts.
 */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {definePlugin} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {recordRun} from './graphs.mjs';
import {judgeAll, PAGE, pageWith, registry} from './nodes.mjs';
import {bytesOf, placementOf} from './placement.mjs';

const entries = await judgeAll();
const isStep = ({entry}) => entry === 'update' || entry.startsWith('gradients');
const pixels = {IFNet: 4 * 224 * 224, RIFE: 4 * 256 * 256, 'RIFE 4.0': 4 * 224 * 224};
const imageBytes = name =>
  9 * (name === 'RIFE 4.0' ? pixels[name] : name.startsWith('RIFE') ? pixels.RIFE : pixels.IFNet);

for (const {name, entry, missing} of entries)
  test(`${name}, ${entry}: each node has a kernel of a GPU, or belongs on the host`, () => {
    assert.deepEqual(
      missing.map(({node, why}) => `${node.name}: ${why}`),
      [],
    );
  });

test('images go to the GPU once, and scalars alone come back from a step', () => {
  for (const {name, entry, crossings} of entries.filter(isStep)) {
    const most = (entry === 'update' ? 0 : imageBytes(name)) + 300;
    assert.ok(bytesOf(crossings, 'to GPU') <= most, `${name}, ${entry}`);
    for (const {what, bytes, direction} of crossings)
      if (direction === 'to host') assert.ok(bytes <= 16, `${name}, ${entry}: ${what} has ${bytes} bytes`);
  }
});

test('within a run a padding constant and the condition of the update are copied, and nothing else', () => {
  const inside = entries.flatMap(({crossings}) => crossings.filter(({what}) => what === 'inside'));
  assert.deepEqual([...new Set(inside.map(({from, to, bytes}) => `${from} > ${to}: ${bytes}`))].sort(), [
    'Const > PadV2: 4',
    'IsFinite > Switch: 1',
  ]);
});

/** IFNet with a plugin that changes its loss. */
async function planted(change) {
  const plugin = definePlugin({
    name: 'test:planted',
    apply: ({hooks}) =>
      hooks.afterLoss.tap('test:planted', loss => ({
        ...loss,
        terms: {...loss.terms, reconstruction: change(loss.terms.reconstruction)},
      })),
  });
  const graphs = await recordRun({model: {name: 'RIFE4', version: '4.0'}, plugins: () => [plugin]});
  return placementOf(graphs.get('gradients'), registry);
}

test('planted: int32 arithmetic, whose kernel has only the name of a GPU', async () => {
  const {missing, crossings} = await planted(term => {
    const whole = tf.cast(tf.mul(tf.cast(term, 'int32'), tf.scalar(2, 'int32')), 'float32');
    return tf.add(term, tf.mul(tf.customGrad(x => ({value: x, gradFunc: dy => tf.zerosLike(dy)}))(whole), 0));
  });
  assert.deepEqual(
    missing.map(({node, why}) => [node.op, why]),
    [['Mul', "its kernel for int32 computes in the host's memory"]],
  );
  const copied = crossings.filter(({what, from}) => what === 'inside' && from !== 'Const');
  assert.deepEqual(
    copied.map(({direction, from, to, bytes}) => [direction, from, to, bytes]),
    [
      ['to host', 'Cast', ['Mul'], 16],
      ['to GPU', 'Mul', ['Cast'], 16],
    ],
  );
});

/** A graph of nodes, of which the last is fetched. */
const graphOf = nodes => ({
  nodes: nodes.map(([name, op, inputs, attrs]) => ({name, op, inputs, attrs})),
  shapes: new Map(nodes.map(([name, , , , shape]) => [name, shape])),
  feeds: new Map([['x', 'x']]),
  variables: new Map(),
  fetches: new Map([['y', nodes.at(-1)[0]]]),
  done: nodes.at(-1)[0],
});
const FLOAT = {type: 1};
const fed = ['x', 'Placeholder', [], {dtype: FLOAT, shape: {shape: [8]}}, [8]];

test('planted: an op without a kernel of a GPU, and a type without one', () => {
  const {missing, crossings} = placementOf(
    graphOf([
      fed,
      ['square', 'Square', ['x'], {T: FLOAT}, [8]],
      ['top', 'InTopK', ['square', 'indices'], {T: {type: 3}}, [8]],
      ['indices', 'Const', [], {dtype: {type: 3}, value: {tensor: {shape: [8]}}}],
      ['pool', 'MaxPoolGrad', ['top', 'top', 'top'], {T: {type: 9}}, [8]],
    ]),
    registry,
  );
  assert.deepEqual(
    missing.map(({node, why}) => `${node.op}: ${why}`),
    ['InTopK: no kernel of a GPU for bool', 'MaxPoolGrad: no kernel of a GPU for int64'],
  );
  assert.deepEqual(
    crossings.map(({what, direction, bytes}) => `${what} ${direction}: ${bytes}`),
    ['feed x to GPU: 32', 'inside to host: 32'],
  );
});

test('planted: an op that is not in the registry', () => {
  const {missing} = placementOf(graphOf([fed, ['y', 'RifeWarp', ['x'], {}, [8]]]), registry);
  assert.deepEqual(
    missing.map(({why}) => why),
    ['TensorFlow has no such op'],
  );
});

test('the registry is that of the version that is installed by default', () => {
  const settings = readFileSync(
    fileURLToPath(new URL('../../packages/engine/src/runtime/settings.ts', import.meta.url)),
    'utf8',
  );
  assert.equal(registry.tensorflow, /TENSORFLOW_VERSION = '(.*)'/.exec(settings)[1]);
});

test('the tables of docs/gpu.md are current: node bench/gpu/nodes.mjs --docs', () => {
  const page = readFileSync(PAGE, 'utf8');
  assert.equal(pageWith(page, entries), page);
});
