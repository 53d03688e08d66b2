/** Numbers that overflow, vanish or never change: the run has a verdict in bounded time. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {savedSteps, writeConfig} from './smallRun.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'numbers';

/** Writes the configuration; with `recover`, its plugin is applied first. */
function configure(folder, {apply, changes = {}, recover}) {
  writeConfig(folder, {saveEvery: 2, maxNonFinite: 3, ...changes}, apply);
  const file = join(folder, 'rife.config.mjs');
  const text = readFileSync(file, 'utf8');
  const imports =
    "import * as tf from '@tensorflow/tfjs-core';\nimport {recover} from '@rife-train/plugin-recover';\n";
  const plugins = recover ? `plugins: [recover(${JSON.stringify(recover)}), ` : 'plugins: [';
  writeFileSync(file, imports + text.replace('plugins: [', plugins));
}

/** @throws unless the run stops with this code, and says these words */
const stops = (name, setup, code, ...words) => ({
  name,
  expected: `the run stops with ${code}, the last checkpoint stays`,
  async run({folder, rife}) {
    configure(folder, setup);
    const result = await rife(['train'], {timeoutMs: 180_000});
    const text = result.stdout + result.stderr;
    check(!result.timedOut, `it did not end: ${text.slice(-300)}`);
    check(
      result.code === 1 && codeIn(result.stderr) === code,
      `exit code ${result.code}: ${text.slice(-400)}`,
    );
    for (const word of words) check(text.includes(word), `it does not say "${word}": ${text.slice(-600)}`);
    check(savedSteps(folder).length > 0, 'no checkpoint is left');
    return `${code}; checkpoints of steps ${savedSteps(folder).join(', ')}`;
  },
});

/** A loss whose terms a tap replaces. */
const loss = body => `hooks.afterLoss.tap('x', (given, trace) => { ${body} });`;
/** Every term times a factor that depends on the step. */
const scaled = factor =>
  loss(
    `const factor = trace.scalar('a.factor', ({step}) => ${factor});
     const terms = Object.entries(given.terms).map(([name, term]) => [name, tf.mul(term, factor)]);
     return {...given, terms: Object.fromEntries(terms)};`,
  );
const everyGradient = factor =>
  `hooks.gradients.tap('x', (given, trace) => {
     const factor = trace.scalar('a.factor', ({step}) => ${factor});
     return Object.fromEntries(Object.entries(given).map(([name, g]) => [name, tf.mul(g, factor)]));
   });`;

const recover = {every: 2, probation: 0, skips: 1, maxRollbacks: 2, surge: false, dead: {steps: 2}};

export const attacks = [
  stops(
    'a loss whose gradients are about 1e25',
    {apply: scaled('(step < 2 ? 1 : 1e28)')},
    'RIFE_ERR_NON_FINITE',
    'gradient norm',
  ),
  stops(
    'gradients of about 1e25 from the gradients hook',
    {apply: everyGradient('(step < 2 ? 1 : 1e28)')},
    'RIFE_ERR_NON_FINITE',
    '"attack:plugin" (gradients)',
  ),
  stops(
    'data that always blows up, with recover()',
    {apply: scaled('(step < 2 ? 1 : 3e38)'), changes: {steps: 60, maxNonFinite: 20}, recover},
    'RIFE_ERR_NON_FINITE',
    'maxRollbacks',
  ),
  stops(
    'a loss of exactly 0 for ever, with recover()',
    {apply: scaled('0'), changes: {steps: 60, maxNonFinite: 20}, recover},
    'RIFE_ERR_RUN_STOPPED',
    'dead network',
  ),
];
