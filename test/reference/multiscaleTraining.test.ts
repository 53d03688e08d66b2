/** plugin-multiscale over some steps: what it adds learns, captured as eager, resumed as uninterrupted; and what checkpoints say. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {openPredictor, type ModelOptions} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {deduceOptions} from '@rife-train/model/weights';
import type {MultiscaleOptions} from '@rife-train/plugin-multiscale';
import {
  EVERYTHING,
  farthest,
  framesOf64,
  newFolder,
  SMALL,
  trainOn,
  weightsAt,
  weightsFile,
  type RunSetup,
  type Seen,
} from './multiscaleSupport.js';

const STEPS = 4;
let init: string;
beforeAll(() => void (init = weightsFile(SMALL)));

const LARGE: MultiscaleOptions = {...EVERYTHING, receptiveField: 'large-kernel'};

describe.each<[string, MultiscaleOptions, boolean]>([
  ['everything, from weights of three stages', EVERYTHING, true],
  ['with a large kernel, from fresh weights', LARGE, false],
])('%s', (_, options, withInit) => {
  const run = (setup: RunSetup = {}) =>
    trainOn({options, init: withInit ? init : '', config: {saveEvery: 2, keep: 9}, ...setup});

  let whole: Seen;
  beforeAll(async () => void (whole = await run({steps: STEPS})));

  test('every tensor that was added moves, and not by weight decay alone', () => {
    expect(whole.steps.every(({updated}) => updated)).toBe(true);
    const [before, after] = [weightsAt(whole.out, 0), weightsAt(whole.out, STEPS)];
    const added = [...before.keys()].filter(name => /^block[01]\.|\.(dilated|large|fusion)\./.test(name));
    expect(added.length).toBeGreaterThan(80);
    for (const name of added) {
      const [start, end] = [before.get(name)!, after.get(name)!];
      // Weight decay takes a millionth of a weight a step here. What is deep in a block gets small gradients in its first steps.
      const moved = Float32Array.from(end, (x, i) => x - start[i]! * (1 - 1e-6) ** STEPS);
      expect([name, farthest(moved, new Float32Array(moved.length)) > 1e-6]).toEqual([name, true]);
    }
    for (const block of ['block0', 'block1']) {
      const [start, end] = [before, after].map(weights => weights.get(`${block}.lastconv.weight`)!);
      expect(start!.every(x => x === 0)).toBe(true);
      expect(farthest(end!, start!)).toBeGreaterThan(1e-3);
    }
  });

  test('captured equals eager', async () => {
    const eager = await run({steps: 2, execution: 'eager'});
    eager.steps.forEach((expected, i) => {
      const got = whole.steps[i]!;
      for (const [term, value] of Object.entries(expected.terms))
        expect([i, term, Math.abs(got.terms[term]! / value - 1) < 1e-4]).toEqual([i, term, true]);
      expect(Math.abs(got.gradNorm / expected.gradNorm - 1)).toBeLessThan(1e-3);
    });
    for (const what of ['refined', 'flow', 'mask'] as const) {
      const [a, b] = [whole, eager].map(seen => seen.predicted![what].values as Float32Array);
      expect(farthest(a!, b!)).toBeLessThan(1e-5);
    }
  });

  test('a resumed run is the uninterrupted one, to the bit; the weights hook does not fire again', async () => {
    const {out} = await run({steps: 2});
    const resumed = await run({steps: STEPS, out, resume: true});
    const [expected, got] = [whole.out, out].map(folder => weightsAt(folder, STEPS));
    expect([...got!.keys()]).toEqual([...expected!.keys()]);
    const differing = [...got!].filter(([name, values]) => farthest(values, expected!.get(name)!) !== 0);
    expect(differing.map(([name]) => name)).toEqual([]);
    expect(resumed.lines.some(line => line.includes('of the weights are'))).toBe(false);
  });
});

describe('a checkpoint', () => {
  let out: string;
  let refined: Float32Array;
  beforeAll(async () => {
    const seen = await trainOn({options: EVERYTHING, init});
    out = seen.out;
    refined = seen.predicted!.refined.values as Float32Array;
  });
  const folder = (step: number) => join(out, 'checkpoints', `step-0000000${step}`);
  const optionsAt = (step: number) =>
    (JSON.parse(readFileSync(join(folder(step), 'state.json'), 'utf8')) as {model: {options: ModelOptions}})
      .model.options;

  test('carries the architecture, which the names of its tensors tell too', () => {
    const options = optionsAt(0);
    expect(options).toEqual({
      name: 'IFNet',
      scales: [16, 8, 4, 2, 1],
      widths: [24, 24, 24, 16, 12],
      norm: 'none',
      zeroStages: 2,
      fusion: true,
      receptiveField: 'dilated',
    });
    const specs = createModel(options).parameters.map(
      ({name, fileShape}) => [name, {shape: fileShape}] as const,
    );
    const {norm: _norm, zeroStages: _zero, ...told} = options;
    expect(deduceOptions(new Map(specs))).toEqual(told);
  });

  test('predicts without the plugin, as the run did', async () => {
    const model = createModel(optionsAt(0));
    const values = [...weightsAt(out, 0)];
    const predictor = openPredictor({
      engine: await createEngine({execution: 'captured'}),
      model,
      weights: new Map(values.map(([name, file]) => [name, model.fromFile(name, file)])),
    });
    const [img0, img1] = framesOf64();
    const predicted = await predictor.predict(img0, img1);
    await predictor.close();
    expect(farthest(predicted.refined, refined)).toBeLessThan(1e-6);
  });

  test.each<[string, MultiscaleOptions | undefined, string]>([
    ['without the plugin', undefined, 'scales are 16, 8, 4, 2, 1, not 4, 2, 1'],
    ['with another stage', {...EVERYTHING, stages: [32, 8]}, 'scales are 16, 8, 4, 2, 1, not 32, 8, 4, 2, 1'],
    [
      'with another branch',
      {...EVERYTHING, receptiveField: 'large-kernel'},
      'large.depthwise.0.weight" is missing',
    ],
  ])('is not resumed %s', async (_, options, difference) => {
    const resumed = trainOn({options, out, resume: true, steps: 2, side: 128});
    await expect(resumed).rejects.toMatchObject({
      code: 'RIFE_ERR_CHECKPOINT_MODEL',
      message: expect.stringContaining(difference) as string,
    });
  });
});

test('a crop that the coarsest stage has no whole pixels for is refused before anything is written', async () => {
  const out = newFolder();
  await expect(trainOn({options: {}, init, side: 96, out})).rejects.toMatchObject({
    code: 'RIFE_ERR_DATA_CROP',
    message: expect.stringContaining(
      "Expected multiples of 64, at least 64: the network's coarsest block works at scale 16",
    ) as string,
  });
  expect(existsSync(out)).toBe(false);
});
