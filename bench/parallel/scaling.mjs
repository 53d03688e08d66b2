/**
 * 1, 2 and 4 replicas on this machine's processor, by the real command line: a fixed batch per
 * replica, and a fixed batch in all.
 *
 *     node bench/parallel/scaling.mjs [--counts 1,2,4] [--batch 4] [--crop 224] [--steps 5]
 *         [--warmup 2] [--launcher process] [--out FILE]
 *
 * All replicas share the same cores, and one alone uses them all: ideal is as many images a second
 * as one replica, not more.
 */
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {fail, wholeNumber} from '../lib/numbers.mjs';
import {measureCell, scalingTable} from './cell.mjs';

const {values} = parseArgs({
  options: {
    counts: {type: 'string', default: '1,2,4'},
    batch: {type: 'string', default: '4'},
    crop: {type: 'string', default: '224'},
    steps: {type: 'string', default: '5'},
    warmup: {type: 'string', default: '2'},
    launcher: {type: 'string', default: 'process'},
    out: {type: 'string', default: fileURLToPath(new URL('../results/scaling.json', import.meta.url))},
  },
});

/** Share of a step that the mean gradient may take with four replicas. */
const LIMIT = 0.05;

async function measure(counts, batchOf, settings) {
  const cells = [];
  for (const replicas of counts) {
    cells.push(await measureCell({...settings, replicas, batch: batchOf(replicas)}));
    console.error(`${replicas} x ${batchOf(replicas)}: ${cells.at(-1).stepMs.toFixed(0)} ms a step`);
  }
  return cells;
}

async function main() {
  const machine = machineFacts();
  const number = (name, least) => wholeNumber(name, values[name], least);
  const [batch, crop] = [number('batch'), number('crop', 64)];
  const settings = {crop, steps: number('steps'), warmup: number('warmup', 0), launcher: values.launcher};
  const counts = values.counts.split(',').map(text => wholeNumber('counts', text));
  const weak = await measure(counts, () => batch, settings);
  const dividing = counts.filter(count => batch % count === 0);
  const strong = await measure(dividing, count => batch / count, settings);
  const shared = () => 1;
  console.log(`Crop ${crop}, ${batch} triplets for each replica:\n\n${scalingTable(weak, shared)}\n`);
  console.log(`Crop ${crop}, ${batch} triplets in all:\n\n${scalingTable(strong, shared)}\n`);
  const largest = weak.at(-1);
  const share = (largest.reduceMs + largest.waitMs) / largest.stepMs;
  console.log(
    `The mean gradient of ${largest.replicas} replicas takes ${(100 * share).toFixed(1)} % of the step; ` +
      `${share <= LIMIT ? 'within' : 'ABOVE'} the limit of ${100 * LIMIT} %.`,
  );
  writeFileSync(values.out, `${JSON.stringify({machine, settings, batch, weak, strong}, null, 2)}\n`);
}

main().catch(fail);
