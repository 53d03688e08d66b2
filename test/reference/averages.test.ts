/**
 * The moving average of the weights on RIFE's own networks: against the formula of the author's
 * training code in float64, and predictions from its checkpoints by rife-train without the plugin.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {averageOf, openPredictor, weightsOf, type ModelOptions, type Program} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel, NETWORKS} from '@rife-train/model';
import {matchWeights, readWeights} from '@rife-train/model/weights';
import {ema} from '@rife-train/plugin-ema';
import {fixtureFrame, trainTiny} from '@rife-train/testing';

const SIDE = 64;
const DECAY = 0.9;
const STEPS = 3;

const folder = mkdtempSync(join(tmpdir(), 'rife-averages-'));
afterAll(() => rmSync(folder, {recursive: true}));

type Values = Map<string, Float32Array>;
const CASES: [string, 'captured' | 'eager', ModelOptions][] = [
  ['RIFE4', 'captured', {name: 'RIFE4', version: '4.25', scales: [], widths: [8, 6, 4, 4, 4]}],
  ['IFNet', 'eager', {name: 'IFNet', scales: [4, 2, 1], widths: [8, 6, 4], norm: 'batch'}],
];

/** [H,W,3] of a scene at the times 0 and 1. */
const frames = [0, 1].map(time => {
  const planes = fixtureFrame(2, SIDE, SIDE, time);
  const data = Uint8Array.from(planes, (_, i) => planes[(i % 3) * SIDE * SIDE + Math.floor(i / 3)]!);
  return {data, height: SIDE, width: SIDE};
});
/** [H,W,6] of both. */
const images = Uint8Array.from(
  {length: SIDE * SIDE * 6},
  (_, i) => frames[i % 6 < 3 ? 0 : 1]!.data[Math.floor(i / 6) * 3 + (i % 3)]!,
);

describe.each(CASES)('%s, %s', (name, execution, options) => {
  const out = join(folder, name);
  const values: Values[] = [];
  let inRun: Float32Array;
  let names: string[];

  beforeAll(async () => {
    const engine = await createEngine({execution});
    const {model} = await trainTiny({
      engine,
      out,
      networks: NETWORKS,
      plugins: [ema({decay: DECAY})],
      config: {steps: STEPS, data: {crop: SIDE, batch: 1}, model: options},
      prepare: (trainer, program: () => Program) => {
        const read = async () => void values.push(await program().readVariables());
        trainer.hooks.beforeStep.tapPromise('test', async ({progress}) => {
          if (progress.step === 0) await read();
        });
        trainer.hooks.afterStep.tapPromise('test', read);
        trainer.hooks.done.tapPromise('test', async () => {
          const request = {images, gap: Float32Array.of(1), timestep: Float32Array.of(0.5)};
          const {refined} = await trainer.predict({...request, shape: [1, SIDE, SIDE]});
          inRun = refined.values as Float32Array;
        });
      },
    });
    names = model.parameters.map(parameter => parameter.name);
  });

  test('averages are those of the formula', () => {
    const errors = names.map(parameter => {
      let exact = [...values[0]!.get(parameter)!];
      for (const after of values.slice(1)) {
        const now = after.get(parameter)!;
        exact = exact.map((average, i) => DECAY * average + (1 - DECAY) * now[i]!);
      }
      const got = values.at(-1)!.get(averageOf(parameter))!;
      const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
      return exact.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0) / largest;
    });
    expect(Math.max(...errors)).toBeLessThan(2 ** -21);
  });

  test('a checkpoint predicts as the run did, without the plugin', async () => {
    const model = createModel(options);
    const file = join(out, `checkpoints/step-0000000${STEPS}/weights.safetensors`);
    const {loaded, missing, extra, misshaped} = matchWeights(
      weightsOf(model),
      (await readWeights(file)).tensors,
    );
    expect({missing, extra, misshaped}).toEqual({missing: [], extra: [], misshaped: []});
    const weights = new Map([...loaded].map(([tensor, found]) => [tensor, model.fromFile(tensor, found)]));
    const predictWith = async (given: Values) => {
      const predictor = openPredictor({engine: await createEngine({execution}), model, weights: given});
      const {refined} = await predictor.predict(frames[0]!, frames[1]!);
      await predictor.close();
      return refined;
    };
    const difference = (frame: Float32Array) =>
      frame.reduce((most, value, i) => Math.max(most, Math.abs(value - inRun[i]!)), 0);
    const trained = new Map(weightsOf(model).map(spec => [spec.name, values.at(-1)!.get(spec.name)!]));
    expect(difference(await predictWith(weights))).toBeLessThan(1e-6);
    expect(difference(await predictWith(trained))).toBeGreaterThan(1e-5);
  });
});
