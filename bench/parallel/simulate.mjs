/**
 * PREDICTS what several GPUs would do, from parts that were measured on a processor and numbers
 * that are assumed; and first what replicas on this processor do, beside what they did.
 *
 *     node bench/parallel/simulate.mjs [--gpus 1,2,4,8] [--crop 512] [--total 64]
 *         [--teraflops 20] [--pcie 12] [--cores 32] [--decode MS] [--reduce MS] [--host 15]
 *
 * `--teraflops` is what a GPU really reaches in a step, not what its maker says. `--decode` and
 * `--reduce` are those of bench/results by default: the best PNG or cached round of the loader, and
 * the mean gradient of one process with a core of its own.
 */
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {fail} from '../lib/numbers.mjs';
import {predict, predictShared} from './model.mjs';

const {values} = parseArgs({
  options: {
    gpus: {type: 'string', default: '1,2,4,8'},
    crop: {type: 'string', default: '512'},
    total: {type: 'string', default: '64'},
    teraflops: {type: 'string', default: '20'},
    pcie: {type: 'string', default: '12'},
    cores: {type: 'string', default: '32'},
    decode: {type: 'string'},
    reduce: {type: 'string'},
    host: {type: 'string', default: '15'},
  },
});

const result = name => JSON.parse(readFileSync(new URL(`../results/${name}.json`, import.meta.url), 'utf8'));
const print = rows => console.log(`${rows.map(row => `| ${row.join(' | ')} |`).join('\n')}\n`);

/** The model against what was measured here. */
function validate(reduceOf) {
  const {weak, strong, machine} = result('scaling');
  console.log(
    `Replicas on ${machine.cores} cores, predicted from the step of one and the mean gradient alone (no assumption):\n`,
  );
  const rows = [...weak.slice(1), ...strong.slice(1)].map(cell => {
    const {replicas, batch, stepMs} = cell;
    const said = predictShared(weak[0], {replicas, batch, reduceMs: reduceOf(replicas)}).stepMs;
    return [`${replicas} x ${batch}`, said.toFixed(0), stepMs.toFixed(0), (said / stepMs).toFixed(2)];
  });
  print([
    ['replicas x batch', 'predicted ms', 'measured ms', 'ratio'],
    ['---', '---', '---', '---'],
    ...rows,
  ]);
}

function main() {
  const number = name => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new Error(`--${name} is "${values[name]}", expected a number above 0`);
    return value;
  };
  const {results} = result('allReduce');
  const reduceOf = count =>
    results.find(r => r.launcher === 'process' && r.way === 'kernels' && r.count === count)?.ms ?? NaN;
  validate(reduceOf);
  const png = result('loader').rows.find(({name}) => name === 'PNG');
  const cached = result('loader').rows.find(({name}) => name === 'PNG, cached');
  const decodes = values.decode
    ? {'': number('decode')}
    : {PNG: png.ours.cpuMsPerTriplet, cached: cached.ours.cpuMsPerTriplet};
  const total = number('total');
  const reduceMs = values.reduce ? number('reduce') : reduceOf(2);
  const fixed = {crop: number('crop'), reduceMs, hostMs: number('host')};
  const machine = {teraflops: number('teraflops'), pcie: number('pcie'), cores: number('cores')};
  console.log(
    `PREDICTION, nothing here was run on a GPU. ${total} triplets of ${fixed.crop} in all; assumed: ${machine.teraflops} TFLOP/s really reached by a GPU, ` +
      `${machine.pcie} GB/s to it, ${machine.cores} cores, ${fixed.hostMs} ms of JavaScript a step. Measured on a processor: ${reduceMs.toFixed(0)} ms for the mean gradient, decoding as named.\n`,
  );
  const rows = Object.entries(decodes).flatMap(([kind, decodeMs]) =>
    values.gpus.split(',').map(text => {
      const gpus = Number(text);
      const said = predict({...fixed, ...machine, gpus, batch: total / gpus, decodeMs});
      const {parts, stepMs, imagesPerSecond, efficiency, bottleneck} = said;
      const ms = value => value.toFixed(0);
      return [
        ...[text, `${kind} ${decodeMs.toFixed(1)} ms`, ms(stepMs), imagesPerSecond.toFixed(0)],
        ...[
          ms(parts.compute),
          ms(parts.reduce),
          ms(parts.decode),
          `${(100 * efficiency).toFixed(0)} %`,
          bottleneck,
        ],
      ];
    }),
  );
  const head = [
    'GPUs',
    'clips',
    'ms a step',
    'images/s',
    'compute',
    'mean gradient',
    'decoding',
    'efficiency',
    'bottleneck',
  ];
  print([head, head.map(() => '---'), ...rows]);
}

try {
  main();
} catch (error) {
  fail(error);
}
