import type {ModelCost, RunReport, SamplingPolicy} from '@rife-train/core';
import {resolveConfig} from '@rife-train/core';
import {surveyClips} from '@rife-train/data';
import {planOf} from '../plan.js';
import {planLines} from '../text.js';

const COST = {
  training: {parameters: 0, macsPerPixel: 168_010},
  prediction: {parameters: 0, macsPerPixel: 126_807},
};

/** A report as a network of 10 parameters would give it. */
function report(user: object = {}, more: Partial<RunReport> = {}, anyTimestep = false): RunReport {
  const config = resolveConfig({
    data: {root: 'x', crop: 128, batch: 2, gaps: [1, 8]},
    steps: 10_000,
    ...user,
  });
  const [minGap, maxGap] = config.data.gaps;
  return {
    config,
    engine: 'TensorFlow',
    model: {name: 'Net', anyTimestep, options: {scales: [4, 2, 1]}, cost: COST as unknown as ModelCost},
    taps: {plugins: [], hooks: []},
    graph: {nodes: 30, entryNodes: {gradients: 20, update: 10}, traceMs: 1200, loadMs: 300},
    bytes: {weights: 40, moments: 80, gradients: 40, step: 1000, gpuStep: 2000},
    policyAt: (): SamplingPolicy => ({minGap, maxGap}),
    ...more,
  } as RunReport;
}

async function plan(
  user: object = {},
  more: Partial<RunReport> = {},
  anyTimestep = false,
  epoch: number | 'none' = 800,
) {
  const survey = await surveyClips({root: '/nowhere', layout: 'x-train', gaps: [1, 8], crop: 128, epoch});
  const parts = {path: '/a/rife.config.ts', survey, holdsRun: false, notes: []};
  return planOf({...parts, report: report(user, more, anyTimestep)});
}
const text = async (...args: Parameters<typeof plan>) =>
  planLines(await plan(...args), 'rife.config.ts').join('\n');

test('triplets per update are devices x batch x micro-steps, and epochs follow', async () => {
  const optim = {microSteps: 4};
  const {batch, run, data, work} = await plan({devices: 2, optim});
  expect(batch).toMatchObject({devices: 2, batch: 2, microSteps: 4, global: 16, drawn: 16});
  expect(run).toEqual({steps: 10_000, samples: 160_000, stepsPerEpoch: 50, epochs: 200});
  expect(data).toMatchObject({framesPerStep: 48, fedBytesPerStep: 16 * 128 * 128 * 9});
  expect(work).toEqual({
    flopsPerPixel: 6 * 168_010,
    flopsPerStep: 6 * 168_010 * 16 * 128 * 128,
    flops: 6 * 168_010 * 16 * 128 * 128 * 10_000,
  });
});

test('a mirrored half is trained, but neither read nor counted as samples', async () => {
  const user = {data: {root: '.', crop: 128, batch: 2, gaps: [1, 8], mirror: true}, devices: 2};
  const {batch, run, data, work} = await plan(user);
  expect(batch).toMatchObject({global: 4, drawn: 2});
  expect(run).toEqual({steps: 10_000, samples: 20_000, stepsPerEpoch: 400, epochs: 25});
  expect(data).toMatchObject({framesPerStep: 6, fedBytesPerStep: 4 * 128 * 128 * 9});
  expect(work!.flopsPerStep).toBe(6 * 168_010 * 4 * 128 * 128);
  expect(await text(user)).toContain('= 4 triplets per update, half of them mirrored copies (launcher');
});

test('variants of the training pass are named with their shares', async () => {
  const variants = [
    {name: '8-4-2', share: 0.7},
    {name: '4-2-1', share: 0.3},
  ];
  const {model} = report({}, {}, false);
  expect(await text({}, {model: {...model, variants}})).toContain(
    'variants of a step, drawn at random: 8-4-2 in 70 %, 4-2-1 in 30 %',
  );
});

test('nodes of the graph add up', async () => {
  const graph = {
    nodes: 15_849,
    entryNodes: {gradients: 9000, update: 2000, predict: 289},
    traceMs: 1,
    loadMs: 1,
  };
  expect(await text({}, {graph})).toContain(
    '15,849 nodes: gradients 9,000, update 2,000, predict 289, variables 4,560',
  );
});

test('a step that was timed shows how long the run takes; without one the flag is named', async () => {
  expect((await plan({}, {stepMs: 900})).time).toEqual({stepMs: 900, runMs: 9_000_000});
  expect(await text({}, {stepMs: 900})).toMatch(/^time +0\.9 s a step here .*: 2:30:00 for 10,000 steps/m);
  expect(await text()).toMatch(/^time +not measured; --measure/m);
});

test('the schedule is that of the trainer, times devices / 4 where asked for', async () => {
  const {schedule} = await plan();
  expect(schedule.map(({step}) => step)).toEqual([0, 500, 1000, 2500, 5000, 7500, 9999]);
  expect(schedule[0]).toEqual({step: 0, learningRate: 0, minGap: 1, maxGap: 8, meanGap: 4.5});
  expect(schedule[2]!.learningRate).toBe(3e-4);
  const {schedule: eight} = await plan({devices: 8, optim: {scaleWithDevices: true}});
  expect(eight[2]!.learningRate).toBe(6e-4);
});

test('memory: variables, and batches that wait', async () => {
  const {memory} = await plan({data: {root: 'x', crop: [64, 128], batch: 2, prefetch: 3}});
  expect(memory).toMatchObject({variables: 160, step: 1000, gpuStep: 2000, prefetched: 4 * 2 * 64 * 128 * 9});
});

test.each([
  [{saveEvery: 1000, keep: 3}, 11, 3],
  [{saveEvery: 3000, keep: 3}, 5, 3], // 0, 3000, 6000, 9000, and the end
  [{saveEvery: 1000, keep: {last: 2, every: 5000}}, 11, 3], // 5000, 9000, 10000
  [{saveEvery: 1000, keep: 3, validateEvery: 500}, 11, 4], // and the best
  [{saveEvery: 50_000, keep: 3}, 2, 2],
])('checkpoints of %j: %i are written, %i kept', async (user, written, kept) => {
  const {checkpoints} = await plan(user);
  expect(checkpoints).toMatchObject({bytes: 120, written, kept, snapshotBytes: 0, totalBytes: 120 * kept});
});

test('snapshots that plugins keep are counted: in the newest checkpoint, and twice while the last is written', async () => {
  const taps = {plugins: [{hooks: [], snapshotsKept: 3}], hooks: []} as unknown as RunReport['taps'];
  const {checkpoints} = await plan({}, {taps});
  expect(checkpoints).toMatchObject({
    snapshotBytes: 360,
    totalBytes: 3 * 120 + 360,
    peakBytes: 4 * 120 + 720,
  });
});

test('what is odd is noted', async () => {
  expect((await plan()).notes).toEqual([]);
  const {notes} = await plan({optim: {warmupSteps: 10_000}}, {}, true);
  expect(notes).toEqual([
    expect.stringContaining('the learning rate never reaches its peak'),
    expect.stringContaining('Net will know the middle alone'),
  ]);
});

test('in words', async () => {
  const lines = await text();
  expect(lines).toContain('Nothing was trained or written');
  expect(lines).toContain('800 samples per epoch, 400 steps per epoch');
  expect(lines).toContain('33 GFLOP a step');
  expect(lines).toContain('30 nodes: gradients 20, update 10');
  expect(lines).toContain('a GPU: 2.1 KiB, allow 2.9 KiB (estimate; 2.0 KiB of tensors alive at once)');
  expect(lines).not.toContain('note');
});

test('in words: no epochs, no cost, no graph, no estimate', async () => {
  const bare = report();
  const {cost: _, ...model} = bare.model;
  const more = {
    model,
    graph: {nodes: 0, traceMs: 0, loadMs: 0},
    bytes: {weights: 1, moments: 2, gradients: 1},
  };
  const lines = await text({}, more as Partial<RunReport>, false, 'none');
  expect(lines).toContain('no epochs: each sample is drawn by itself');
  expect(lines).toContain('the cost of the network is not known');
  expect(lines).toContain('graph         none: TensorFlow');
  expect(lines).toContain('what a step takes is not known without a graph');
  expect(lines).not.toMatch(/undefined|NaN|epochs done/);
});

test('the settings of a GPU are part of the plan', async () => {
  const {gpu} = await plan({gpu: {deterministic: true}});
  expect(gpu.settings).toMatchObject({memory: 'growth', deterministic: true});
  expect(await text({gpu: {tf32: false}})).toContain('on a GPU      memory growth, tf32 false, layout nhwc');
});
