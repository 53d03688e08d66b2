import {existsSync, readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {decodeSafetensors} from '@rife-train/files';
import type {RunSnapshot, StepMetrics, UserConfig, Validation} from '../contract/index.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {metricsLines, rejection, tapping} from './helpers/harness.js';
import {replicas} from './helpers/replicas.js';
import {folderOf, stateOf, stepsIn, tensorsOf} from './helpers/runs.js';

const OPTIM = {learningRate: 0.01, warmupSteps: 2};
const data = (batch: number): UserConfig['data'] => ({root: 'clips', batch});
const config = (batch: number, more: Partial<UserConfig> = {}): Partial<UserConfig> => ({
  data: data(batch),
  optim: OPTIM,
  steps: 12,
  saveEvery: 4,
  ...more,
});

const weightsAt = (out: string, step: number) => {
  const file = path.join(folderOf(out, step), 'weights.safetensors');
  return [...decodeSafetensors(readFileSync(file), file).tensors.values()].flatMap(({values}) => [
    ...(values as Float32Array),
  ]);
};
const withoutLogs = ({stepMs: _s, dataMs: _d, logs: _l, ...metrics}: StepMetrics) => metrics;

/** Four sums in another order differ by a few of float32's last bits; twelve steps add them up. */
const REASSOCIATION = 2e-6;

function expectClose(actual: readonly number[], expected: readonly number[], bound = REASSOCIATION) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(expected[i]!))),
  );
}

describe('four replicas of a batch of 2', () => {
  const four = replicas(4, {config: config(2)});
  beforeAll(() => four.run());

  test.each([
    ['one of 8', config(8)],
    ['one of 2 in four micro-steps', config(2, {optim: {...OPTIM, microSteps: 4}})],
    ['one of 2 with a global batch of 8', config(2, {optim: {...OPTIM, globalBatch: 8}})],
  ])('are %s', async (_, alone) => {
    const one = replicas(1, {config: alone});
    await one.run();
    expectClose(weightsAt(four.out, 12), weightsAt(one.out, 12));
    for (const of of [
      ({loss}: StepMetrics) => loss,
      ({gradNorm}: StepMetrics) => gradNorm,
      ({maxFlow}: StepMetrics) => maxFlow,
    ])
      expectClose(four.steps.map(of), one.steps.map(of));
    expect(four.steps.map(({samples}) => samples)).toEqual(one.steps.map(({samples}) => samples));
    expect(four.steps.map(({perSample}) => perSample.map(({gap}) => gap))).toEqual(
      one.steps.map(({perSample}) => perSample.map(({gap}) => gap)),
    );
  });

  test('are two with two micro-steps', async () => {
    const two = replicas(2, {config: config(2, {optim: {...OPTIM, globalBatch: 8}})});
    await two.run();
    expectClose(weightsAt(four.out, 12), weightsAt(two.out, 12));
    expect(two.steps.map(({samples}) => [...samples].sort())).toEqual(
      four.steps.map(({samples}) => [...samples].sort()),
    );
  });

  test('come to the same bits again', async () => {
    const again = replicas(4, {config: config(2)});
    await again.run();
    expect(tensorsOf(again.out, 12)).toEqual(tensorsOf(four.out, 12));
    expect(again.steps.map(withoutLogs)).toEqual(four.steps.map(withoutLogs));
  });

  test('see the same metrics, and one of them writes', () => {
    for (const {steps} of four.parts) expect(steps.map(withoutLogs)).toEqual(four.steps.map(withoutLogs));
    expect(metricsLines(four.out)).toHaveLength(12);
    expect(stepsIn(four.out)).toEqual([4, 8, 12]);
    expect(stateOf(four.out, 12)).toMatchObject({
      config: {devices: 4},
      sharding: {perBatch: 8, microSteps: 1, origin: {batch: 0, sample: 0}},
    });
  });

  test('show plugins which of them they are in', async () => {
    const seen: unknown[] = [];
    const plugin = () =>
      definePlugin({name: 'test:rank', apply: ({replica}) => void seen.push({...replica})});
    await replicas(2, {config: config(2, {steps: 1}), plugins: () => [plugin()]}).run();
    await replicas(1, {config: config(2, {steps: 1}), plugins: () => [plugin()]}).run();
    expect(seen).toEqual([
      {rank: 0, count: 2},
      {rank: 1, count: 2},
      {rank: 0, count: 1},
    ]);
  });

  test('report what the mean cost, and the memory of the largest', () => {
    expect(four.steps[3]!.logs).toMatchObject({'parallel/reduceMs': 1, 'parallel/waitMs': 2});
    expect(four.steps[3]!.logs['parallel/peakMiB']).toBeGreaterThan(1);
  });
});

describe('where one replica alone is not finite', () => {
  const poisoned = (sample: number) => sample === 2 * 8 + 5; // step 2, replica 2

  test('all leave the step out, and it is named', async () => {
    const seen: string[][] = [[], [], [], []];
    const run = replicas(4, {
      poisoned,
      config: config(2),
      plugins: rank => [
        tapping('onNaN', (event: {finding?: string}) => void seen[rank]!.push(event.finding!)),
      ],
    });
    await run.run();
    for (const {steps} of run.parts)
      expect(steps.map(({updated}) => updated)).toEqual(Array.from({length: 12}, (_, i) => i !== 2));
    expect(new Set(seen.flat())).toEqual(new Set([expect.stringMatching(/^replica 2 of 4: /)]));
    expect(seen.map(({length}) => length)).toEqual([1, 1, 1, 1]);
    expect(readdirSync(path.join(run.out, 'flight'))).toEqual(['step-00000002']);
    const [batch] = (
      JSON.parse(readFileSync(path.join(run.out, 'flight/step-00000002/record.json'), 'utf8')) as {
        batches: {names: string[]}[];
      }
    ).batches;
    expect(batch!.names).toEqual(['sample 20', 'sample 21']);
    expect(metricsLines(run.out)).toContainEqual(
      expect.objectContaining({event: 'replica not finite', step: 2, replica: 2}),
    );
    expect(run.lines).toContainEqual(
      expect.stringMatching(/^warning: step 2 is not finite on replica 2 of 4/),
    );
  });

  test('its gradient alone is enough to name it', async () => {
    // The root of zero has a value, and no slope.
    const root = (rank: number) =>
      tapping('afterLoss', ({terms, weights}) => ({
        terms: {...terms, root: tf.sqrt(tf.mul<tf.Tensor1D>(terms['teacher']!, rank === 1 ? 0 : 1))},
        weights: {...weights, root: 1},
      }));
    const run = replicas(2, {config: config(2, {steps: 1}), plugins: rank => [root(rank)]});
    await run.run();
    expect(Number.isFinite(run.steps[0]!.loss)).toBe(true);
    expect(run.steps[0]!.updated).toBe(false);
    expect(metricsLines(run.out)).toContainEqual(
      expect.objectContaining({event: 'replica not finite', step: 0, replica: 1}),
    );
  });

  test('a rollback takes all back', async () => {
    const run = replicas(3, {
      poisoned: sample => sample === 6 * 6 + 4,
      config: config(2, {saveEvery: 5}),
      plugins: () => [tapping('onNaN', () => 'rollback')],
    });
    await run.run();
    for (const {steps} of run.parts)
      expect(steps.map(({progress}) => progress.step)).toEqual([0, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 9, 10, 11]);
  });
});

test('each keeps a snapshot of its own, and all go back to it', async () => {
  const back = () =>
    definePlugin({
      name: 'test:back',
      apply(trainer) {
        let kept: RunSnapshot | undefined;
        let wentBack = false;
        trainer.hooks.beforeStep.tapPromise('x', async ({progress}) => {
          if (progress.step === 3) kept = await trainer.takeSnapshot();
        });
        trainer.hooks.beforeUpdate.tap('x', ({progress}) => {
          if (progress.step !== 5 || wentBack) return undefined;
          wentBack = true;
          return {rollback: kept!, avoid: [5, 6]};
        });
      },
    });
  const run = replicas(2, {config: config(2), plugins: () => [back()]});
  await run.run();
  const order = [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  for (const {steps} of run.parts) expect(steps.map(({progress}) => progress.step)).toEqual(order);
  expect(run.steps[6]!.samples).toEqual(run.steps[3]!.samples);
  expect(run.steps[8]!.samples).toEqual(['sample 24', 'sample 25', 'sample 26', 'sample 27']);
});

test('replicas that decide differently end the run before they part', async () => {
  const run = replicas(2, {
    config: config(2),
    plugins: rank => [
      tapping('beforeUpdate', ({progress}: StepMetrics) =>
        progress.step === 3 && rank === 1 ? 'skip' : undefined,
      ),
    ],
  });
  // What it comes to, an error or not, so that a run that ends well is a failed expectation.
  expect(await run.run().catch((error: unknown) => error)).toMatchObject({
    code: 'RIFE_ERR_REPLICAS_DISAGREE',
    message: expect.stringContaining('step 3: 0: update; 1: skip'),
  });
});

test('weights that have drifted apart are replaced by those of replica 0 at the next checkpoint', async () => {
  const drift = replicas(2, {config: config(2)});
  // Adding up on a GPU need not give the same bits; here one bit is changed.
  drift.parts[1]!.trainer.hooks.beforeStep.tapPromise('test:drift', async ({progress}) => {
    if (progress.step !== 2) return;
    const program = drift.parts[1]!.engine.program!;
    const bias = (await program.readVariables(['mix.bias'])).get('mix.bias')!;
    await program.writeVariables(new Map([['mix.bias', bias.map((value: number) => value + 1e-6)]]));
  });
  await drift.run();
  expect(drift.lines.filter(line => /differ from those of replica 0/.test(line))).toEqual([
    'warning: step 4: weights of replicas 1 differ from those of replica 0, and are replaced',
  ]);
});

test.each([0, 1, 2])('a stop that only replica %i was asked for is one of all', async asked => {
  const aborts = [0, 1, 2].map(() => new AbortController());
  const run = replicas(3, {
    config: config(2),
    signal: rank => aborts[rank]!.signal,
    plugins: rank => [
      tapping('afterStep', ({progress}: StepMetrics) => {
        if (progress.step === 5 && rank === asked) aborts[rank]!.abort();
      }),
    ],
  });
  expect(await run.run()).toEqual(
    [0, 1, 2].map(() => expect.objectContaining({step: 6, reason: 'interrupted'})),
  );
  expect(stepsIn(run.out)).toContain(6);
});

test('an error of one ends all, and the checkpoint is good', async () => {
  const run = replicas(3, {
    config: config(2),
    plugins: rank => [
      tapping('afterStep', ({progress}: StepMetrics) => {
        if (progress.step === 6 && rank === 2) throw new Error('replica 2 is broken');
      }),
    ],
  });
  expect((await rejection(run.run())).message).toMatch(/replica 2 is broken/);
  expect(stepsIn(run.out)).toEqual([0, 4, 7]);
  const next = replicas(3, {config: config(2), out: run.out, resume: true});
  await next.run();
  const whole = replicas(3, {config: config(2)});
  await whole.run();
  expect(tensorsOf(next.out, 12)).toEqual(tensorsOf(whole.out, 12));
});

test.each([
  [true, 0.005, 0.0025],
  [false, 0.005, 0.005],
])(
  'scaleWithDevices %s: the rate of four devices is %d, of two %d',
  async (scaleWithDevices, ofFour, ofTwo) => {
    const four = replicas(4, {config: config(2, {optim: {...OPTIM, scaleWithDevices}})});
    const two = replicas(2, {config: config(2, {optim: {...OPTIM, scaleWithDevices}})});
    await Promise.all([four.run(), two.run()]);
    expect(four.steps[1]!.learningRate).toBe(ofFour);
    expect(two.steps[1]!.learningRate).toBe(ofTwo);
  },
);

test.each([
  [{devices: 4}, 'devices'],
  [{optim: {globalBatch: 7}}, 'optim.globalBatch'],
])('%j is refused by a trainer of two replicas', async (more, option) => {
  const run = replicas(2, {config: {...config(2), ...more}});
  const error = await rejection(run.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_CONFIG_VALUE'});
  expect(error.message).toContain(option);
  expect(existsSync(path.join(run.out, 'checkpoints'))).toBe(false);
});

test('only replica 0 scores, and all know the best', async () => {
  const run = replicas(2, {
    config: config(2, {validateEvery: 3}),
    plugins: rank => [
      tapping('validate', ({step, scores, baselines}: Validation) => {
        if (rank === 0) {
          scores['psnr'] = 30 - step;
          baselines['psnr'] = 20;
        } else expect([scores['psnr'], baselines['psnr']]).toEqual([30 - step, 20]);
      }),
    ],
  });
  await run.run();
  expect(existsSync(path.join(run.out, 'checkpoints/best'))).toBe(true);
  expect(stateOf(run.out, 12).best).toEqual({step: 3, name: 'psnr', score: 27});
});
