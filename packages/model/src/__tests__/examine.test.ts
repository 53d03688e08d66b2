/** A step of the real network that fails: is the right op named? */
import {createEngine} from '@rife-train/engine';
import type {Engine, OpFinding, Probe, VariableSpec} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {createModel} from '../index.js';

let engine: Engine;
beforeAll(async () => void (engine = await createEngine({})));

const SIDE = 64;
const OPTIONS = {name: 'IFNet', scales: [4, 2, 1], widths: [8, 8, 8]};

/**
 * Runs forward and backward of one sample with some weights changed; returns the probe's findings.
 */
async function findingsWith(
  change: (values: Map<string, Float32Array>) => void,
  distill: object = {},
): Promise<readonly OpFinding[]> {
  const model = createModel({...OPTIONS, distill});
  const open: string[] = [];
  const variables: VariableSpec[] = model.parameters.map(({name, shape}) => ({name, shape}));
  const probe: Probe = engine.createProbe!(variables, () => open.join(', '));
  const scope = <T>(name: string, run: () => T): T => {
    open.push(name);
    try {
      return run();
    } finally {
      open.pop();
    }
  };
  const values = model.initialize(1);
  change(values);
  await probe.writeVariables(values);
  probe.define('step', {
    feeds: {images: {shape: [1, SIDE, SIDE, 9], dtype: 'uint8'}},
    build(graph) {
      const parameters = Object.fromEntries(variables.map(({name}) => [name, graph.read(name)]));
      const batch = {
        images: tf.div(graph.feed('images'), 255) as tf.Tensor4D,
        gap: tf.tensor1d([1]),
        timestep: tf.tensor1d([0.5]),
      };
      const {value} = tf.engine().gradients(
        () => {
          const {terms, weights} = model.losses(parameters, batch, flow => flow, scope);
          const weighted = Object.entries(terms).map(([name, term]) => tf.mul(term, weights[name]!));
          const total = tf.mean(tf.addN(weighted));
          probe.endForward();
          return total;
        },
        Object.values(parameters),
        undefined,
        true,
      );
      return {loss: tf.clone(value)};
    },
  });
  try {
    const images = Uint8Array.from({length: SIDE * SIDE * 9}, (_, i) => (i * 7919) % 251);
    await probe.run('step', {images});
    return [...probe.findings];
  } finally {
    probe.dispose();
  }
}

test('a sound step has no finding', async () => {
  expect(await findingsWith(() => {})).toEqual([]);
});

test('a flow that ran away: the square of the distillation term overflows first', async () => {
  const [first] = await findingsWith(values => values.get('block_tea.lastconv.bias')!.fill(1e20));
  expect(first).toMatchObject({op: 'Square', scope: 'loss distill', fromOutside: false});
  expect(first!.largestInput).toBeGreaterThan(1e19);
});

test("the reference's root of equal flows: its gradient, not the loss", async () => {
  const still = (values: Map<string, Float32Array>) => {
    values.get('block_tea.lastconv.weight')!.fill(0);
    values.get('block_tea.lastconv.bias')!.fill(0);
  };
  const [first] = await findingsWith(still, {root: 'reference'});
  expect(first).toMatchObject({scope: 'gradient of loss distill', fromOutside: false});
  expect(await findingsWith(still)).toEqual([]);
});

test.each([
  ['block1.convblock.3.0.weight', 'block1'],
  ['contextnet.conv2.conv1.0.bias', 'contextnet'],
  ['unet.conv.weight', 'unet'],
])('a weight that is NaN, %s, is named by its part', async (name, scope) => {
  const [first] = await findingsWith(values => {
    const found = [...values.keys()].find(
      key => key === name || key.startsWith(name.split('.').slice(0, 2).join('.')),
    )!;
    values.get(values.has(name) ? name : found)!.fill(NaN, 0, 1);
  });
  expect(first).toMatchObject({scope, fromOutside: true});
});

test('weights that overflow in the forward pass are named with what went in', async () => {
  const [first] = await findingsWith(values => {
    for (const [name, x] of values)
      if (name.startsWith('block2.convblock') && name.endsWith('.0.weight')) x.fill(1e30);
  });
  expect(first).toMatchObject({
    op: expect.stringMatching(/Conv2D|Add|Mul|BiasAdd/),
    scope: 'block2',
    fromOutside: false,
  });
});
