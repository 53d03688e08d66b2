import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {definePlugin, type Engine, type RifePlugin, type StepMetrics} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {trainTiny, type TinyRun, type TinyRunOptions} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {recover} from '../index.js';

type Harm = 'nan' | 'flow' | 'still' | 'surge';

let engine: Engine;
beforeAll(async () => void (engine = await createEngine({})));
let out: string;
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'rife-recover-'))));
afterEach(() => rmSync(out, {recursive: true, force: true}));

/** Does harm in the steps that are fed certain batches. */
function harmful(harm: Harm, isBad: (batch: number) => boolean): RifePlugin {
  return definePlugin({
    name: 'test:harm',
    apply({hooks}) {
      let bad = 0;
      const isOn = () => bad;
      hooks.beforeStep.tap('x', ({batches}) => void (bad = isBad(batches[0]) ? 1 : 0));
      hooks.flow.tap('x', (flow, _info, trace) =>
        harm === 'flow' ? tf.add(flow, tf.mul(trace.scalar('harm.on', isOn), 1e4)) : flow,
      );
      hooks.afterLoss.tap('x', ({terms, weights}, trace) => {
        if (harm === 'flow') return {terms, weights};
        const on = trace.scalar('harm.on', isOn);
        const change = (x: tf.Tensor1D): tf.Tensor1D => {
          if (harm === 'nan') return tf.where(tf.greater(on, 0.5), tf.fill(x.shape, NaN), x);
          return tf.mul(x, harm === 'still' ? tf.sub(1, on) : tf.add(1, tf.mul(on, 1e6)));
        };
        return {
          terms: Object.fromEntries(Object.entries(terms).map(([name, x]) => [name, change(x)])),
          weights,
        };
      });
    },
  });
}

const OPTIONS = {
  every: 2,
  keep: 3,
  probation: 2,
  skips: 2,
  margin: 1,
  surge: {window: 20, warmup: 4, threshold: 8, patience: 2},
  dead: {steps: 2},
  soften: false,
} as const;

/** A single block is enough to do harm to, and quicker. */
const MODEL = {name: 'Tiny', scales: [2], widths: [4]};
const train = (plugins: RifePlugin[], more: Partial<TinyRunOptions> = {}) =>
  trainTiny({engine, plugins, out, ...more, config: {steps: 14, model: MODEL, ...more.config}});
const stepsOf = ({steps}: {steps: StepMetrics[]}) => steps.map(({progress}) => progress.step);
const verdictsOf = ({steps}: {steps: StepMetrics[]}) => steps.flatMap(({verdict}) => verdict ?? []);
const records = () =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
const events = () => records().filter(({event}) => event !== undefined);

/** Weights and moments; gradients are leftovers of the last step. */
const learned = ({variables}: {variables: Map<string, Float32Array>}) =>
  Object.fromEntries([...variables].filter(([name]) => !name.startsWith('grad/')));

test.each<[Harm, number, number[]]>([
  // Two are skipped, the third is gone back for.
  ['nan', 3, [8, 9, 10]],
  ['surge', 2, [8, 9]],
  ['flow', 1, [8]],
  ['still', 2, [8, 9]],
])('%s: goes back, avoids the batches, and ends as a run that never met them', async (harm, count, bad) => {
  const recovered = await train([harmful(harm, batch => bad.includes(batch)), recover(OPTIONS)]);
  expect(recovered.summary).toMatchObject({step: 14, reason: 'finished'});
  expect(verdictsOf(recovered).at(-1)).toBe('rollback');
  const [decision, rollback] = events().slice(-2);
  expect(decision).toMatchObject({event: 'recover', plugin: 'rife:recover', verdict: 'rollback'});
  // The target was healthy for two steps; the batch before the first suspicious one is avoided,
  // too.
  const last = rollback as {step: number; to: number; avoid: [number, number]};
  const begin = harm === 'still' ? last.avoid[0] : 7;
  expect(last).toMatchObject({event: 'rollback', step: 8 + count - 1, avoid: [begin, 8 + count]});
  expect(last.to).toBeLessThanOrEqual(6);

  const never = mkdtempSync(join(tmpdir(), 'rife-recover-'));
  try {
    const [from, to] = last.avoid;
    const spared = await train([harmful(harm, () => false), recover(OPTIONS)], {
      out: never,
      shift: {from, by: to - from},
    });
    expect(verdictsOf(spared)).toEqual([]);
    expect(learned(recovered)).toEqual(learned(spared));
  } finally {
    rmSync(never, {recursive: true, force: true});
  }
});

test('one outlier is skipped, and nothing else happens', async () => {
  const run = await train([harmful('surge', batch => batch === 8), recover(OPTIONS)]);
  expect(stepsOf(run)).toEqual(Array.from({length: 14}, (_, i) => i));
  expect(verdictsOf(run)).toEqual(['skip']);
  expect(run.steps[8]).toMatchObject({updated: false, logs: {'recover/verdict': 1}});
  expect(records().find(({step}) => step === 8 && step)).toMatchObject({step: 8});
});

test('a run that does not get better is stopped; the checkpoint is sound', async () => {
  const options = {...OPTIONS, soften: {steps: 4}, maxRollbacks: 3, per: 1000};
  await expect(
    train([harmful('flow', batch => batch >= 8), recover(options)], {config: {steps: 200, saveEvery: 3}}),
  ).rejects.toMatchObject({
    code: 'RIFE_ERR_RUN_STOPPED',
    message: expect.stringContaining('run-away flow: rolled back 3 times within 1000 steps'),
  });
  expect(events().filter(({event}) => event === 'rollback')).toHaveLength(3);
  const latest = readFileSync(join(out, 'checkpoints/latest'), 'utf8').trim();
  expect(existsSync(join(out, 'checkpoints', latest, 'state.json'))).toBe(true);
});

test('learning rate and distillation weight are lower after a rollback, and come back', async () => {
  const soften = {learningRate: 0.5, distill: 0.1, steps: 4};
  const run = await train([harmful('flow', batch => batch === 8), recover({...OPTIONS, soften})], {
    config: {steps: 16},
  });
  const at = run.steps.findLastIndex(({verdict}) => verdict === 'rollback');
  const [before, ...after] = [run.steps[at]!, ...run.steps.slice(at + 1)];
  expect(before.logs).toMatchObject({'recover/learningRate': 1, 'recover/distill': 1});
  expect(after.slice(0, 5).map(({logs}) => logs['recover/learningRate'])).toEqual([
    0.5, 0.625, 0.75, 0.875, 1,
  ]);
  expect(after[0]!.logs['recover/distill']).toBeCloseTo(0.1, 6);
  // The same step at the first time, with the whole rate.
  const first = run.steps.find(({progress}) => progress.step === after[0]!.progress.step)!;
  expect(after[0]!.learningRate).toBeCloseTo(first.learningRate / 2, 9);
});

test('interrupted after a rollback and resumed, it equals the uninterrupted run, and does not get the batches again', async () => {
  const plugins = () => [harmful('flow', batch => batch === 8), recover({...OPTIONS, soften: {steps: 6}})];
  const whole = await train(plugins(), {out: join(out, 'whole')});
  const stopped = await train(plugins(), {stopAfter: 13});
  const state = JSON.parse(readFileSync(join(stopped.summary.checkpoint!, 'state.json'), 'utf8')) as object;
  expect(state).toMatchObject({avoided: [[7, 9]]});
  const resumed = await train(plugins(), {resume: true});
  expect(learned(resumed)).toEqual(learned(whole));
  expect(resumed.steps.some(({batches}) => batches[0] === 8)).toBe(false);
});

describe('stopped before or after the trouble at the ninth step', () => {
  // Two are skipped, the third is gone back for.
  const plugins = () => [
    harmful('nan', batch => batch >= 8 && batch <= 10),
    recover({...OPTIONS, soften: {steps: 6}}),
  ];
  const config = {examine: false, saveEvery: 4};
  const numbers = () => records().map(({stepMs: _s, dataMs: _d, ...record}) => record);

  let whole: TinyRun;
  let wholeNumbers: unknown[];
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'rife-recover-'));
    whole = await train(plugins(), {config});
    wholeNumbers = numbers();
    rmSync(out, {recursive: true});
  });

  test.each([1, 5, 7, 8, 9, 10, 11])(
    'after %i steps, it is the uninterrupted run, bit for bit',
    async stopAfter => {
      expect(verdictsOf(whole)).toEqual(['skip', 'skip', 'rollback']);
      await train(plugins(), {config, stopAfter});
      const resumed = await train(plugins(), {config, resume: true});
      expect(learned(resumed)).toEqual(learned(whole));
      expect(numbers()).toEqual(wholeNumbers);
    },
  );
});

test('snapshots can be kept out of checkpoints', async () => {
  const filesOf = async (options: object) => {
    const folder = mkdtempSync(join(tmpdir(), 'rife-recover-'));
    try {
      const {summary} = await train([recover({...OPTIONS, ...options})], {out: folder, config: {steps: 6}});
      return readdirSync(summary.checkpoint!).filter(name => name.startsWith('snapshot'));
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  };
  expect(await filesOf({})).toEqual([0, 1, 2].map(i => `snapshot-${i}.safetensors`));
  expect(await filesOf({inCheckpoints: false})).toEqual([]);
});

test('checkpoints of discarded steps are deleted', async () => {
  const seen: {step: number; names: string[]}[] = [];
  await train([harmful('still', batch => batch === 8 || batch === 9), recover(OPTIONS)], {
    config: {saveEvery: 1},
    prepare: trainer =>
      trainer.hooks.beforeStep.tap('test', ({progress: {step}}) => {
        const names = readdirSync(join(out, 'checkpoints')).filter(name => name.startsWith('step-'));
        seen.push({step, names: names.sort()});
      }),
  });
  const back = seen.findIndex(({step}, i) => step < (seen[i - 1]?.step ?? 0));
  expect(Number(seen[back - 1]!.names.at(-1)!.slice(5))).toBe(9);
  expect(Number(seen[back]!.names.at(-1)!.slice(5))).toBe(seen[back]!.step);
});
