/** How the settings of a GPU reach TensorFlow. That they act there, no machine here can show. */
import {spawnSync} from 'node:child_process';
import {runInThisContext} from 'node:vm';
import {ensureRuntime, gpuVariables, setGpuVariables} from '../index.js';

const values = (...args: Parameters<typeof gpuVariables>) =>
  Object.fromEntries(gpuVariables(...args).map(({name, value}) => [name, value]));

test('by default memory grows and cuDNN tries algorithms; nothing else is touched', () => {
  expect(values({}, {})).toEqual({TF_FORCE_GPU_ALLOW_GROWTH: 'true', TF_CUDNN_USE_AUTOTUNE: '1'});
});

test('each option has its variable', () => {
  expect(values({memory: 'all', tf32: false, autotune: false, deterministic: true}, {})).toEqual({
    TF_FORCE_GPU_ALLOW_GROWTH: 'false',
    NVIDIA_TF32_OVERRIDE: '0',
    TF_CUDNN_USE_AUTOTUNE: '0',
    TF_DETERMINISTIC_OPS: '1',
  });
});

test('what the user has set stays, and is marked where it differs', () => {
  const env = {TF_FORCE_GPU_ALLOW_GROWTH: 'false', TF_CUDNN_USE_AUTOTUNE: '1', TF_DETERMINISTIC_OPS: '1'};
  expect(gpuVariables({}, env)).toEqual([
    {name: 'TF_FORCE_GPU_ALLOW_GROWTH', value: 'false', isOverruled: true},
    {name: 'TF_CUDNN_USE_AUTOTUNE', value: '1', isOverruled: false},
    {name: 'TF_DETERMINISTIC_OPS', value: '1', isOverruled: true},
  ]);
});

test('they are set in the environment that native code sees, and stay at a second time', () => {
  const {env} = runInThisContext('process') as NodeJS.Process;
  expect(env).not.toBe(process.env);
  const before = {...env};
  try {
    delete env['TF_CUDNN_USE_AUTOTUNE'];
    setGpuVariables({autotune: false});
    expect(env['TF_CUDNN_USE_AUTOTUNE']).toBe('0');
    setGpuVariables({autotune: true});
    expect(env['TF_CUDNN_USE_AUTOTUNE']).toBe('0');
  } finally {
    for (const name of Object.keys(env)) if (!(name in before)) delete env[name];
    Object.assign(env, before);
  }
});

/** Loads the binding as Node would, and asks TensorFlow for its own switch. */
const ASK = `
import ctypes, os, sys
ctypes.CDLL(sys.argv[1], mode=os.RTLD_GLOBAL | os.RTLD_LAZY)
print(ctypes.CDLL(None)._ZN3tsl33tensor_float_32_execution_enabledEv() & 1)
`;

test.each([
  ['0', '0'],
  ['1', '1'],
  [undefined, '1'],
])('with NVIDIA_TF32_OVERRIDE=%s TensorFlow asks for TF32: %s', async (variable, expected) => {
  const {binding} = await ensureRuntime();
  const {NVIDIA_TF32_OVERRIDE: _, ...env} = process.env;
  const {stdout, stderr} = spawnSync(process.env['RIFE_TRAIN_PYTHON'] ?? 'python3', ['-c', ASK, binding], {
    encoding: 'utf8',
    env: {...env, ...(variable !== undefined && {NVIDIA_TF32_OVERRIDE: variable})},
  });
  expect([stdout.trim(), stderr]).toEqual([expected, expect.anything()]);
});
