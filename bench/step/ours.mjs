/**
 * Times our training step in this process; prints one line of JSON.
 *
 *     node bench/step/ours.mjs --batch 4 --crop 224 --steps 5 --execution captured|eager
 *         --precision fp32|bf16 [--compile xla] [--gpu '{"tf32": false}']
 *
 * A step starts with a uint8 batch in memory and ends when its metrics are on the host: both
 * entries of the program (forward, losses, backward; then AdamW), the finite guard between them,
 * all hooks. Warm-up steps are not counted.
 */
import {parseArgs} from 'node:util';
import {gpuBytes} from '../lib/gpu.mjs';
import {fail, median, parseCase, wholeNumber} from '../lib/numbers.mjs';
import {peakRssBytes, rssBytes} from '../lib/process.mjs';

const {values} = parseArgs({
  options: {
    batch: {type: 'string', default: '1'},
    crop: {type: 'string', default: '128'},
    steps: {type: 'string', default: '5'},
    warmup: {type: 'string', default: '2'},
    execution: {type: 'string', default: 'captured'},
    precision: {type: 'string', default: 'fp32'},
    compile: {type: 'string', default: 'none'},
    gpu: {type: 'string', default: '{}'},
  },
});

async function main() {
  const {batch, crop} = parseCase(`${values.batch}x${values.crop}`);
  const warmup = wholeNumber('warmup', values.warmup, 0);
  const steps = warmup + wholeNumber('steps', values.steps);
  const {execution, precision, compile} = values;
  if (execution !== 'captured' && execution !== 'eager')
    throw new Error(`--execution is "${execution}", expected captured or eager`);
  const {trainOnRandom} = await import('../lib/training.mjs');
  const importRssBytes = rssBytes();
  const times = [];
  let memory = {};
  let losses = {};
  const {engine, capture} = await trainOnRandom({
    ...{batch, crop, steps, execution, precision, compile},
    gpu: JSON.parse(values.gpu),
    afterStep({terms, loss}, stepMs) {
      times.push(stepMs);
      losses = {...terms, total: loss};
      // Here and not at the end, where the last checkpoint is written.
      if (times.length === steps) memory = {peakRssBytes: peakRssBytes(), ...gpuBytes()};
    },
  });
  const stepMs = times.slice(warmup);
  const medianMs = median(stepMs);
  const captured = execution === 'captured' && {capture};
  const speed = {stepMs, medianMs, imagesPerSecond: (batch * 1e3) / medianMs};
  const what = `rife-train ${execution} ${precision}`;
  console.log(
    JSON.stringify({what, batch, crop, ...speed, ...memory, importRssBytes, ...captured, losses, engine}),
  );
}

main().catch(fail);
