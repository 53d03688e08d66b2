import {existsSync, readdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {create} from 'tar';
import type {CandidateReport} from '../candidates.js';
import {ensureOn, inspectOn} from '../ensure.js';
import {
  type FakeMachine,
  fakeMachine,
  installTfjsNode,
  removeMachines,
  writeTensorflow,
} from './fakeMachine.js';

afterEach(removeMachines);

const HEADER = 'include/tensorflow/c/c_api.h';
const fetched = (machine: FakeMachine) => machine.calls().some(call => call.includes('pip download'));

/** A machine on which every candidate serves. */
async function fullMachine(): Promise<FakeMachine> {
  const machine = fakeMachine();
  await ensureOn(machine.host, true); // fills the cache
  machine.host.env['RIFE_TRAIN_ENGINE'] = writeTensorflow(machine, 'engine', ['tfjs_binding.node']);
  machine.write('project/tfjs-node/lib/napi-v8/tfjs_binding.node');
  givePythonTensorflow(machine);
  return machine;
}

function givePythonTensorflow(machine: FakeMachine, version = '2.20.0', extra = [HEADER]): string {
  const folder = writeTensorflow(machine, 'site/tensorflow', extra);
  machine.host.env['FAKE_PYTHON'] = JSON.stringify({
    version: '3.11.2',
    pip: true,
    folder,
    tensorflow: version,
  });
  return folder;
}

const statuses = (reports: CandidateReport[]) => reports.map(({name, status}) => `${name} ${status}`);

test('the order: folder, cache, stock tfjs-node, Python, wheel', async () => {
  const machine = await fullMachine();
  const {env} = machine.host;
  const order = [(await ensureOn(machine.host, true)).source];
  delete env['RIFE_TRAIN_ENGINE'];
  order.push((await ensureOn(machine.host, true)).source);
  rmSync(join(machine.root, 'cache'), {recursive: true});
  order.push((await ensureOn(machine.host, true)).source);
  rmSync(join(machine.root, 'project/tfjs-node/lib'), {recursive: true});
  order.push((await ensureOn(machine.host, true)).source);
  delete env['FAKE_PYTHON'];
  order.push((await ensureOn(machine.host, true)).source);
  expect(order).toEqual(['folder', 'cache', 'tfjs-node', 'python', 'wheel']);
});

test('the report names the one that is used and those that would be', async () => {
  const machine = await fullMachine();
  expect(statuses(await inspectOn(machine.host))).toEqual([
    'folder found',
    'cache unused',
    'tfjs-node unused',
    'python unused',
    'wheel unused',
  ]);
});

test('a report on a bare machine says what is missing, and installs nothing', async () => {
  const machine = fakeMachine();
  machine.remove('g++');
  const reports = await inspectOn(machine.host);
  expect(statuses(reports)).toEqual([
    'folder missing',
    'cache missing',
    'tfjs-node missing',
    'python missing',
    'wheel missing',
  ]);
  expect(reports[4]).toMatchObject({
    detail: 'tensorflow-cpu 2.21.0 cannot be installed',
    hint: expect.stringMatching(/g\+\+/),
  });
  expect(existsSync(join(machine.root, 'cache'))).toBe(false);
});

test('where nothing is ready the report names the wheel, if it can be installed', async () => {
  expect((await inspectOn(fakeMachine().host))[4]).toMatchObject({name: 'wheel', status: 'found'});
});

test('a report tries bindings out: one that crashes is broken', async () => {
  const machine = await fullMachine();
  machine.host.env['FAKE_NODE'] = 'crash';
  const reports = await inspectOn(machine.host);
  expect(statuses(reports).slice(0, 3)).toEqual(['folder broken', 'cache broken', 'tfjs-node broken']);
  expect(reports[1]?.detail).toMatch(/killed by SIGSEGV/);
});

test('where nothing is ready and installing is not allowed, the error lists what was tried', async () => {
  const failure = ensureOn(fakeMachine().host, false);
  await expect(failure).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_NOT_INSTALLED'});
  await expect(failure).rejects.toThrow(
    /folder: .*; cache: .*; tfjs-node: .*; python: Python 3\.12\.1 has no TensorFlow; wheel: /,
  );
});

describe('RIFE_TRAIN_ENGINE', () => {
  test.each([
    ['nothing', (m: FakeMachine) => join(m.root, 'gone'), /no such folder/],
    [
      'half of the libraries',
      (m: FakeMachine) => dirname(m.write('half/libtensorflow_cc.so.2')),
      /lacks libtensorflow_framework/,
    ],
    [
      'no binding and no headers',
      (m: FakeMachine) => writeTensorflow(m, 'bare'),
      /neither tfjs_binding\.node nor include/,
    ],
  ])('with %s is an error, not a reason to look elsewhere', async (_what, make, message) => {
    const machine = fakeMachine();
    machine.host.env['RIFE_TRAIN_ENGINE'] = make(machine);
    const failure = ensureOn(machine.host, true);
    await expect(failure).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_FOLDER'});
    await expect(failure).rejects.toThrow(message);
    expect((await inspectOn(machine.host))[0]).toMatchObject({name: 'folder', status: 'broken'});
  });

  test('without a binding gets one in the cache, with an rpath to the folder, and keeps it', async () => {
    const machine = fakeMachine();
    const folder = writeTensorflow(machine, 'mine', [HEADER]);
    machine.host.env['RIFE_TRAIN_ENGINE'] = folder;
    const {binding} = await ensureOn(machine.host, true);
    expect(binding).toMatch(/cache\/engines\/linked-\w+-tfjs4\.22\.0-linux-x64-r7\/tfjs_binding\.node$/);
    expect(machine.calls().find(call => call.startsWith('g++'))).toContain(`-Wl,-rpath,${folder} `);
    expect(readdirSync(folder)).not.toContain('tfjs_binding.node');
    expect(fetched(machine)).toBe(false);

    expect(await ensureOn(machine.host, false)).toMatchObject({source: 'folder', binding});
    machine.write('mine/libtensorflow_cc.so.2', 'upgraded in place');
    await ensureOn(machine.host, true);
    expect(machine.calls().filter(call => call.startsWith('g++'))).toHaveLength(2);
  });
});

describe('the stock install of tfjs-node', () => {
  test('that does not load is reported and passed over', async () => {
    const machine = fakeMachine();
    machine.write('project/tfjs-node/lib/napi-v8/tfjs_binding.node');
    machine.host.env['FAKE_NODE'] = 'libtensorflow.so.2: cannot open shared object file';
    const reports = await inspectOn(machine.host);
    expect(reports[2]).toMatchObject({
      status: 'broken',
      detail: expect.stringMatching(/cannot open shared object/),
    });
    machine.host.env['FAKE_NODE_FOR'] = 'project/tfjs-node';
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
  });

  test('is not used if another version is asked for', async () => {
    const machine = fakeMachine();
    machine.write('project/tfjs-node/lib/napi-v8/tfjs_binding.node');
    Object.assign(machine.host.env, {FAKE_VERSION: '2.9.1', RIFE_TRAIN_TF_VERSION: '2.20.0'});
    expect((await inspectOn(machine.host))[2]).toMatchObject({
      status: 'unused',
      detail: 'RIFE_TRAIN_TF_VERSION asks for 2.20.0',
    });
  });

  test('for the CPU does not hide a GPU; that of tfjs-node-gpu serves', async () => {
    const machine = fakeMachine({hasNvidiaDriver: () => true});
    machine.write('project/tfjs-node/lib/napi-v8/tfjs_binding.node');
    expect((await inspectOn(machine.host))[2]).toMatchObject({
      status: 'unused',
      detail: expect.stringMatching(/cannot use the GPU/),
    });
    installTfjsNode(machine, 'project/tfjs-node-gpu');
    machine.packages['@tensorflow/tfjs-node-gpu'] = join(machine.root, 'project/tfjs-node-gpu');
    machine.write('project/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node');
    expect(await ensureOn(machine.host, true)).toMatchObject({
      source: 'tfjs-node',
      gpu: true,
      tensorflow: '2.21.0',
    });
  });

  test('serves on a system that TensorFlow cannot be installed on', async () => {
    const machine = fakeMachine({platform: 'darwin', glibc: undefined});
    machine.write('project/tfjs-node/lib/napi-v8/tfjs_binding.node');
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'tfjs-node'});
  });
});

describe('the TensorFlow of a Python', () => {
  test('is linked where it is, without a download', async () => {
    const machine = fakeMachine();
    const folder = givePythonTensorflow(machine);
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'python'});
    expect(machine.calls().find(call => call.startsWith('g++'))).toContain(`-Wl,-rpath,${folder} `);
    expect(fetched(machine)).toBe(false);
  });

  test('that cannot be compiled against is reported, and the wheel is used', async () => {
    const machine = fakeMachine();
    const folder = givePythonTensorflow(machine);
    machine.host.env['FAKE_CXX_FOR'] = folder;
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
    expect(machine.logs).toContainEqual(expect.stringMatching(/can't be used: .*could not compile/));
  });

  test.each([
    ['lacks headers', {}, [], /lacks include/],
    ['is another version than asked for', {RIFE_TRAIN_TF_VERSION: '2.21.0'}, [HEADER], /asks for 2\.21\.0/],
    ['cannot use the GPU', {RIFE_TRAIN_TF_VARIANT: 'gpu'}, [HEADER], /without CUDA/],
  ])('that %s stays unused', async (_what, env, extra, detail) => {
    const machine = fakeMachine();
    Object.assign(machine.host.env, env);
    givePythonTensorflow(machine, '2.20.0', extra);
    expect((await inspectOn(machine.host))[3]).toMatchObject({
      status: 'unused',
      detail: expect.stringMatching(detail),
    });
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
  });

  test('with CUDA serves where there is a GPU', async () => {
    const machine = fakeMachine({hasNvidiaDriver: () => true});
    givePythonTensorflow(machine);
    machine.write(
      'site/tensorflow/python/platform/build_info.py',
      "build_info = OrderedDict([('is_cuda_build', True)])",
    );
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'python', gpu: true});
  });
});

describe('tfjs-node that npm has dropped', () => {
  async function withoutTfjsNode(): Promise<FakeMachine> {
    const machine = fakeMachine();
    delete machine.packages['@tensorflow/tfjs-node'];
    installTfjsNode(machine, 'npm/package');
    const file = join(machine.root, 'tfjs-node.tgz');
    await create({file, gzip: true, cwd: join(machine.root, 'npm')}, ['package']);
    machine.host.env['FAKE_TGZ'] = file;
    return machine;
  }

  test('is fetched into the cache, once', async () => {
    const machine = await withoutTfjsNode();
    const {tfjsNode} = await ensureOn(machine.host, true);
    expect(tfjsNode).toEqual({
      folder: join(machine.root, 'cache/tfjs-node-4.22.0/package'),
      version: '4.22.0',
      cached: true,
    });
    expect(await ensureOn(machine.host, false)).toMatchObject({tfjsNode});
    expect(machine.calls().filter(call => call.startsWith('npm'))).toEqual([
      expect.stringMatching(/^npm pack @tensorflow\/tfjs-node@4\.22\.0 /),
    ]);
    expect(readdirSync(join(machine.root, 'cache')).sort()).toEqual([
      'downloads',
      'engines',
      'tfjs-node-4.22.0',
    ]);
  });

  test.each([
    ['NETWORK', 'npm error code ENOTFOUND'],
    ['NETWORK', 'npm error invalid json response body at https://proxy/ reason: Unexpected token <'],
    ['DOWNLOAD', 'npm error code E404'],
    ['SPACE', 'npm error ENOSPC: no space left on device, write'],
  ])('or not: %s', async (code, output) => {
    const machine = await withoutTfjsNode();
    machine.host.env['FAKE_NPM'] = output;
    await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: `RIFE_ERR_ENGINE_${code}`});
    expect(fetched(machine)).toBe(false);
  });

  test('without npm, or with a torn archive, is a coded error', async () => {
    const machine = await withoutTfjsNode();
    machine.host.env['FAKE_TGZ'] = machine.write('torn.tgz', 'torn');
    await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_ARCHIVE'});
    machine.remove('npm');
    await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_NO_NPM'});
  });

  test('is refused where the archive is not the published one, and nothing is left', async () => {
    const machine = await withoutTfjsNode();
    machine.host.sums = {'tensorflow-tfjs-node-4.22.0.tgz': '0'.repeat(64)};
    const failure = ensureOn(machine.host, true);
    await expect(failure).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_ARCHIVE'});
    await expect(failure).rejects.toThrow(/tgz.* SHA-256 is /);
    expect(readdirSync(join(machine.root, 'cache'))).toEqual([]);
  });

  test('and installing not allowed, is an error that names it', async () => {
    const machine = await withoutTfjsNode();
    machine.host.env['RIFE_TRAIN_ENGINE'] = writeTensorflow(machine, 'engine', ['tfjs_binding.node']);
    await expect(ensureOn(machine.host, false)).rejects.toThrow(/tfjs-node 4\.22\.0 is missing/);
  });
});
