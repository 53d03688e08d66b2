/**
 * plugin-multiscale over some steps: its additions learn, captured as eager, resumed as
 * uninterrupted; and the content of checkpoints.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {openPredictor, type ModelOptions} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {deduceOptions} from '@rife-train/model/weights';
import type {MultiscaleOptions} from '@rife-train/plugin-multiscale';
import {additionsLearn} from './multiscaleLearning.js';
import {
  EVERYTHING,
  farthest,
  framesOf64,
  newFolder,
  SMALL,
  trainOn,
  weightsAt,
  weightsFile,
  type Seen,
} from './multiscaleSupport.js';

let init: string;
beforeAll(() => void (init = weightsFile(SMALL)));

// With a large kernel: test/slow.
let wholeRun: () => Promise<Seen>;
describe('everything, from weights of three stages', () => {
  wholeRun = additionsLearn(EVERYTHING, true);
});

describe('a checkpoint', () => {
  let out: string;
  let refined: Float32Array;
  beforeAll(async () => {
    const seen = await wholeRun();
    out = seen.out;
    refined = seen.predicted!.refined.values as Float32Array;
  });
  const folder = (step: number) => join(out, 'checkpoints', `step-0000000${step}`);
  const optionsAt = (step: number) =>
    (JSON.parse(readFileSync(join(folder(step), 'state.json'), 'utf8')) as {model: {options: ModelOptions}})
      .model.options;

  test('contains the architecture, which the names of its tensors show too', () => {
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
    const resumed = trainOn({options, out, resume: true, steps: 6, side: 128});
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
