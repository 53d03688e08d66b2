import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {runInThisContext} from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import {ensureRuntime, inspectRuntime, loadRuntime} from '../index.js';

test('the runtime loads once and computes', async () => {
  const backend = await loadRuntime();
  expect(await loadRuntime()).toBe(backend);
  expect(tf.getBackend()).toBe('tensorflow');
  expect(backend.binding.TF_Version).toMatch(/^2\./);
  const product = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]));
  expect([...product.dataSync()]).toEqual([11]);
});

test('the level of its log reaches the process, not just the copy of its environment that a test has', async () => {
  await loadRuntime();
  const {env} = runInThisContext('process') as NodeJS.Process;
  expect(env).not.toBe(process.env);
  expect(env['TF_CPP_MIN_LOG_LEVEL']).toMatch(/^[0-3]$/);
});

test('loading says nothing, unless its log is asked for', () => {
  const script = `
    import {loadRuntime} from ${JSON.stringify(pathToFileURL(join(__dirname, '../../../dist/index.js')).href)};
    await loadRuntime({allowInstall: false});`;
  const run = (level?: string) => {
    const {TF_CPP_MIN_LOG_LEVEL: _, ...env} = process.env;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: {...env, ...(level && {TF_CPP_MIN_LOG_LEVEL: level})},
    });
  };
  expect(run()).toMatchObject({status: 0, stdout: '', stderr: ''});
  expect(run('0').stderr).toContain('oneDNN');
});

test('what is loaded is what doctor reports as found', async () => {
  const {source, binding} = await ensureRuntime({allowInstall: false});
  const found = (await inspectRuntime()).filter(({status}) => status === 'found');
  expect(found).toEqual([expect.objectContaining({name: source, path: binding})]);
});

test('every code of the runtime has a section in the docs', () => {
  const root = join(__dirname, '../../../../..');
  const codes =
    readFileSync(join(root, 'packages/errors/src/engine.ts'), 'utf8').match(/RIFE_ERR_ENGINE_\w+/g) ?? [];
  const docs = readFileSync(join(root, 'docs/errors/engine.md'), 'utf8');
  const sections = [...docs.matchAll(/^## (\S+)$/gm)].map(([, code]) => code);
  expect(sections.sort()).toEqual([...new Set(codes)].sort());
});
