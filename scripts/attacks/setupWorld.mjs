/** A machine for attacks on set-up: its Python and its compiler are scripts that can be stopped. */
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {start} from './tools.mjs';

export const ENGINE = fileURLToPath(new URL('../engine.mjs', import.meta.url));
/** A version without a pinned sum. */
export const VERSION = '2.20.0';

const HEADER = `#!${process.execPath}
const fs = require('fs'), path = require('path');
const args = process.argv.slice(2);
const after = flag => args[args.indexOf(flag) + 1];
const write = (file, text) => (fs.mkdirSync(path.dirname(file), {recursive: true}), fs.writeFileSync(file, text));
// Stops in a phase, after having written half of a file, until it is killed or its parent is gone.
const phase = (name, half) => {
  fs.appendFileSync(process.env.CALLS, name + '\\n');
  if (process.env.STOP_IN !== name) return;
  if (half) write(half, 'half');
  fs.writeFileSync(process.env.CALLS + '.stopped', '');
  const parent = process.ppid;
  while (process.ppid === parent) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  process.exit(1);
};
`;

const PYTHON = `${HEADER}
if (args[0] === '-c' && args[1].includes('find_spec')) console.log(process.env.PYTHON_SAYS || '{"version": "3.12.1", "pip": true}');
else if (args[0] === '-c') {
  const [, , wheel, target] = args;
  if (fs.readFileSync(wheel, 'utf8') !== 'wheel') process.exit(1);
  const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  phase('unpack', path.join(target, 'tensorflow', libraries[0]));
  for (const library of libraries) write(path.join(target, 'tensorflow', library), library);
  write(path.join(target, 'tensorflow/include/tensorflow/c/c_api.h'), '');
} else {
  const [project, version] = args.at(-1).split('==');
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const name = project.replace('-', '_') + '-' + version + '-cp311-cp311-manylinux_2_27_' + machine + '.whl';
  phase('download', path.join(after('--dest'), name));
  write(path.join(after('--dest'), name), 'wheel');
}
`;

const COMPILER = `${HEADER}
phase('compile', after('-o'));
fs.copyFileSync(process.env.BINDING, after('-o'));
`;

/** A module that says it is a TensorFlow. */
const BINDING = `#include <node_api.h>
NAPI_MODULE_INIT() {
  napi_value version;
  napi_create_string_utf8(env, "${VERSION}", NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  return exports;
}
`;

function compileBinding(folder) {
  const headers = join(
    dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
    'include',
  );
  writeFileSync(join(folder, 'binding.c'), BINDING);
  const args = ['-shared', '-fPIC', `-I${headers}`, '-x', 'c', 'binding.c', '-o', 'binding.node'];
  const {status, stderr} = spawnSync('g++', args, {cwd: folder, encoding: 'utf8'});
  if (status !== 0) throw new Error(`the binding of the attack does not compile: ${stderr}`);
}

/** Programs of a folder's `bin`, a cache, and what runs the installer with them. */
export function setupWorld(folder) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, source] of [
    ['python3', PYTHON],
    ['g++', COMPILER],
  ]) {
    writeFileSync(join(bin, name), source);
    chmodSync(join(bin, name), 0o755);
  }
  compileBinding(folder);
  const cache = join(folder, 'cache');
  const calls = join(folder, 'calls');
  const env = {
    PATH: bin,
    CALLS: calls,
    BINDING: join(folder, 'binding.node'),
    RIFE_TRAIN_CACHE: cache,
    RIFE_TRAIN_ENGINE: '',
    RIFE_TRAIN_PYTHON: '',
    RIFE_TRAIN_TF_VERSION: VERSION,
    RIFE_TRAIN_TF_VARIANT: 'cpu',
    CXX: '',
  };
  const startEngine = (more = {}) =>
    start(process.execPath, [ENGINE, '1', '1'], {cwd: folder, env: {...env, ...more}});
  return {
    ...{bin, cache, env, startEngine},
    install: more => startEngine(more).ended,
    /** Phases that were begun, in order. */
    phases: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    isStopped: () => existsSync(`${calls}.stopped`),
    /** What is in the cache, two levels deep. */
    inCache: () =>
      existsSync(cache)
        ? readdirSync(cache).flatMap(name => readdirSync(join(cache, name)).map(each => `${name}/${each}`))
        : [],
  };
}

/** Waits for an event that nothing announces, a minute at most. */
export async function until(condition) {
  for (let waitedMs = 0; !condition(); waitedMs += 20) {
    if (waitedMs > 60_000) throw new Error('what the attack waits for did not happen');
    await sleep(20);
  }
}

/** Can this user mount file systems of his own? */
export const canMount = () => spawnSync('unshare', ['-rm', 'true']).status === 0;

/**
 * Runs a program in a mount namespace of its own.
 * @param mounts shell commands before it, such as `mount -t tmpfs -o size=64k none tmp`
 */
export const mounted = (mounts, program, args, options) =>
  start('unshare', ['-rm', 'sh', '-ec', `${mounts}\nexec "$@"`, 'sh', program, ...args], options).ended;

const NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm.calls', 'npm\\n');
fs.rmSync('node_modules', {recursive: true, force: true});
fs.mkdirSync('node_modules');
while (process.env.GO && !fs.existsSync(process.env.GO))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
fs.symlinkSync(process.env.MODULES + '/typescript', 'node_modules/typescript');
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

/** A clone with one package. Its npm and engine are scripts; set-up and tsc are the real ones. */
export function smallClone(folder) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const write = (name, content) => {
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  for (const name of ['setup', 'alone', 'run', 'status'])
    write(`scripts/${name}.mjs`, readFileSync(join(root, `scripts/${name}.mjs`), 'utf8'));
  write('scripts/engine.mjs', '');
  write('npm.js', NPM);
  const {version} = JSON.parse(readFileSync(join(root, 'node_modules/typescript/package.json'), 'utf8'));
  write('package-lock.json', {packages: {'node_modules/typescript': {version}}});
  write('tsconfig.base.json', {});
  write('tsconfig.json', {files: [], references: [{path: 'packages/one'}]});
  write('packages/one/package.json', {name: 'one'});
  const compilerOptions = {composite: true, rootDir: 'src', outDir: 'dist', types: [], lib: ['es5']};
  write('packages/one/tsconfig.json', {compilerOptions, include: ['src']});
  write('packages/one/src/index.ts', 'export const one = 1;\n');
  const env = {npm_execpath: join(folder, 'npm.js'), MODULES: join(root, 'node_modules')};
  const startSetup = (more = {}) =>
    start(process.execPath, [join(folder, 'scripts/setup.mjs')], {cwd: folder, env: {...env, ...more}});
  return {
    startSetup,
    setup: more => startSetup(more).ended,
    /** How often npm was called. */
    npmCalls: () =>
      existsSync(join(folder, 'npm.calls')) ? readFileSync(join(folder, 'npm.calls'), 'utf8').length / 4 : 0,
    isBuilt: () => existsSync(join(folder, 'packages/one/dist/index.js')),
  };
}
