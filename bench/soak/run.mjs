/**
 * A long captured run at a small shape: the number of tensors must stay constant, memory flat after
 * warm-up, and steps as fast at the end as at the beginning.
 *
 *     node bench/soak/run.mjs [--steps 1000] [--every 50] [--warmup 200] [--max-growth-mib 32]
 *         [--tiny] [--out FILE]
 *
 * `--tiny` trains the tiny network of packages/testing with all official plugins: many steps in
 * little time, the same trainer.
 *
 * Exit code 1 when a tensor leaks or memory grows.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {machineFacts} from '../lib/machine.mjs';
import {fail, median, parseCase, wholeNumber} from '../lib/numbers.mjs';
import {rssBytes} from '../lib/process.mjs';
import {judge} from './judge.mjs';

const MIB = 2 ** 20;
/**
 * Official plugins and their factories; multiscale is left out, since it asks for a larger crop.
 */
const OFFICIAL = [
  ['distill', 'distill'],
  ['curriculum', 'curriculum'],
  ['gradclip', 'gradClip'],
  ['flownorm', 'flowNorm'],
  ['gainlimit', 'gainLimit'],
  ['recover', 'recover'],
];

function parseOptions() {
  const {values} = parseArgs({
    options: {
      case: {type: 'string', default: '1x64'},
      steps: {type: 'string', default: '1000'},
      every: {type: 'string', default: '50'},
      warmup: {type: 'string', default: '200'},
      execution: {type: 'string', default: 'captured'},
      tiny: {type: 'boolean', default: false},
      'max-growth-mib': {type: 'string', default: '32'},
      out: {type: 'string', default: fileURLToPath(new URL('../results/soak.json', import.meta.url))},
    },
  });
  const whole = name => wholeNumber(name, values[name]);
  const options = {
    ...parseCase(values.case),
    execution: values.execution,
    out: values.out,
    tiny: values.tiny,
  };
  const counts = {steps: whole('steps'), every: whole('every'), warmup: whole('warmup')};
  if (counts.steps < counts.warmup + 4 * counts.every)
    throw new Error(
      `--steps is ${counts.steps}, expected at least warmup + 4 * every, so that there is something to judge`,
    );
  return {...options, ...counts, maxGrowthBytes: whole('max-growth-mib') * MIB};
}

function print({step, tensors, nativeTensors, rssBytes: rss, medianMs, loss}) {
  const memory = `RSS ${(rss / MIB).toFixed(1)} MiB`;
  const pace = `${medianMs.toFixed(1)} ms/step`;
  console.log(
    `step ${step}: ${tensors} tensors, ${nativeTensors} native, ${memory}, ${pace}, loss ${loss.toPrecision(4)}`,
  );
}

/** Configuration of `--tiny`. */
async function tinyRun() {
  const {TINY} = await import('@rife-train/testing');
  const made = await Promise.all(
    OFFICIAL.map(async ([name, factory]) => (await import(`@rife-train/plugin-${name}`))[factory]()),
  );
  const network = {
    networks: [TINY],
    options: {name: 'Tiny', scales: [4, 2, 1], widths: [6, 5, 4]},
  };
  return {network, plugins: made};
}

async function main() {
  const {out, maxGrowthBytes, ...options} = parseOptions();
  const machine = machineFacts();
  const {trainOnRandom} = await import('../lib/training.mjs');
  const samples = [];
  let times = [];
  const afterStep = ({progress, loss}, stepMs) => {
    times.push(stepMs);
    const step = progress.step + 1;
    if (step % options.every) return;
    const {numTensors} = tf.memory();
    const nativeTensors = tf.backend().binding.getNumOfTensors();
    const sample = {
      step,
      tensors: numTensors,
      nativeTensors,
      rssBytes: rssBytes(),
      medianMs: median(times),
      loss,
    };
    samples.push(sample);
    print(sample);
    times = [];
  };
  const {engine, capture} = await trainOnRandom({
    ...options,
    ...(options.tiny ? await tinyRun() : {}),
    distinct: 8,
    afterStep,
  });
  const verdict = judge(samples, options.warmup, maxGrowthBytes);
  mkdirSync(dirname(out), {recursive: true});
  const result = {machine, engine, settings: options, capture, verdict, samples};
  writeFileSync(out, `${JSON.stringify(result, null, 1)}\n`);
  const growth = `RSS growth after warm-up ${(verdict.growthBytes / MIB).toFixed(1)} MiB, last steps ${verdict.slower.toFixed(2)} times as long as the first`;
  console.log(
    `${verdict.problems.length ? 'FAILED' : 'passed'}: ${growth}, limit ${maxGrowthBytes / MIB} MiB`,
  );
  if (verdict.problems.length) throw new Error(verdict.problems.join('\n'));
}

main().catch(fail);
