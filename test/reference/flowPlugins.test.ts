/**
 * plugin-distill and plugin-flownorm on the real network: their effect on a run, captured and op by
 * op, and over a resume.
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Logger, type RifePlugin, type Network, type StepMetrics, Trainer} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel, NETWORKS} from '@rife-train/model';
import {distill} from '@rife-train/plugin-distill';
import {flowNorm} from '@rife-train/plugin-flownorm';
import {fixtureBatches} from './support.js';

const out = mkdtempSync(join(tmpdir(), 'rife-flow-plugins-'));
afterAll(() => rmSync(out, {recursive: true, force: true}));

const STEPS = 4;
const BOUND = 0.03;

interface RunOptions {
  plugins: () => RifePlugin[];
  folder: string;
  execution?: 'captured' | 'eager';
  resume?: boolean;
  /** Steps after which it is interrupted. */
  until?: number;
  learningRate?: number;
  networks?: readonly Network[];
}

async function train({plugins, folder, execution = 'captured', resume = false, ...options}: RunOptions) {
  const {until = STEPS, learningRate = 1e-3} = options;
  const steps: StepMetrics[] = [];
  const warnings: string[] = [];
  const stop = new AbortController();
  const trainer = new Trainer({
    openEngine: () => createEngine({execution}),
    networks: options.networks ?? NETWORKS,
    openBatches: () => Promise.resolve(fixtureBatches({n: 2, h: 64, w: 64, timestep: 0.5})),
    logger: new Logger({line: (text, level) => void (level === 'warn' && warnings.push(text))}),
    resume,
    config: {
      data: {root: 'fixtures', crop: 64, batch: 2},
      model: {widths: [8, 8, 8]},
      optim: {warmupSteps: 0, learningRate},
      steps: STEPS,
      previewEvery: 0,
      out: join(out, folder),
      plugins: plugins(),
    },
  });
  trainer.hooks.afterStep.tap('test', metrics => {
    steps.push(metrics);
    if (metrics.progress.step + 1 >= until) stop.abort();
  });
  await trainer.run({signal: stop.signal});
  return {steps, warnings};
}

const checkpoint = (folder: string, file: string) =>
  readFileSync(join(out, folder, 'checkpoints/step-00000004', file));
const logsOf = (steps: readonly StepMetrics[]): Record<string, number>[] =>
  steps.map(({logs, loss}) => ({...logs, loss}));

/** The first two steps, which the folder `parts` is then resumed from. */
let begun: ReturnType<typeof train> | undefined;
const firstSteps = () => (begun ??= train({plugins: everything, folder: 'parts', until: 2}));

const everything = () => [
  flowNorm({normalize: {by: 'running', limit: 0.02, over: 3}, bound: {pixels: BOUND}, watch: {window: 2}}),
  distill({
    schedule: {from: 0.001, to: 0.01, shape: 'cosine'},
    adapt: {flow: 0.01},
    margin: 0.005,
    stages: [0.5, 1, 2],
    teacherInput: 'detached',
  }),
];

test('a resumed run is the uninterrupted one, to the bit', async () => {
  const whole = await train({plugins: everything, folder: 'whole'});
  const first = await firstSteps();
  const second = await train({plugins: everything, folder: 'parts', resume: true});
  expect([first.steps.length, second.steps.length]).toEqual([2, 2]);
  expect(logsOf([...first.steps, ...second.steps])).toEqual(logsOf(whole.steps));
  for (const file of ['weights.safetensors', 'optimizer.safetensors'])
    expect(checkpoint('parts', file).equals(checkpoint('whole', file))).toBe(true);

  const {logs, maxFlow, terms} = whole.steps.at(-1)!;
  expect(Object.values(logs).every(Number.isFinite)).toBe(true);
  // Every part was active: the running scale, the bound, the weight by flow.
  expect(logs['flownorm/factor/block0']).toBeLessThan(1);
  expect(logs['flownorm/bounded/block0']).toBeGreaterThan(0);
  expect(logs['distill/weight']).toBeLessThan(0.01);
  expect(terms['distill']).toBeGreaterThan(0);
  // Three students and the teacher.
  expect(maxFlow).toBeLessThanOrEqual(4 * BOUND);
});

test('captured and op by op they do the same', async () => {
  const captured = await firstSteps();
  const eager = await train({plugins: everything, folder: 'eager', until: 2, execution: 'eager'});
  const [got, expected] = [captured, eager].map(({steps}) => logsOf(steps));
  got!.forEach((logs, step) => {
    expect(Object.keys(logs).sort()).toEqual(Object.keys(expected![step]!).sort());
    for (const [key, value] of Object.entries(expected![step]!))
      expect([key, logs[key]]).toEqual([key, expect.closeTo(value, 4)]);
  });
});

test('a run without them, and one in which they change nothing, are the same to the bit', async () => {
  await train({plugins: () => [], folder: 'without'});
  // Below the knee, at the reference size, with the weight, root and factors of the network itself.
  const neutral = () => [
    flowNorm({normalize: {by: 'size', reference: 64}, bound: {pixels: 1000}}),
    distill({weight: 0.01, root: 'safe', margin: 0.01, stages: [1, 1, 1], teacherInput: 'live'}),
  ];
  await train({plugins: neutral, folder: 'neutral'});
  const [without, with_] = ['without', 'neutral'].map(folder => checkpoint(folder, 'weights.safetensors'));
  expect(without!.equals(with_!)).toBe(true);
});

/** The teacher's head starts from 0, so that its flow is the last student's. */
const withStillTeacher: Network['create'] = options => {
  const model = createModel(options);
  const still = (seed: number) =>
    new Map(
      [...model.initialize(seed)].map(([name, values]) => [
        name,
        name.startsWith('block_tea.lastconv') ? new Float32Array(values.length) : values,
      ]),
    );
  return Object.assign(Object.create(model) as typeof model, {initialize: still});
};

test.each(['safe', 'reference'] as const)(
  'equal flows at the start of a run, with the %s root',
  async root => {
    const {steps} = await train({
      plugins: () => [distill({root})],
      folder: `root-${root}`,
      until: 1,
      // For one step this is faster than capturing.
      execution: 'eager',
      networks: NETWORKS.map(network => ({...network, create: withStillTeacher})),
    });
    const [{updated, gradNorm, loss}] = steps as [StepMetrics];
    expect({updated, norm: Number.isFinite(gradNorm)}).toEqual({
      updated: root === 'safe',
      norm: root === 'safe',
    });
    // The loss itself is finite: only the gradient is NaN.
    expect(Number.isFinite(loss)).toBe(true);
  },
);

test('a runaway flow of the real network is reported before it is NaN', async () => {
  const {steps, warnings} = await train({
    plugins: () => [flowNorm({watch: {share: 0.5}})],
    folder: 'runaway',
    execution: 'eager',
    learningRate: 0.3,
  });
  const shares = steps.map(({logs}) => logs['flownorm/share']!);
  const begins = shares.findIndex(share => share > 0.5);
  expect(begins).toBeGreaterThan(-1);
  const told = warnings.filter(text => text.includes('[rife:flownorm]'));
  expect(told).toEqual([expect.stringContaining(`step ${begins + 1}: the flow runs away`)]);
});
