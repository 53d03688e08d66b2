/**
 * Everything that there is to know of a machine with GPUs, by one command: installs the engine,
 * runs doctor, compares twenty steps with recorded ones, times steps beside PyTorch's, and trains
 * on 1, 2 and 4 GPUs. Writes one JSON, anew after each part, and prints tables.
 *
 *     RIFE_TWIN_PYTHON=python3 node bench/gpu/run.mjs [--minutes 15] [--only steps,replicas]
 *         [--cases 4x224,8x256,8x512] [--variants ours,...] [--steps 20] [--warmup 5]
 *         [--root CLIPS] [--cpu]
 *
 * `--minutes` is a limit: what it does not suffice for is recorded as not run. `--cpu` runs the
 * same on the processor, small, to see that it works. Without PyTorch its rows are left out.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {gpuLines} from '../lib/gpu.mjs';
import {machineFacts} from '../lib/machine.mjs';
import {fail, parseCase, wholeNumber} from '../lib/numbers.mjs';
import {orError, runText} from '../lib/process.mjs';
import {findTorch} from '../lib/python.mjs';
import {exactness, exactnessTable} from './exactness.mjs';
import {replicasTable, replicaTimes} from './replicas.mjs';
import {stepsTable, stepTimes, VARIANTS} from './steps.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const PARTS = ['install', 'doctor', 'exactness', 'steps', 'replicas'];

const {values} = parseArgs({
  options: {
    minutes: {type: 'string', default: '15'},
    only: {type: 'string', default: PARTS.join(',')},
    cases: {type: 'string'},
    variants: {type: 'string', default: Object.keys(VARIANTS).join(',')},
    steps: {type: 'string'},
    warmup: {type: 'string'},
    root: {type: 'string'},
    cpu: {type: 'boolean', default: false},
    out: {type: 'string', default: path('../results/gpu.json')},
  },
});

const SIZES = {
  gpu: {cases: '4x224,8x256,8x512', steps: '20', warmup: '5'},
  cpu: {cases: '1x64', steps: '2', warmup: '1'},
};

/** Elements of a list on the command line, all of them known. */
function listOf(option, known) {
  const names = values[option].split(',');
  const unknown = names.find(name => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`--${option}: unknown "${unknown}", expected some of ${known.join(', ')}`);
  return names;
}

function settingsOf() {
  const sizes = SIZES[values.cpu ? 'cpu' : 'gpu'];
  const given = name => values[name] ?? sizes[name];
  return {
    cases: given('cases').split(',').map(parseCase),
    names: listOf('variants', Object.keys(VARIANTS)),
    steps: wholeNumber('steps', given('steps')),
    warmup: wholeNumber('warmup', given('warmup'), 0),
  };
}

/** The last case is that of several GPUs: their batch is of each. */
const replicaSettings = ({cases, steps, warmup}, gpus) => ({
  ...{...cases.at(-1), steps, warmup, isCpu: values.cpu},
  ...(values.root && {root: values.root}),
  counts: values.cpu ? [1, 2] : [1, 2, 4].filter(count => count <= gpus.length),
});

async function install() {
  const {ensureRuntime} = await import('@rife-train/engine/runtime');
  const {tensorflow, gpu, source, binding} = await ensureRuntime();
  if (!gpu && !values.cpu)
    throw new Error(`${binding} was built without CUDA; set RIFE_TRAIN_TF_VARIANT=gpu and run again`);
  return {tensorflow, gpu, source, binding};
}

const doctor = async () => ({
  text: await runText(process.execPath, [path('../../packages/cli/bin/rife-train.js'), 'doctor']),
});

/** Runs a part; its result, or its error, with the seconds that it took. */
async function timedPart(run) {
  const start = Date.now();
  const result = await orError(run);
  return {seconds: (Date.now() - start) / 1000, result};
}

const tables = isCpu => ({
  install: ({tensorflow, source, binding}) =>
    `TensorFlow${tensorflow ? ` ${tensorflow}` : ''} (${source}): ${binding}`,
  doctor: ({text}) => text.trimEnd(),
  exactness: exactnessTable,
  steps: stepsTable,
  replicas: rows => replicasTable(rows, isCpu),
});

async function main() {
  const gpus = values.cpu ? [] : gpuLines();
  if (gpus.length === 0 && !values.cpu)
    throw new Error(
      'nvidia-smi -L names no GPU here. With --cpu the same runs on the processor, small, to see that it works.',
    );
  const settings = settingsOf();
  const end = Date.now() + 60_000 * wholeNumber('minutes', values.minutes);
  // Never 0, which as a limit of a process means none.
  const remainingMs = () => {
    const left = end - Date.now();
    if (left <= 0) throw new Error('no time was left');
    return left;
  };
  const torch = findTorch();
  const device = values.cpu ? 'cpu' : 'cuda';
  const runs = {
    install,
    doctor,
    exactness: () => exactness({remainingMs}),
    steps: () => stepTimes(settings.cases, {...settings, torch, device, remainingMs}),
    replicas: () => replicaTimes({...replicaSettings(settings, gpus), torch, remainingMs}),
  };
  const report = {machine: {...machineFacts(), gpus}, torch, settings, parts: {}};
  console.log(values.cpu ? 'On the processor: these numbers say nothing about GPUs.' : gpus.join('\n'));
  for (const name of listOf('only', PARTS)) {
    const part = await timedPart(() => remainingMs() && runs[name]());
    report.parts[name] = part;
    mkdirSync(dirname(values.out), {recursive: true});
    writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
    const {error} = part.result;
    console.log(`\n${name}, ${part.seconds.toFixed(0)} s\n`);
    console.log(error ? `failed: ${error}` : tables(values.cpu)[name](part.result));
  }
}

main().catch(fail);
