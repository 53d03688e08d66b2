/**
 * The predictor on the engine, against what the reference's `Model.inference` made of the same
 * frames and weights.
 */
import {join} from 'node:path';
import {openPredictor, type Frame, type FrameOptions} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {fixtureImages, fixtureWeights, outside, readSafetensors} from '@rife-train/testing';

const [H, W] = [64, 96];
const FIXTURE = '../../../../model/src/__tests__/fixtures/inference_1x64x96.safetensors';
const recorded = readSafetensors(join(__dirname, FIXTURE));

/** img0 or img1 of the fixture, from planes to pixels. */
function fixtureFrame(first: number): Frame {
  const planes = fixtureImages(0, 1, H, W).subarray(first * H * W);
  return {
    height: H,
    width: W,
    data: Uint8Array.from({length: H * W * 3}, (_, i) => planes[(i % 3) * H * W + Math.floor(i / 3)]!),
  };
}

test.each<[string, string, number, FrameOptions]>([
  ['IFNet', 'scale_1', 0.5, {}],
  ['IFNet', 'scale_2', 0.5, {scale: 2}],
  ['IFNet', 'tta', 0.5, {tta: true}],
  ['IFNet_m', 'm_timestep_0.125', 0.125, {}],
  ['IFNet_m', 'm_timestep_0.75', 0.75, {}],
])('%s: %s', async (name, tensor, timestep, options) => {
  const model = createModel({name, scales: [4, 2, 1], widths: [240, 150, 90]});
  const weights = new Map(
    [...fixtureWeights(model)].map(([key, values]) => [key, model.fromFile(key, values)]),
  );
  const predictor = openPredictor({engine: () => createEngine(), model, weights});
  const {refined} = await predictor.predict(fixtureFrame(0), fixtureFrame(3), timestep, options);
  await predictor.close();
  const {values} = recorded.get(tensor)!;
  const errors = Array.from(refined, (x, i) =>
    Math.abs(x - Number(values[(i % 3) * H * W + Math.floor(i / 3)])),
  );
  expect(outside('inference', Math.max(...errors), tensor)).toEqual([]);
});
