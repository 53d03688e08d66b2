/**
 * Times our prediction of one frame in this process; prints one line of JSON.
 *
 *     node bench/step/predict.mjs --network IFNet|4.0|4.25 --size 512x512 --precision bf16
 *
 * From two uint8 pictures in memory to the frame on the host, padded and cropped as `predict` does.
 * Weights are those with which training begins.
 */
import {parseArgs} from 'node:util';
import {openPredictor} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {fail, median, wholeNumber} from '../lib/numbers.mjs';
import {peakRssBytes, rssBytes} from '../lib/process.mjs';

const {values} = parseArgs({
  options: {
    network: {type: 'string', default: 'IFNet'},
    size: {type: 'string', default: '512x512'},
    frames: {type: 'string', default: '5'},
    warmup: {type: 'string', default: '2'},
    precision: {type: 'string', default: 'fp32'},
  },
});

async function main() {
  const importRssBytes = rssBytes();
  const [width, height] = values.size.split('x').map(side => wholeNumber('size', side));
  const warmup = wholeNumber('warmup', values.warmup);
  const frames = warmup + wholeNumber('frames', values.frames);
  const name = values.network;
  const model = createModel(name === 'IFNet' ? {name} : {name: 'RIFE4', version: name});
  const {precision} = values;
  const predictor = openPredictor({
    engine: () => createEngine({precision}),
    model,
    weights: model.initialize(1),
  });
  const picture = seed =>
    Uint8Array.from({length: width * height * 3}, (_, i) => 127 + 100 * Math.sin(i * 0.01 + seed));
  const [img0, img1] = [0, 1].map(seed => ({data: picture(seed), width, height}));
  const times = [];
  for (let i = 0; i < frames; i++) {
    const start = performance.now();
    await predictor.predict(img0, img1, 0.5);
    times.push(performance.now() - start);
  }
  const stepMs = times.slice(warmup);
  const facts = {what: `rife-train ${precision}`, network: name, size: values.size};
  const memory = {peakRssBytes: peakRssBytes(), importRssBytes};
  console.log(JSON.stringify({...facts, stepMs, medianMs: median(stepMs), ...memory}));
  await predictor.close();
}

main().catch(fail);
