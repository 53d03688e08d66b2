/**
 * Our side of rife4_load.py: a frame of RIFE 4.x as rife-train predicts it, without rounding.
 *
 *     node bench/twin/rife4_load.mjs --weights FILE --version 4.0 --frames IN
 *         --size 128x192 --t 0.25 --out OUT
 *
 * IN: two frames, uint8 [2,H,W,3], BGR. OUT: float32 [H,W,3], BGR in 0..1.
 */
import '../../scripts/freshDist.mjs';
import {readFileSync, writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {openPredictor} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {isTrainingOnly, matchWeights, readWeights} from '@rife-train/model/weights';

const option = {type: 'string'};
const {values: args} = parseArgs({
  options: {weights: option, version: option, frames: option, size: option, t: option, out: option},
});
const [height, width] = args.size.split('x').map(Number);
const pixels = new Uint8Array(readFileSync(args.frames));
const [img0, img1] = [0, 1].map(i => {
  const size = height * width * 3;
  return {height, width, data: pixels.subarray(i * size, (i + 1) * size)};
});

const model = createModel({name: 'RIFE4', version: args.version});
const {loaded, missing} = matchWeights(model.parameters, (await readWeights(args.weights)).tensors);
if (missing.some(name => !isTrainingOnly(name))) throw new Error(`${args.weights} lacks ${missing}`);
const valuesOf = ({name, shape}) =>
  loaded.has(name)
    ? model.fromFile(name, loaded.get(name))
    : new Float32Array(shape.reduce((a, b) => a * b, 1));
const weights = new Map(model.parameters.map(spec => [spec.name, valuesOf(spec)]));
const predictor = openPredictor({engine: () => createEngine({execution: 'eager'}), model, weights});
const {refined} = await predictor.predict(img0, img1, Number(args.t));
await predictor.close();
writeFileSync(args.out, new Uint8Array(refined.buffer, refined.byteOffset, refined.byteLength));
