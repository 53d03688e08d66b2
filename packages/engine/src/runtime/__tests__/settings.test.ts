import {homedir} from 'node:os';
import {join} from 'node:path';
import type {Host} from '../host.js';
import {checkNode, checkPlatform, thisHost, which} from '../host.js';
import {readSettings} from '../settings.js';

const host = (overrides: Partial<Host> = {}): Host => ({
  ...thisHost({}),
  platform: 'linux',
  arch: 'x64',
  glibc: '2.36',
  hasNvidiaDriver: () => false,
  ...overrides,
});
const settings = (env: NodeJS.ProcessEnv, overrides: Partial<Host> = {}) =>
  readSettings(host({...overrides, env}));

test.each([
  [{RIFE_TRAIN_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c'}, '/a'],
  [{XDG_CACHE_HOME: '/b', HOME: '/c'}, '/b/rife-train'],
  [{HOME: '/c'}, '/c/.cache/rife-train'],
  [{}, join(homedir(), '.cache/rife-train')],
])('%j caches in %s', (env, folder) => {
  expect(settings(env).cache).toBe(folder);
});

test('whatever makes another binding makes another key', () => {
  const keys = [
    settings({}),
    settings({RIFE_TRAIN_TF_VERSION: '2.20.0'}),
    settings({RIFE_TRAIN_TFJS_VERSION: '4.23.0'}),
    settings({RIFE_TRAIN_TF_VARIANT: 'gpu'}),
    settings({}, {arch: 'arm64'}),
  ].map(({key}) => key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys[0]).toBe('tf2.21.0-cpu-tfjs4.22.0-linux-x64-r7');
});

test('the driver decides for the GPU, where there are CUDA wheels, unless the user does', () => {
  const hasNvidiaDriver = () => true;
  expect(settings({}, {hasNvidiaDriver}).variant).toBe('gpu');
  expect(settings({}, {hasNvidiaDriver, arch: 'arm64'}).variant).toBe('cpu');
  expect(settings({RIFE_TRAIN_TF_VARIANT: 'cpu'}, {hasNvidiaDriver}).variant).toBe('cpu');
});

test.each([
  ['RIFE_TRAIN_TF_VERSION', '2.21; rm -rf ~'],
  ['RIFE_TRAIN_TFJS_VERSION', '4'],
  ['RIFE_TRAIN_TF_VARIANT', 'tpu'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => settings({[name]: value})).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_ENGINE_SETTING',
      message: expect.stringContaining(`${name} is "${value}"`),
    }),
  );
});

test.each<[Partial<Host>, RegExp]>([
  [{platform: 'win32'}, /win32 x64: only Linux/],
  [{arch: 'ia32'}, /linux ia32: .*no build for this processor/],
  [{glibc: undefined}, /musl/],
  [{glibc: '2.17'}, /this system has 2\.17/],
])('%j is no platform to install on', (overrides, message) => {
  const check = () => checkPlatform(host(overrides));
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({code: 'RIFE_ERR_ENGINE_PLATFORM'}));
});

test.each([{}, {arch: 'arm64'}, {glibc: '2.27'}, {glibc: '3.0'}])('%j is one', overrides => {
  expect(() => checkPlatform(host(overrides))).not.toThrow();
});

test('Node 20 and 22 run tfjs-node, 23 does not', () => {
  for (const nodeVersion of ['20.19.0', '22.12.0'])
    expect(() => checkNode(host({nodeVersion}))).not.toThrow();
  expect(() => checkNode(host({nodeVersion: '23.0.0'}))).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_ENGINE_NODE'}),
  );
});

test('this very machine is seen as it is', () => {
  const {nodeVersion, freeBytes, packageFolder} = thisHost();
  expect(nodeVersion).toBe(process.versions.node);
  expect(freeBytes('/no/such/folder/yet')).toBeGreaterThan(0);
  expect(packageFolder('node-api-headers')).toMatch(/node-api-headers$/);
  expect(packageFolder('no-such-package')).toBeUndefined();
});

test('programs are found on the given PATH alone, and only if they can be run', () => {
  expect(which({PATH: '/bin:/usr/bin'}, 'sh')).toMatch(/bin\/sh$/);
  expect(which({PATH: '/nowhere'}, 'sh')).toBeUndefined();
  expect(which({PATH: '/etc'}, 'passwd')).toBeUndefined();
  expect(which({}, process.execPath)).toBe(process.execPath);
});
