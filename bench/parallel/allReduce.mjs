/**
 * Cost of the mean gradient: 1, 2 and 4 replicas, as threads and as processes, by own kernels and
 * by JavaScript, and its share of a step.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {launchReplicas} from '@rife-train/parallel';
import {machineFacts} from '../lib/machine.mjs';
import {fail, median, wholeNumber} from '../lib/numbers.mjs';

/**
 * A step of 4x224 with two cores of its own, in ms (docs/engine.md). Replicas share the cores, so
 * their steps take longer by the number of replicas.
 */
const STEP_MS = 1360;

const {values: options} = parseArgs({
  options: {
    floats: {type: 'string', default: '10700000'},
    rounds: {type: 'string', default: '10'},
    warmup: {type: 'string', default: '2'},
    counts: {type: 'string', default: '1,2,4'},
    step: {type: 'string', default: String(STEP_MS)},
    out: {type: 'string', default: 'bench/results/allReduce.json'},
  },
});

/** Kernels need files, which threads do not use. */
const WAYS = [
  {launcher: 'thread', way: 'JavaScript'},
  {launcher: 'process', way: 'JavaScript'},
  {launcher: 'process', way: 'kernels'},
];

async function measure({launcher, way}, count, {floats, warmup, rounds}) {
  process.env.RIFE_TRAIN_OWN_KERNELS = way === 'kernels' ? '1' : '0';
  const entry = fileURLToPath(new URL('replica.mjs', import.meta.url));
  const payload = {floats, warmup, rounds};
  const replicas = await launchReplicas({count, launcher, entry, payload, timeout: 120, devices: 'cpu'});
  if (replicas.some(all => all.some(({norm}, i) => norm !== replicas[0][i].norm)))
    throw new Error(`${launcher} x ${count}, ${way}: replicas differ`);
  const middle = of => median(replicas.flat().map(of));
  return {
    launcher,
    way,
    count,
    ms: middle(({ms}) => ms),
    workMs: middle(({workMs}) => workMs),
    waitMs: middle(({waitMs}) => waitMs),
  };
}

async function main() {
  const sizes = Object.fromEntries(
    ['floats', 'rounds', 'warmup'].map(name => [name, wholeNumber(name, options[name])]),
  );
  const step = wholeNumber('step', options.step);
  const results = [];
  console.log('| launcher | by | replicas | ms | work | wait | to one replica | share of the step |');
  console.log('| -------- | -- | -------- | -- | ---- | ---- | -------------- | ----------------- |');
  for (const place of WAYS)
    for (const count of options.counts.split(',').map(text => wholeNumber('counts', text))) {
      const result = await measure(place, count, sizes);
      const one =
        results.find(({launcher, way}) => launcher === place.launcher && way === place.way) ?? result;
      Object.assign(result, {toOne: result.ms / one.ms, share: result.ms / (count * step)});
      results.push(result);
      const [ms, work, wait] = [result.ms, result.workMs, result.waitMs].map(value => value.toFixed(0));
      const [toOne, share] = [result.toOne.toFixed(2), `${(100 * result.share).toFixed(1)} %`];
      const row = [place.launcher, place.way, count, ms, work, wait, toOne, share];
      console.log(`| ${row.join(' | ')} |`);
    }
  mkdirSync(dirname(options.out), {recursive: true});
  writeFileSync(
    options.out,
    `${JSON.stringify({machine: machineFacts(), ...sizes, stepMs: step, results}, null, 2)}\n`,
  );
}

main().catch(fail);
