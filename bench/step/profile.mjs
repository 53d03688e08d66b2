/**
 * Where the milliseconds of a training step go, by op, ours and PyTorch's. One thread, one op after
 * the other, so that the times add up.
 *
 *     node bench/step/profile.mjs [--case 4x224] [--steps 4] [--variant fp32|bf16]
 *
 * TensorFlow's own trace, through a small library (trace.cc) that is compiled for it; PyTorch's by
 * torch.profiler. Prints a Markdown table of each, and writes bench/results/profile.json.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {BinaryReader, WireType} from '@bufbuild/protobuf/wire';
import {ensureRuntime} from '@rife-train/engine/runtime';
import {machineFacts} from '../lib/machine.mjs';
import {fail, parseCase, wholeNumber} from '../lib/numbers.mjs';
import {markdownTable} from '../lib/page.mjs';
import {flags, runJson} from '../lib/process.mjs';
import {findTorch} from '../lib/python.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

/** Fields of a message: [number, value], bytes for messages and strings. */
function* fields(bytes) {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) yield [number, reader.bytes()];
    else if (type === WireType.Varint) yield [number, Number(reader.int64())];
    else reader.skip(type);
  }
}
const all = (bytes, number) =>
  [...fields(bytes)].filter(([field]) => field === number).map(([, value]) => value);

/** {op, ms} of each node of a RunMetadata: step_stats.dev_stats.node_stats. */
function nodesOf(bytes) {
  const nodes = all(bytes, 1).flatMap(stats => all(stats, 1).flatMap(device => all(device, 2)));
  return nodes.map(node => {
    const known = Object.fromEntries(fields(node));
    const name = Buffer.from(known[1]).toString();
    const op = /^n\d+_(\w+)/.exec(name)?.[1] ?? name.replace(/^v\d+/, 'variable').replace(/\d+/g, '');
    // op_start_rel_nanos and op_end_rel_nanos
    return {op, ms: ((known[15] ?? 0) - (known[14] ?? 0)) / 1e6};
  });
}

/** Mean milliseconds and calls of a step, by op, from the files of its two entries. */
function profileOf(folder, steps) {
  const order = file => Number.parseInt(file, 10);
  const files = readdirSync(folder).sort((a, b) => order(a) - order(b));
  const traced = files.map(file => nodesOf(readFileSync(join(folder, file))));
  const isStep = nodes => nodes.some(({op}) => op === 'RifeAdamW' || op === 'Conv2DBackpropFilter');
  const counted = traced.filter(isStep).slice(-2 * steps);
  const byOp = new Map();
  for (const {op, ms} of counted.flat()) {
    const [sum, calls] = byOp.get(op) ?? [0, 0];
    byOp.set(op, [sum + ms, calls + 1]);
  }
  return [...byOp].map(([op, [ms, calls]]) => [op, ms / steps, calls / steps]).sort(([, a], [, b]) => b - a);
}

async function ours({batch, crop}, steps, precision) {
  const libraries = dirname((await ensureRuntime({allowInstall: false})).binding);
  const folder = mkdtempSync(join(tmpdir(), 'rife-profile-'));
  try {
    const library = join(folder, 'trace.so');
    execFileSync('g++', [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      `-I${libraries}/include`,
      path('trace.cc'),
      '-o',
      library,
    ]);
    const traces = join(folder, 'traces');
    mkdirSync(traces);
    const args = {batch, crop, steps, precision, warmup: 1};
    const env = {
      LD_PRELOAD: library,
      RIFE_TRACE: traces,
      TF_NUM_INTEROP_THREADS: '1',
      TF_NUM_INTRAOP_THREADS: '1',
    };
    const script = [path('ours.mjs'), ...flags(args)];
    const timed = await runJson(process.execPath, script, env);
    if (timed.error) throw new Error(timed.error);
    return {stepMs: timed.medianMs, ops: profileOf(traces, steps)};
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

async function theirs({batch, crop}, steps, dtype) {
  const torch = findTorch();
  if (torch.missing) return console.error(torch.missing);
  const args = {batch, crop, steps, dtype, warmup: 1, threads: 1, 'memory-format': 'channels_last'};
  const script = [path('../twin/step.py'), '--profile', ...flags(args)];
  const timed = await runJson(torch.python, script);
  if (timed.error) throw new Error(timed.error);
  return {stepMs: timed.medianMs, ops: timed.profile};
}

/** Ops above 1 % of all, and the rest. */
function table({stepMs, ops}) {
  const whole = ops.reduce((sum, [, ms]) => sum + ms, 0);
  const shown = ops.filter(([, ms]) => ms >= whole / 100);
  const rest = whole - shown.reduce((sum, [, ms]) => sum + ms, 0);
  const row = (op, ms, calls) => [op, ms.toFixed(1), calls, `${((100 * ms) / whole).toFixed(1)} %`];
  return markdownTable(
    ['op', 'ms', 'calls', 'share'],
    [
      ...shown.map(([op, ms, calls]) => row(`\`${op}\``, ms, Math.round(calls))),
      row(`${ops.length - shown.length} others`, rest, ''),
      row(`all ops, of a step of ${stepMs.toFixed(0)} ms`, whole, ''),
    ],
  );
}

async function main() {
  const {values} = parseArgs({
    options: {
      case: {type: 'string', default: '4x224'},
      steps: {type: 'string', default: '4'},
      variant: {type: 'string', default: 'fp32'},
    },
  });
  const [shape, steps] = [parseCase(values.case), wholeNumber('steps', values.steps)];
  const machine = machineFacts();
  const own = await ours(shape, steps, values.variant);
  console.log(`${table(own)}\n`);
  const torch = await theirs(shape, steps, values.variant);
  if (torch) console.log(table(torch));
  const {case: name, variant} = values;
  const file = path('../results/profile.json');
  writeFileSync(file, `${JSON.stringify({machine, case: name, variant, ours: own, torch}, null, 1)}\n`);
}

main().catch(fail);
