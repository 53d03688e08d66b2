/** What a configuration amounts to: on a network of 23 parameters, and an engine that counts. */
import type {Progress, SamplingPolicy, VariableSpec} from '../contract/index.js';
import {inspectRun} from '../inspect/inspectRun.js';
import {TestEngine, TestProgram} from './helpers/eagerProgram.js';
import {fakeNetwork} from './helpers/fakeModel.js';
import {rejection, tapping} from './helpers/harness.js';

/** Says that each entry keeps so many bytes. */
class MeasuredEngine extends TestEngine {
  disposed = 0;

  constructor(private readonly entryBytes: Record<string, number>) {
    super();
  }

  override createProgram(variables: readonly VariableSpec[]) {
    const {entryBytes} = this;
    const dispose = () => this.disposed++;
    return new (class extends TestProgram {
      override compile() {
        return {nodes: 7, entryNodes: {gradients: 4, update: 3}, entryBytes, traceMs: 0, loadMs: 0};
      }
      override dispose() {
        super.dispose();
        dispose();
      }
    })(variables);
  }
}

const networks = [fakeNetwork()];
const CONFIG = {data: {root: 'clips', crop: 4, batch: 2, gaps: [1, 8] as [number, number]}, steps: 8};

test('variables are counted, and a step takes what its largest entry keeps, here and on a GPU', async () => {
  const engine = new MeasuredEngine({gradients: 300, update: 500});
  const plainEngine = new MeasuredEngine({gradients: 900, update: 500});
  const {bytes, graph} = await inspectRun({engine, plainEngine, networks}, CONFIG);
  expect(bytes).toEqual({weights: 4 * 23, moments: 8 * 23, gradients: 4 * 23, step: 500, gpuStep: 900});
  expect(graph.entryNodes).toEqual({gradients: 4, update: 3});
  expect([engine.disposed, plainEngine.disposed]).toEqual([1, 1]);
});

test('averages are counted among the weights, and go into checkpoints', async () => {
  const plugins = [tapping('averages', averages => averages)];
  const {bytes} = await inspectRun({engine: new TestEngine(), networks}, {...CONFIG, plugins});
  expect(bytes).toEqual({weights: 4 * 2 * 23, moments: 8 * 23, gradients: 4 * 23});
});

test('without a graph nothing is said of the step', async () => {
  const {bytes} = await inspectRun({engine: new TestEngine(), networks}, CONFIG);
  expect(bytes).not.toHaveProperty('step');
  expect(bytes).not.toHaveProperty('gpuStep');
});

test('micro-steps follow from the global batch, and the policy of a step from the taps', async () => {
  const half = tapping('sampling', (policy: SamplingPolicy, {fraction}: Progress) =>
    fraction < 0.5 ? {...policy, maxGap: 2} : policy,
  );
  const {config, policyAt, taps} = await inspectRun(
    {engine: new TestEngine(), networks},
    {...CONFIG, devices: 4, optim: {globalBatch: 24}, plugins: [half]},
  );
  expect(config.optim.microSteps).toBe(3);
  expect([0, 3, 4, 7].map(step => policyAt(step).maxGap)).toEqual([2, 2, 8, 8]);
  expect(taps.plugins.map(({name}) => name)).toEqual(['test:plugin']);
});

test('what a run refuses is refused', async () => {
  const parts = {engine: new TestEngine(), networks};
  const codeOf = async (change: object) => (await rejection(inspectRun(parts, {...CONFIG, ...change}))).code;
  expect(await codeOf({optim: {globalBatch: 3}})).toBe('RIFE_ERR_CONFIG_VALUE');
  expect(await codeOf({data: {...CONFIG.data, timestep: 'any'}})).toBe('RIFE_ERR_CONFIG_TIMESTEP');
  expect(await codeOf({data: {...CONFIG.data, crop: 5}})).toBe('RIFE_ERR_DATA_CROP');
  expect(await codeOf({init: 'a.pkl'})).toBe('RIFE_ERR_CONFIG_VALUE');
});

test('init is read, and reported', async () => {
  const values = new Map([['mix.bias', new Float32Array(3)]]);
  const readInitial = async () => ({values, report: 'init: 1 of 3', file: 'a.pkl', sha256: ''});
  const parts = {engine: new TestEngine(), networks, readInitial};
  expect((await inspectRun(parts, {...CONFIG, init: 'a.pkl'})).init).toBe('init: 1 of 3');
});
