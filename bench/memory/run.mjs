/**
 * Accuracy of the memory estimate that `rife-train train --dry-run` prints. Runs real steps, each
 * case in a process of its own: the growth of the peak resident size from the smallest case,
 * compared with the growth of the estimate.
 *
 *     node bench/memory/run.mjs [--cases 1x64,4x128,4x224,1x512,4x320] [--steps 3]
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {fail, parseCase} from '../lib/numbers.mjs';
import {runJson} from '../lib/process.mjs';

const {values} = parseArgs({
  options: {
    cases: {type: 'string', default: '1x64,4x128,4x224,1x512,4x320'},
    steps: {type: 'string', default: '3'},
    out: {type: 'string', default: 'bench/results/memory.json'},
  },
});
const STEP = fileURLToPath(new URL('../step/ours.mjs', import.meta.url));
const mib = bytes => (bytes / 2 ** 20).toFixed(0);

async function measure(text) {
  const {batch, crop} = parseCase(text);
  const args = ['--batch', batch, '--crop', crop, '--steps', values.steps].map(String);
  const {error, peakRssBytes, capture} = await runJson(process.execPath, [STEP, ...args]);
  if (error) throw new Error(`${text}: ${error}`);
  return {case: text, pixels: batch * crop ** 2, peakRssBytes, estimateBytes: capture.entryBytes.gradients};
}

async function main() {
  const results = [];
  for (const text of values.cases.split(',')) results.push(await measure(text));
  const [first] = results;
  console.log('| batch x crop | peak RSS, MiB | growth | estimated growth | measured / estimated |');
  console.log('|---|---|---|---|---|');
  for (const {case: name, peakRssBytes, estimateBytes} of results) {
    const [grown, said] = [peakRssBytes - first.peakRssBytes, estimateBytes - first.estimateBytes];
    const ratio = said > 0 ? (grown / said).toFixed(2) : '';
    console.log(`| ${name} | ${mib(peakRssBytes)} | ${mib(grown)} | ${mib(said)} | ${ratio} |`);
  }
  mkdirSync(new URL('../results', import.meta.url), {recursive: true});
  writeFileSync(values.out, `${JSON.stringify({machine: machineFacts(), results}, null, 2)}\n`);
}

main().catch(fail);
