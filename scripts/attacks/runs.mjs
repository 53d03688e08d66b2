/** Small runs for attacks: a configuration, what a run has left, a disk that fails on demand. */
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {CLIPS, linkPackages} from './smallRun.mjs';
import {check} from './tools.mjs';

/**
 * Writes rife.config.mjs: a small eager run in `run`.
 * @param options source text that comes last
 */
export function writeConfig(folder, options = '', head = '') {
  linkPackages(folder);
  writeFileSync(
    join(folder, 'rife.config.mjs'),
    `import {definePlugin} from '@rife-train/core';
import {existsSync, writeFileSync} from 'node:fs';
${head}
export default {
  data: {root: ${JSON.stringify(CLIPS)}, crop: 64, batch: 1, workers: 1},
  model: {widths: [24, 16, 12]},
  execution: 'eager', steps: 6, out: 'run', saveEvery: 2, previewEvery: 0, optim: {warmupSteps: 2},
  ${options}
};
`,
  );
}

/**
 * Source text of a plugin that makes the file `waiting` at a step, and waits there until there is a
 * file `go`.
 */
export const waitsAt = step => `const waits = definePlugin({name: 'test:waits', apply({hooks}) {
  hooks.beforeStep.tapPromise('waits', async ({progress}) => {
    if (progress.step !== ${step} || existsSync('go')) return;
    writeFileSync('waiting', '');
    while (!existsSync('go')) await new Promise(resolve => setTimeout(resolve, 20));
  });
}});`;

/** Resolves once `condition` holds; rejects after five minutes. */
export async function until(condition, what) {
  for (const endMs = Date.now() + 300_000; !condition();) {
    if (Date.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

export const linesIn = file =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
/** Attacks that train: they may take minutes on a busy machine, and only then count as hanging. */
export const patiently = attacks =>
  attacks.map(attack => ({
    ...attack,
    run: ({rife, startRife, ...tools}) => {
      const slow = command => (args, options) => command(args, {timeoutMs: 600_000, ...options});
      return attack.run({...tools, rife: slow(rife), startRife: slow(startRife)});
    },
  }));

/** Steps in metrics.jsonl, in order. */
export const stepsIn = run =>
  linesIn(join(run, 'metrics.jsonl')).flatMap(({step, event}) => (event === undefined ? [step] : []));
const upTo = count => Array.from({length: count}, (_, i) => i);
export const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);
export const stepFolder = step => `step-${String(step).padStart(8, '0')}`;

export const leftovers = run => readdirSync(join(run, 'checkpoints')).filter(name => name.startsWith('.'));

export const checkEnd = ({timedOut, code, stdout, stderr}, what) =>
  check(!timedOut && code === 0, `${what}: ${(stdout + stderr).slice(-400)}`);

export const checkSteps = (run, count) =>
  check(isEqual(stepsIn(run), upTo(count)), `steps ${stepsIn(run)} instead of 0 to ${count - 1}`);

/** Checksum of weights and moments of the newest checkpoint, and metrics without their times. */
export function bitsOf(run) {
  const newest = join(run, 'checkpoints', readFileSync(join(run, 'checkpoints/latest'), 'utf8').trim());
  const hash = createHash('sha256');
  for (const name of readdirSync(newest)
    .filter(name => name.endsWith('safetensors'))
    .sort())
    hash.update(readFileSync(join(newest, name)));
  const metrics = linesIn(join(run, 'metrics.jsonl')).map(line => ({...line, stepMs: 0, dataMs: 0}));
  return `${newest.slice(run.length)} ${hash.digest('hex')} ${JSON.stringify(metrics)}`;
}

/** Changes the JSON of a state.json or record.json, and seals it again, as who means harm does. */
export function rewrite(file, change) {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  delete content.sha256;
  const changed = change(content) ?? content;
  const sha256 = createHash('sha256').update(JSON.stringify(changed)).digest('hex');
  writeFileSync(file, JSON.stringify({...changed, sha256}));
}

/**
 * Environment of a command whose file operations go through `source`: statements that may replace
 * functions of `fs` and `disk` (`fs.promises`).
 */
export function withPreload(folder, source) {
  const file = join(folder, 'preload.mjs');
  writeFileSync(
    file,
    `import fs from 'node:fs'; import {syncBuiltinESMExports} from 'node:module';
const disk = fs.promises;
const failure = code => Object.assign(new Error(code), {code});
${source}
syncBuiltinESMExports();`,
  );
  return {NODE_OPTIONS: `--import=${pathToFileURL(file).href}`};
}
