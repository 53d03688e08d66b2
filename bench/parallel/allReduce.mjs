/** What the mean gradient costs: 1, 2 and 4 replicas, as threads and as processes, and its share of a step. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {launchReplicas} from '@rife-train/parallel';
import {machineFacts} from '../lib/machine.mjs';
import {fail, median, wholeNumber} from '../lib/numbers.mjs';

/** A step of 4x224 with two cores of its own, in ms (docs/engine.md); replicas share the cores, so theirs take longer by their number. */
const STEP_MS = 1360;

const {values: options} = parseArgs({
  options: {
    floats: {type: 'string', default: '10700000'},
    rounds: {type: 'string', default: '10'},
    warmup: {type: 'string', default: '2'},
    counts: {type: 'string', default: '1,2,4'},
    launchers: {type: 'string', default: 'thread,process'},
    step: {type: 'string', default: String(STEP_MS)},
    out: {type: 'string', default: 'bench/results/allReduce.json'},
  },
});

async function measure(launcher, count, {floats, warmup, rounds}) {
  const entry = fileURLToPath(new URL('replica.mjs', import.meta.url));
  const payload = {floats, warmup, rounds};
  const replicas = await launchReplicas({count, launcher, entry, payload, timeout: 120, devices: 'cpu'});
  if (replicas.some(all => all.some(({norm}, i) => norm !== replicas[0][i].norm)))
    throw new Error(`${launcher} x ${count}: replicas differ`);
  const middle = of => median(replicas.flat().map(of));
  return {
    launcher,
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
  console.log('| launcher | replicas | ms | work | wait | to one replica | share of the step |');
  console.log('| -------- | -------- | -- | ---- | ---- | -------------- | ----------------- |');
  for (const launcher of options.launchers.split(','))
    for (const count of options.counts.split(',').map(text => wholeNumber('counts', text))) {
      const result = await measure(launcher, count, sizes);
      const one = results.find(other => other.launcher === launcher) ?? result;
      Object.assign(result, {toOne: result.ms / one.ms, share: result.ms / (count * step)});
      results.push(result);
      const [ms, work, wait] = [result.ms, result.workMs, result.waitMs].map(value => value.toFixed(0));
      const [toOne, share] = [result.toOne.toFixed(2), `${(100 * result.share).toFixed(1)} %`];
      console.log(`| ${launcher} | ${count} | ${ms} | ${work} | ${wait} | ${toOne} | ${share} |`);
    }
  mkdirSync(dirname(options.out), {recursive: true});
  writeFileSync(
    options.out,
    `${JSON.stringify({machine: machineFacts(), ...sizes, stepMs: step, results}, null, 2)}\n`,
  );
}

main().catch(fail);
