import * as tf from '@tensorflow/tfjs-core';
import type {EntrySpec, GraphBuilder, RunSnapshot, StepMetrics, VariableSpec} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {inspectGraph, inspectTaps} from '../inspect/inspectPlugins.js';
import {costOf, quantile} from '../inspect/measure.js';
import {TestEngine, TestProgram} from './helpers/eagerProgram.js';
import {fakeNetwork} from './helpers/fakeModel.js';
import {rejection} from './helpers/harness.js';

const CONFIG = {data: {root: 'clips', crop: 4, batch: 2}, steps: 8};

const late = definePlugin({
  name: 'test:late',
  stage: 5,
  changesPrediction: true,
  apply: ({hooks}) => hooks.flow.tap('x', flow => tf.neg(flow)),
});
const first = definePlugin({
  name: 'test:first',
  before: ['test:late', 'test:middle'],
  apply({hooks}) {
    hooks.afterStep.tapPromise('x', async () => {});
    hooks.flow.tap('x', flow => flow);
    hooks.sampling.tap('x', policy => ({...policy, maxGap: 2}));
  },
});
const middle = definePlugin({
  name: 'test:middle',
  apply({hooks}) {
    hooks.afterStep.tap({name: 'x', stage: -1}, ({logs}) => void (logs['middle/seen'] = 1));
  },
});

test('taps are listed by hook, in the order in which they are called', () => {
  const {plugins, hooks} = inspectTaps({...CONFIG, plugins: [late, middle, first]});
  expect(plugins).toEqual([
    expect.objectContaining({name: 'test:first', stage: 0, before: ['test:late', 'test:middle']}),
    expect.objectContaining({name: 'test:middle', hooks: ['afterStep']}),
    {
      name: 'test:late',
      stage: 5,
      after: [],
      before: [],
      changesPrediction: true,
      snapshotsKept: 0,
      hooks: ['flow'],
    },
  ]);
  expect(hooks.map(({hook, kind, taps}) => [hook, kind, ...taps.map(tap => tap.plugin)])).toEqual([
    ['sampling', 'host', 'test:first'],
    ['flow', 'traced', 'test:first', 'test:late'],
    ['afterStep', 'host', 'test:middle', 'test:first'],
  ]);
  expect(hooks.at(-1)!.taps).toEqual([
    {plugin: 'test:middle', hook: 'afterStep', type: 'sync', stage: -1},
    {plugin: 'test:first', hook: 'afterStep', type: 'promise', stage: 0},
  ]);
});

/** Builds each entry at `compile`, on zeros, and counts the tensors that it makes as nodes. */
class CountingProgram extends TestProgram {
  private readonly specs = new Map<string, EntrySpec>();

  constructor(private readonly variableSpecs: readonly VariableSpec[]) {
    super(variableSpecs);
  }

  override define(name: string, entry: EntrySpec): void {
    super.define(name, entry);
    this.specs.set(name, entry);
  }

  override compile() {
    const entryNodes: Record<string, number> = {};
    for (const [name, entry] of this.specs) {
      const before = nodes();
      tf.tidy(() => entry.build(this.builder(entry)));
      entryNodes[name] = nodes() - before;
    }
    const total = Object.values(entryNodes).reduce((a, b) => a + b, 0);
    return {nodes: total + this.variableSpecs.length, entryNodes, traceMs: 0, loadMs: 0};
  }

  private builder(entry: EntrySpec): GraphBuilder {
    return {
      feed: name => tf.zeros([...entry.feeds[name]!.shape]),
      scalar: () => tf.scalar(1),
      read: name => this.variables.get(name)!,
      assign: () => {},
      assignOnlyIf: () => {},
      nodeCount: nodes,
    };
  }
}

/** Ids grow by one with each tensor that is made; the probe's own does not count. */
let probes = 0;
function nodes(): number {
  const probe = tf.scalar(0);
  probe.dispose();
  return probe.id - probes++;
}

class CountingEngine extends TestEngine {
  readonly made: CountingProgram[] = [];

  override createProgram(variables: readonly VariableSpec[]) {
    const program = new CountingProgram(variables);
    this.made.push(program);
    return program;
  }
}

const parts = () => {
  const engine = new CountingEngine();
  return {
    engine,
    networks: [fakeNetwork()],
  };
};

test('the graph is counted with all, with none and without each', async () => {
  const {engine, networks} = parts();
  const report = await inspectGraph({engine, networks}, {...CONFIG, plugins: [late, middle, first]});
  expect(report).toMatchObject({engine: 'test engine', crop: [4, 4], batch: 2});
  const {all, none, plugins} = report;
  expect(all.parameters).toBe(23);
  expect(plugins.map(({plugin, added}) => [plugin, added])).toEqual([
    ['test:first', {parameters: 0, stepNodes: 0, predictNodes: 0}],
    ['test:middle', {parameters: 0, stepNodes: 0, predictNodes: 0}],
    ['test:late', {parameters: 0, stepNodes: all.stepNodes - none.stepNodes, predictNodes: 1}],
  ]);
  const flow = plugins[2]!;
  expect(flow.taps).toEqual([{hook: 'flow', stepNodes: 1, predictNodes: 1}]);
  // The slope of a negation is one more node in the backward pass.
  expect(flow.added!.stepNodes).toBeGreaterThan(1);
  expect(engine.made.length).toBe(5);
  expect(engine.made.every(({disposed}) => disposed)).toBe(true);
});

test('a plugin that the others need is said to be needed', async () => {
  let isGiven = false;
  const needing = definePlugin({
    name: 'test:needing',
    apply: ({hooks}) => {
      isGiven = false;
      hooks.flow.tap('x', flow => {
        if (!isGiven) throw new Error('nobody gave it');
        return flow;
      });
    },
  });
  const giving = definePlugin({
    name: 'test:giving',
    apply: () => void (isGiven = true),
  });
  const {plugins} = await inspectGraph(parts(), {...CONFIG, plugins: [needing, giving]});
  expect(plugins[0]).toMatchObject({plugin: 'test:needing', added: {stepNodes: 0}});
  expect(plugins[1]!.added).toBeUndefined();
  expect(plugins[1]!.problem).toMatch(/"test:needing" failed in hook "flow": nobody gave it/);
});

describe('measured', () => {
  test('steps run with their host taps, on weights that stand still', async () => {
    const seen: StepMetrics[] = [];
    // A clock that only the slow tap moves, so that no other work on the machine counts.
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const slow = definePlugin({
      name: 'test:slow',
      apply: ({hooks}) => hooks.beforeStep.tapPromise('x', async () => void (now += 12)),
    });
    const watch = definePlugin({
      name: 'test:watch',
      apply: ({hooks}) => hooks.afterStep.tap('x', metrics => void seen.push(metrics)),
    });
    const config = {...CONFIG, plugins: [slow, watch]};
    const {plugins} = await inspectGraph(parts(), config, {measure: 4}).finally(() => clock.mockRestore());
    const step = plugins[0]!.step!;
    expect(step.steps).toBe(4);
    expect(step).toMatchObject({withMs: 12, withoutMs: 0, addedMs: 12, spreadMs: 0});
    expect(plugins[1]!.step).toMatchObject({withMs: 12, withoutMs: 12, addedMs: 0, spreadMs: 0});
    expect(seen.every(({updated, learningRate}) => updated && learningRate === 0)).toBe(true);
  });

  test('plugins may keep snapshots and go back to them, as in a run', async () => {
    const went: number[] = [];
    const keeping = definePlugin({
      name: 'test:keeping',
      apply(trainer) {
        let kept: RunSnapshot | undefined;
        trainer.hooks.beforeStep.tapPromise('x', async () => {
          kept ??= await trainer.takeSnapshot();
        });
        trainer.hooks.beforeUpdate.tap('x', ({progress}) => {
          if (progress.step !== 1) return undefined;
          went.push(kept!.step);
          return {rollback: kept!};
        });
      },
    });
    const {plugins} = await inspectGraph(parts(), {...CONFIG, plugins: [keeping]}, {measure: 4});
    expect(plugins[0]!.step!.steps).toBe(4);
    expect(went).toContain(0);
  });

  test('a step that is not finite ends it, whatever a plugin says of it', async () => {
    const broken = definePlugin({
      name: 'test:broken',
      apply({hooks}) {
        hooks.afterLoss.tap('x', ({terms, weights}) => ({
          terms: {...terms, reconstruction: tf.mul(terms['reconstruction']!, NaN)},
          weights,
        }));
        hooks.onNaN.tap('x', () => 'rollback');
      },
    });
    const error = await rejection(inspectGraph(parts(), {...CONFIG, plugins: [broken]}, {measure: 1}));
    expect(error).toMatchObject({code: 'RIFE_ERR_NON_FINITE'});
  });

  test('cost of pairs', () => {
    expect(
      costOf([
        [10, 8],
        [12, 9],
        [30, 9],
        [11, 12],
        [11, 9],
      ]),
    ).toEqual({
      steps: 5,
      withMs: 11,
      withoutMs: 9,
      addedMs: 2, // of 2, 3, 21, -1, 2
      spreadMs: 0.5,
    });
    expect([0, 0.25, 0.5, 1].map(share => quantile([4, 1, 3, 2], share))).toEqual([1, 1.75, 2.5, 4]);
  });
});
