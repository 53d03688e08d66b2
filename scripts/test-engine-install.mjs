/**
 * Installs the engine for real, from the registries, into empty caches: about 280 MB and a minute.
 * The unit tests do the same with pretended programs. Run after `npm run build`:
 * `node scripts/test-engine-install.mjs`.
 */
import './freshDist.mjs';
import {spawn, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {ScriptError, runMain} from './run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const work = mkdtempSync(join(tmpdir(), 'rife-engine-test-'));

const TRAIN = `
import {loadRuntime} from '@rife-train/engine/runtime';
import * as tf from '@tensorflow/tfjs-core';
const backend = await loadRuntime();
// Another tfjs-core than the engine's would have no such backend.
if (tf.getBackend() !== 'tensorflow') throw new Error('tfjs-core has the backend ' + tf.getBackend());
const product = await tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1], [1]])).data();
if (String(product) !== '3,7') throw new Error('wrong product ' + product);
console.log('TensorFlow ' + backend.binding.TF_Version);
`;

/**
 * A project as a user has it: the engine copied, other packages linked; without tfjs-node if
 * requested.
 */
function makeProject(name, {tfjsNode}) {
  const modules = join(work, name, 'node_modules');
  for (const part of ['engine', 'errors', 'core']) {
    for (const piece of ['dist', 'package.json']) {
      cpSync(join(root, 'packages', part, piece), join(modules, '@rife-train', part, piece), {
        recursive: true,
      });
    }
  }
  mkdirSync(join(modules, '@tensorflow'));
  const installed = join(root, 'node_modules');
  const tensorflow = readdirSync(join(installed, '@tensorflow')).map(entry => join('@tensorflow', entry));
  const others = readdirSync(installed).filter(
    entry => !/^(\.|@rife-train$|@tensorflow$|rife-train$)/.test(entry),
  );
  for (const entry of [...others, ...tensorflow]) {
    if (tfjsNode || !/tfjs-node/.test(entry)) symlinkSync(join(installed, entry), join(modules, entry));
  }
  writeFileSync(join(work, name, 'train.mjs'), TRAIN);
  return join(work, name);
}

const environment = variables => ({
  ...process.env,
  RIFE_TRAIN_ENGINE: '',
  RIFE_TRAIN_TF_VARIANT: 'cpu',
  ...variables,
});

function train(what, project, variables) {
  const started = Date.now();
  const {status, stdout, stderr} = spawnSync(process.execPath, ['train.mjs'], {
    cwd: project,
    env: environment(variables),
    encoding: 'utf8',
  });
  if (status !== 0) throw new ScriptError(`${what} failed:\n${stderr}`, 'see the error above');
  const steps = stderr.split('\n').filter(line => line.startsWith('[rife:engine]'));
  console.log(`${what}: ${stdout.trim()}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  for (const step of steps) console.log(`    ${step}`);
  return steps.join('\n');
}

function expectStep(steps, pattern, what) {
  if (!pattern.test(steps))
    throw new ScriptError(`${what}: no progress line matches ${pattern}`, 'see the lines above');
}

/** Starts an install and kills it with -9 once it prints a matching line. */
function killAt(project, variables, pattern) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['train.mjs'], {
      cwd: project,
      env: environment(variables),
      detached: true,
    });
    let output = '';
    child.stderr.on('data', data => {
      output += data;
      if (pattern.test(output)) process.kill(-child.pid, 'SIGKILL');
    });
    child.on('close', (code, signal) =>
      signal === 'SIGKILL' ? done() : fail(new Error(`ended by itself:\n${output}`)),
    );
  });
}

await runMain(async () => {
  try {
    const project = makeProject('project', {tfjsNode: true});
    const cache = join(work, 'cache');
    await killAt(project, {RIFE_TRAIN_CACHE: cache}, /unpacking/);
    console.log('killed with -9 while unpacking');
    const resumed = train('started again', project, {RIFE_TRAIN_CACHE: cache});
    expectStep(resumed, /which an earlier run has fetched/, 'started again');
    train('second start', project, {RIFE_TRAIN_CACHE: cache});

    const fresh = train('empty cache', project, {RIFE_TRAIN_CACHE: join(work, 'cache2')});
    expectStep(fresh, /fetching tensorflow.*with pip/, 'empty cache');

    const [key] = readdirSync(join(cache, 'engines')).filter(name => !/\.(lock|building|broken)/.test(name));
    const libraries = join(cache, 'engines', key, 'tensorflow');
    const bare = join(work, 'bare');
    for (const name of readdirSync(libraries)) {
      mkdirSync(bare, {recursive: true});
      if (name !== 'tfjs_binding.node') symlinkSync(join(libraries, name), join(bare, name));
    }
    const without = makeProject('without', {tfjsNode: false});
    const folder = train('folder without binding, tfjs-node not installed', without, {
      RIFE_TRAIN_CACHE: join(work, 'cache3'),
      RIFE_TRAIN_ENGINE: bare,
    });
    expectStep(folder, /fetching @tensorflow\/tfjs-node.*with npm/, 'tfjs-node not installed');

    const site = join(work, 'site');
    cpSync(bare, join(site, 'tensorflow'), {recursive: true, verbatimSymlinks: true});
    writeFileSync(join(site, 'tensorflow', '__init__.py'), 'raise SystemExit("imported")\n');
    const python = train('TensorFlow of a Python', project, {
      RIFE_TRAIN_CACHE: join(work, 'cache4'),
      PYTHONPATH: site,
    });
    if (/with pip/.test(python))
      throw new ScriptError('the Python with TensorFlow was not used', 'see the lines above');
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
});
