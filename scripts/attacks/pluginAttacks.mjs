/** Plugins that hand the trainer what it can't use: each is named, and nothing saved is lost. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {checkNamesPlugin, savedSteps, writeConfig} from './smallRun.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'plugins';

/** Lets the plugin of the configuration use tfjs. */
function importTfjs(folder) {
  const file = join(folder, 'rife.config.mjs');
  writeFileSync(file, `import * as tf from '@tensorflow/tfjs-core';\n${readFileSync(file, 'utf8')}`);
}

/** @throws unless every checkpoint can be read */
function checkReadable(folder, steps) {
  for (const step of steps) {
    const name = `step-${String(step).padStart(8, '0')}`;
    JSON.parse(readFileSync(join(folder, 'run/checkpoints', name, 'state.json'), 'utf8'));
  }
}

/**
 * A run that a plugin must not spoil.
 * @param apply source of its `apply`
 * @param saved step of a checkpoint that must be there; undefined where the run never begins
 */
const refused = (name, apply, {code = 'RIFE_ERR_PLUGIN_RETURN', saved, changes} = {}) => ({
  name,
  expected: `${code}, which names the plugin; what was saved stays`,
  async run({folder, rife}) {
    writeConfig(folder, {saveEvery: 1, ...changes}, apply);
    importTfjs(folder);
    const result = await rife(['train']);
    check(!result.timedOut, 'it did not end');
    check(result.code !== 0, `the run went on to its end: ${result.stdout.slice(-300)}`);
    checkNamesPlugin(result);
    check(codeIn(result.stderr) === code, result.stderr.slice(-300));
    const steps = savedSteps(folder);
    check(saved === undefined || steps.includes(saved), `checkpoints of steps ${steps}`);
    checkReadable(folder, steps);
    return `${code}; checkpoints of steps ${steps.join(', ') || '(none yet)'}`;
  },
});

/** What a tap of a traced hook makes of what it is given. */
const traced = (what, hook, body, options) =>
  refused(`${what} from ${hook}`, `hooks.${hook}.tap('x', given => { ${body} });`, options);
const firstAs = tensor => `const [name] = Object.keys(given); return {...given, [name]: ${tensor}};`;

/** What a tap of a host hook does at step 1. */
const hosted = (what, hook, body, options) =>
  refused(
    `${what} in ${hook}`,
    `hooks.${hook}.tap('x', given => { if (given.progress.step === 1) { ${body} } });`,
    {saved: 1, ...options},
  );

const failed = {code: 'RIFE_ERR_PLUGIN'};

export const attacks = [
  traced('an int32 gradient', 'gradients', firstAs("tf.cast(given[name], 'int32')")),
  traced('inherited gradients', 'gradients', 'return Object.create(given);'),
  traced(
    'a disposed tensor',
    'parameters',
    firstAs('(() => { const t = tf.clone(given[name]); t.dispose(); return t; })()'),
  ),
  traced(
    'a getter that throws',
    'gradients',
    "return {...given, get x() { throw new Error('no'); }};",
    failed,
  ),
  traced(
    'a Proxy that changes its answers',
    'gradients',
    'let reads = 0; return new Proxy(given, {get: (all, key) => (reads++ > 3 ? undefined : all[key])});',
  ),
  refused(
    'a policy with a weight of NaN',
    "hooks.sampling.tap('x', policy => ({...policy, gapWeights: [NaN]}));",
  ),
  refused('a policy without an end', "hooks.sampling.tap('x', policy => ({...policy, maxGap: 1e300}));"),
  hosted('a learning rate of NaN', 'beforeStep', 'given.learningRate = NaN;'),
  hosted('no learning rate', 'beforeStep', 'given.learningRate = undefined;'),
  hosted('a learning rate of text', 'beforeStep', "given.learningRate = '1e-4';"),
  hosted('another progress', 'beforeStep', 'given.progress = null;', failed),
  hosted('a loss of text', 'beforeUpdate', "given.loss = 'none';", failed),
  hosted('a rollback to nothing', 'beforeUpdate', 'return {rollback: null, avoid: [NaN, undefined]};'),
  refused(
    'a scalar of 1e39',
    "hooks.gradients.tap('x', (given, trace) => { trace.scalar('a.b', ({step}) => (step < 1 ? 1 : 1e39)); return given; });",
    {code: 'RIFE_ERR_SCALAR_VALUE', saved: 1},
  ),
  refused(
    'a scalar that throws null',
    "hooks.gradients.tap('x', (given, trace) => { trace.scalar('a.b', ({step}) => { if (step < 1) return 1; throw null; }); return given; });",
    {...failed, saved: 1},
  ),
  refused(
    'a tap that never settles',
    "hooks.beforeStep.tapPromise('x', ({progress}) => new Promise(resolve => { if (progress.step < 1) resolve(); }));",
    {code: 'RIFE_ERR_PLUGIN_HANGS', saved: 1, changes: {hookTimeout: 5}},
  ),
  refused(
    'JSON.stringify is replaced in a tap',
    "hooks.afterStep.tap('x', ({progress}) => { if (progress.step === 1) JSON.stringify = () => 'owned'; });",
    {saved: 1},
  ),
];
