/**
 * Times training steps and predicted frames, ours and PyTorch's, each in its own process, in rounds
 * (A B C A B C), so that a machine that drifts hits all alike. Prints a table and writes JSON.
 *
 *     node bench/step/run.mjs [--cases 1x128,4x224,IFNet@512x512] [--steps 5] [--rounds 3]
 *         [--variants captured,bf16,...]
 *     node bench/step/run.mjs --docs   # only renews the tables of README and docs from the JSON
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {fail, parseCase, wholeNumber} from '../lib/numbers.mjs';
import {flags, runJson} from '../lib/process.mjs';
import {findTorch} from '../lib/python.mjs';
import {renewPages} from './docs.mjs';
import {ratios, summarise, table} from './table.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

const TRAINING = '1x128,4x128,4x224,1x512';
const PREDICTIONS = ['IFNet', '4.0', '4.25'].flatMap(name => [`${name}@512x512`, `${name}@1280x720`]);

const VARIANTS = {
  captured: {execution: 'captured', precision: 'fp32'},
  bf16: {execution: 'captured', precision: 'bf16'},
  eager: {execution: 'eager', precision: 'fp32', trainingOnly: true, onRequest: true},
  'torch-nchw': {memoryFormat: 'nchw', dtype: 'fp32'},
  'torch-channels_last': {memoryFormat: 'channels_last', dtype: 'fp32'},
  'torch-bf16': {memoryFormat: 'channels_last', dtype: 'bf16'},
};

const BY_DEFAULT = Object.keys(VARIANTS).filter(name => !VARIANTS[name].onRequest);

/** `4x224`, a training step; `IFNet@512x512`, a predicted frame. */
function caseOf(name) {
  const [network, size] = name.split('@');
  if (size !== undefined) return {name, batch: 1, network, size};
  return {name, ...parseCase(name)};
}

function parseOptions() {
  const {values} = parseArgs({
    options: {
      cases: {type: 'string', default: [TRAINING, ...PREDICTIONS].join(',')},
      steps: {type: 'string', default: '5'},
      warmup: {type: 'string', default: '2'},
      rounds: {type: 'string', default: '3'},
      threads: {type: 'string', default: String(availableParallelism())},
      variants: {type: 'string', default: BY_DEFAULT.join(',')},
      out: {type: 'string', default: path('../results/step.json')},
      docs: {type: 'boolean', default: false},
    },
  });
  const variants = values.variants.split(',');
  const unknown = variants.find(name => !Object.hasOwn(VARIANTS, name));
  if (unknown !== undefined)
    throw new Error(`--variants: unknown "${unknown}", expected some of ${Object.keys(VARIANTS).join(', ')}`);
  return {
    cases: values.cases.split(',').map(caseOf),
    variants,
    steps: wholeNumber('steps', values.steps),
    warmup: wholeNumber('warmup', values.warmup),
    rounds: wholeNumber('rounds', values.rounds),
    threads: wholeNumber('threads', values.threads),
    out: values.out,
    docs: values.docs,
  };
}

/** What a process is asked for: arguments that both sides understand. */
function argumentsOf({batch, crop, network, size}, {steps, warmup}) {
  return flags(network ? {network, size, frames: steps, warmup} : {batch, crop, steps, warmup});
}

/** One process: a variant at a case. */
function measure(variant, shape, options, torch) {
  const {execution, precision, memoryFormat, dtype} = VARIANTS[variant];
  const common = argumentsOf(shape, options);
  if (execution) {
    const [file, ...own] = shape.network ? ['predict.mjs'] : ['ours.mjs', '--execution', execution];
    return runJson(process.execPath, [path(file), ...common, ...own, '--precision', precision], {
      TF_NUM_INTRAOP_THREADS: String(options.threads),
      TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    });
  }
  const script = path(`../twin/${shape.network ? 'predict' : 'step'}.py`);
  const own = ['--memory-format', memoryFormat, '--dtype', dtype, '--threads', String(options.threads)];
  return runJson(torch.python, [script, ...common, ...own], {OMP_NUM_THREADS: String(options.threads)});
}

async function runCase(shape, wanted, options, torch) {
  const variants = wanted.filter(name => !shape.network || !VARIANTS[name].trainingOnly);
  const rounds = Object.fromEntries(variants.map(name => [name, []]));
  for (let round = 0; round < options.rounds; round++)
    for (const name of variants) {
      const result = await measure(name, shape, options, torch);
      rounds[name].push(result);
      const said = result.error ?? `${result.stepMs.map(ms => ms.toFixed(0)).join(' ')} ms`;
      console.error(`${shape.name} round ${round + 1}/${options.rounds} ${name}: ${said}`);
    }
  const summaries = variants.map(name => [name, summarise(rounds[name], shape.batch)]);
  const results = Object.fromEntries(summaries);
  const engine = rounds.captured?.find(result => result.engine)?.engine;
  return {case: shape.name, variants: results, ratios: ratios(results), ...(engine && {engine})};
}

async function main() {
  const options = parseOptions();
  if (options.docs) return renewPages(JSON.parse(readFileSync(options.out, 'utf8')));
  const torch = findTorch();
  if (torch.missing) console.error(torch.missing);
  const variants = options.variants.filter(name => VARIANTS[name].execution || !torch.missing);
  const machine = machineFacts();
  if (machine.load1 > 0.5)
    console.error(`The machine is busy (load ${machine.load1.toFixed(2)}): do not trust these numbers.`);
  const cases = [];
  for (const shape of options.cases) cases.push(await runCase(shape, variants, options, torch));
  const {steps, warmup, rounds, threads} = options;
  const result = {machine, torch: torch.torch, settings: {steps, warmup, rounds, threads}, cases};
  mkdirSync(dirname(options.out), {recursive: true});
  writeFileSync(options.out, `${JSON.stringify(result, null, 1)}\n`);
  console.log(table(cases));
  const failures = cases.flatMap(entry => Object.values(entry.variants)).filter(variant => variant.error);
  if (failures.length)
    throw new Error(`${failures.length} measurement(s) failed; the first: ${failures[0].error}`);
}

main().catch(fail);
