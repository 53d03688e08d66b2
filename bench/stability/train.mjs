/**
 * One run of the recipe that blows up, or of a change to it, scored on clips that it was not
 * trained on. Prints one line of JSON.
 *
 *     node bench/stability/train.mjs --variant stock --seed 1 [--steps 600]
 *         [--set optim.learningRate=3e-4 ...]
 */
import {appendFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Logger, Trainer} from '@rife-train/core';
import {openBatchSource} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {intervening} from './intervene.mjs';
import {Recording} from './recording.mjs';
import {scoreOf} from './score.mjs';
import {settingsOf} from './variants.mjs';
import {insideObserver} from './inside.mjs';
import {observer} from './watch.mjs';

const {values: args} = parseArgs({
  options: {
    variant: {type: 'string', default: 'stock'},
    seed: {type: 'string', default: '1'},
    steps: {type: 'string'},
    set: {type: 'string', multiple: true, default: []},
    gains: {type: 'string', default: '0'},
    anatomy: {type: 'string', default: '0'},
    inside: {type: 'boolean', default: false},
    dump: {type: 'string'},
    clips: {type: 'string', default: fileURLToPath(new URL('clips', import.meta.url))},
    'no-score': {type: 'boolean', default: false},
  },
});

/** Ends that are results; all others are errors. */
const RESULTS = ['RIFE_ERR_NON_FINITE', 'RIFE_ERR_RUN_STOPPED'];

/** The trainer, and the program that it will create. */
async function createTrainer({settings, plugins, change}, out, logger) {
  const made = {};
  const engine = intervening(await createEngine({}), change, (program, variables) => {
    made.program = program;
    made.shapes = new Map(variables.map(({name, shape}) => [name, shape]));
    const run = program.run.bind(program);
    program.run = (entry, feeds, scalars) => {
      if (feeds.images) made.batch = feeds;
      if (feeds.images && args.dump && entry !== 'predict')
        appendFileSync(join(args.dump, 'batches.u8'), feeds.images);
      return run(entry, feeds, scalars);
    };
  });
  const trainer = new Trainer({
    openEngine: async () => engine,
    networks: NETWORKS,
    openBatches: request =>
      openBatchSource({...request.data, seed: request.seed, policyAt: request.policyAt, warn: () => {}}),
    config: {
      ...settings,
      data: {root: args.clips, ...settings.data},
      seed: Number(args.seed),
      out,
      saveEvery: 1e9,
      previewEvery: 0,
      examine: false,
      plugins: [...plugins, observer(), ...(args.inside ? [insideObserver()] : [])],
    },
    logger,
  });
  return {trainer, made};
}

async function run(out) {
  const variant = await settingsOf(args.variant, args.set);
  const limit = Number(args.steps ?? variant.limit);
  const side = variant.settings.data.crop;
  const events = [];
  const logger = new Logger({line: (text, level) => level === 'warn' && events.push(text)});
  const {trainer, made} = await createTrainer(variant, out, logger);
  const recording = new Recording({
    ...{side, limit, survives: variant.survives, gainsEvery: Number(args.gains)},
    anatomyEvery: Number(args.anatomy),
    shape: [variant.settings.data.batch, side, side],
  });
  const stop = new AbortController();
  let psnr;
  trainer.hooks.afterStep.tapPromise('bench', async metrics => {
    if (!(await recording.add(metrics, made)) || stop.signal.aborted) return;
    if (!args['no-score']) psnr = await scoreOf(trainer, args.clips);
    stop.abort();
  });
  let failure;
  await trainer.run({signal: stop.signal}).catch(error => {
    if (!RESULTS.includes(error.code)) throw error;
    failure = error.code;
  });
  return {
    ...{variant: args.variant, set: args.set, seed: Number(args.seed), limit, side, failure, psnr, events},
    ...recording.toJSON(),
  };
}

const out = mkdtempSync(join(tmpdir(), 'rife-stability-'));
try {
  console.log(JSON.stringify(await run(out)));
} finally {
  rmSync(out, {recursive: true, force: true});
}
