/** Small runs on the bundled clips, for attacks on a run. */
import {existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {check} from './tools.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CLIPS = join(ROOT, 'examples/quickstart/clips');

/** Writes a file, with its folders. */
export function write(path, content) {
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, content);
}

const small = {
  data: {root: CLIPS, crop: 64, batch: 1, workers: 1},
  model: {widths: [16, 16, 16]},
  execution: 'eager',
  steps: 6,
  out: 'run',
  saveEvery: 1000,
  previewEvery: 0,
};

/** Lets configurations in a folder import the packages. */
export function linkPackages(folder) {
  if (!existsSync(join(folder, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

/**
 * Writes rife.config.mjs: a run of six steps.
 * @param changes options
 * @param apply source of the `apply` function of a plugin "attack:plugin", if there is one
 */
export function writeConfig(folder, changes = {}, apply = undefined) {
  linkPackages(folder);
  const plugin = `definePlugin({name: 'attack:plugin', apply({hooks, log, replica}) {${apply}}})`;
  write(
    join(folder, 'rife.config.mjs'),
    `import {definePlugin} from '@rife-train/core';
export default {
  ...${JSON.stringify({...small, ...changes})},
  plugins: [${apply === undefined ? '' : plugin}],
};
`,
  );
}

/** Steps of the checkpoints of a run, ascending. */
export function savedSteps(folder, run = 'run') {
  const checkpoints = join(folder, run, 'checkpoints');
  if (!existsSync(checkpoints)) return [];
  return readdirSync(checkpoints)
    .map(name => Number(/^step-(\d+)$/.exec(name)?.[1] ?? NaN))
    .filter(step => step >= 0)
    .sort((a, b) => a - b);
}

/** Lines of metrics.jsonl that are steps. */
export const trainedSteps = (folder, run = 'run') =>
  readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
    .filter(line => 'loss' in line).length;

/** Resolves when the standard output of a started command matches. */
export const shows = ({child, ended}, pattern) =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', chunk => pattern.test((text += chunk)) && resolve());
    void ended.then(({stderr}) => reject(new Error(`ended without ${pattern}: ${text} ${stderr}`)), reject);
  });

/** @throws unless the error is coded, without a stack, and names the plugin */
export function checkNamesPlugin({stderr, code}) {
  check(/RIFE_ERR_/.test(stderr), `no code: ${stderr.slice(-300)}`);
  check(stderr.includes('"attack:plugin"'), `the plugin is not named: ${stderr.slice(-300)}`);
  check(!/^Unexpected error/m.test(stderr), `raw: ${stderr.slice(-300)}`);
  check(code === 2, `exit code ${code}`);
}
