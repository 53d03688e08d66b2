/**
 * `npm run test:isa`: the numeric suites under every instruction set that oneDNN and our kernels
 * know, without oneDNN, and with one thread and two. What this processor lacks is named and left
 * out.
 *
 *     npm run test:isa -- [--only <pattern>] [--list] [-- <arguments of jest>]
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {nativeEngine} from './nativeEngine.mjs';
import {isMain, runMain, runNode, ScriptError} from './run.mjs';
import {setup} from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Folders and files whose tests compare numbers that TensorFlow computed. */
export const SUITES = [
  'packages/engine/src/__tests__',
  'packages/engine/src/ops/__tests__',
  'packages/engine/src/capture/__tests__',
  'packages/model/src/__tests__',
  'packages/model/src/rife4/__tests__',
  'packages/core/src/__tests__/optim.test.ts',
  'test/reference',
];

const oneDnn = (isa, needs, shown = isa) => ({
  name: `oneDNN ${isa}`,
  needs,
  env: {ONEDNN_MAX_CPU_ISA: isa},
  shown,
});
const threads = count => ({
  TF_NUM_INTRAOP_THREADS: `${count}`,
  TF_NUM_INTEROP_THREADS: `${count}`,
  OMP_NUM_THREADS: `${count}`,
});
const kernels = (target, simd, needs = []) => ({
  name: `kernels ${target}`,
  needs,
  oneVersion: target === 'default' ? '' : `__attribute__((target("${target}")))`,
  simd,
});

/**
 * Settings under which the suites run. `needs`: flags of /proc/cpuinfo; `shown`: oneDNN's name of
 * the instruction set to which it is limited; `oneVersion`: how the functions with RIFE_CLONES are
 * compiled (packages/engine/native/parallelFor.h); `simd`: bits of the widest vectors that
 * convolutions use (conv3x3.cc).
 */
export const SETTINGS = [
  {name: 'as it is', needs: []},
  oneDnn('SSE41', ['sse4_1'], 'SSE4.1'),
  oneDnn('AVX2', ['avx2', 'fma'], 'AVX2'),
  oneDnn('AVX512_CORE', ['avx512f', 'avx512bw', 'avx512vl', 'avx512dq'], 'AVX512BW'),
  oneDnn('AVX512_CORE_BF16', ['avx512_bf16'], 'bfloat16'),
  {name: 'without oneDNN', needs: [], env: {TF_ENABLE_ONEDNN_OPTS: '0'}},
  {name: '1 thread', needs: [], env: threads(1)},
  {name: '2 threads', needs: [], env: threads(2)},
  kernels('default', 128),
  kernels('avx2', 256, ['avx2', 'fma']),
  kernels('avx512f', 512, ['avx512f']),
];

/** Flags of this processor; none if the system does not report them. */
function processorFlags() {
  try {
    const [, flags = ''] = /^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return new Set(flags.split(' '));
  } catch {
    return new Set();
  }
}

/** Why a setting can't be tried here; undefined if it can. */
export function missing({needs}, flags) {
  const lacking = needs.filter(flag => !flags.has(flag));
  return lacking.length > 0 ? `this processor lacks ${lacking.join(', ')}` : undefined;
}

// A convolution that oneDNN computes; with ONEDNN_VERBOSE it first prints the instructions that it
// uses.
const CONVOLUTION = `
  const {loadRuntime} = await import('@rife-train/engine/runtime');
  const tf = await import('@tensorflow/tfjs-core');
  await loadRuntime();
  tf.conv2d(tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 4, 4]), 1, 'same').dataSync();`;

/** What oneDNN reports about itself under some variables, `none` if it is not used. */
function instructionsOf(env) {
  const {stdout, stderr, status} = spawnSync(process.execPath, ['--input-type=module', '-e', CONVOLUTION], {
    cwd: join(ROOT, 'packages/cli'),
    env: {...env, ONEDNN_VERBOSE: '1', TF_CPP_MIN_LOG_LEVEL: '2'},
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new ScriptError(`TensorFlow did not start: ${stderr}`, 'run "npx rife-train doctor"');
  return /^onednn_verbose,.*info,cpu,isa:(.*)$/m.exec(stdout)?.[1] ?? 'none';
}

/** Runs the suites under one setting. */
async function trySetting(setting, jestArguments, folder) {
  const env = {...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...setting.env};
  if (setting.oneVersion !== undefined) {
    Object.assign(env, await nativeEngine(join(folder, setting.name.replace(' ', '-'))));
    env.CXX = `${process.env.CXX ?? 'g++'} -DRIFE_ONE_VERSION=${setting.oneVersion} -DRIFE_SIMD_MOST=${setting.simd}`;
  }
  const isa = instructionsOf(env);
  if (setting.shown && !isa.includes(setting.shown))
    return {...setting, result: 'FAILED', why: `oneDNN uses ${isa}`};
  console.log(`\n${setting.name}: oneDNN with ${isa}`);
  const started = performance.now();
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const code = runNode([jest, ...SUITES, ...jestArguments], {cwd: ROOT, env});
  const seconds = Math.round((performance.now() - started) / 1000);
  return {...setting, result: code === 0 ? 'passed' : 'FAILED', why: `${seconds} s; oneDNN with ${isa}`};
}

async function main(args) {
  const options = {only: {type: 'string'}, list: {type: 'boolean'}};
  const {values, positionals: jestArguments} = parseArgs({args, options, allowPositionals: true});
  const flags = processorFlags();
  const wanted = SETTINGS.filter(({name}) => values.only === undefined || new RegExp(values.only).test(name));
  if (wanted.length === 0)
    throw new ScriptError(`no setting matches ${values.only}`, 'use a name that --list prints');
  if (values.list)
    return void wanted.forEach(setting => console.log(setting.name, missing(setting, flags) ?? ''));
  setup();
  const folder = mkdtempSync(join(tmpdir(), 'rife-isa-'));
  const results = [];
  try {
    for (const setting of wanted) {
      const why = missing(setting, flags);
      results.push(
        why ? {...setting, result: 'skipped', why} : await trySetting(setting, jestArguments, folder),
      );
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  console.log('');
  for (const {name, result, why} of results) console.log(`${name.padEnd(26)} ${result.padEnd(8)} ${why}`);
  const count = wantedResult => results.filter(({result}) => result === wantedResult).length;
  console.log(`${count('passed')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped`);
  return count('FAILED') === 0 && count('passed') > 0 ? 0 : 1;
}

if (isMain(import.meta.url)) await runMain(main);
