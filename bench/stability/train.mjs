/**
 * One run of the recipe that blows up, or of a change to it, scored on clips that it was not trained on. Prints one line of JSON.
 *
 *     node bench/stability/train.mjs --variant stock --seed 1 [--steps 600] [--set optim.learningRate=3e-4 ...]
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Logger, Trainer} from '@rife-train/core';
import {openBatchSource} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {gainsOf, layersOf} from './gain.mjs';
import {intervening} from './intervene.mjs';
import {scoreOf} from './score.mjs';
import {settingsOf} from './variants.mjs';
import {endOf, observer} from './watch.mjs';

const CLIPS = fileURLToPath(new URL('clips', import.meta.url));
/** Steps that a run goes on behind its end, to show what becomes of it. */
const AFTERMATH = 45;

const {values: args} = parseArgs({
  options: {
    variant: {type: 'string', default: 'stock'},
    seed: {type: 'string', default: '1'},
    steps: {type: 'string'},
    set: {type: 'string', multiple: true, default: []},
    'no-score': {type: 'boolean', default: false},
    gains: {type: 'string', default: '0'},
    clips: {type: 'string', default: CLIPS},
  },
});

const short = value => (Number.isFinite(value) ? Number(value.toPrecision(5)) : String(value));
const under = (prefix, logs) =>
  Object.fromEntries(
    Object.entries(logs).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), short(value)]] : [],
    ),
  );

async function main() {
  const out = mkdtempSync(join(tmpdir(), 'rife-stability-'));
  const {settings, plugins, survives, change, limit: usual} = await settingsOf(args.variant, args.set);
  const limit = Number(args.steps ?? usual);
  const stop = new AbortController();
  const events = [];
  try {
    let program;
    let shapes;
    const trainer = new Trainer({
      engine: intervening(await createEngine({}), change, (made, variables) => {
        program = made;
        shapes = new Map(variables.map(({name, shape}) => [name, shape]));
      }),
      createModel,
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
        plugins: [...plugins, observer()],
      },
      logger: new Logger({line: (text, level) => level === 'warn' && events.push(text)}),
    });
    const curve = [];
    const gains = [];
    const measureGains = async step => {
      const names = ['block0', 'block1', 'block2', 'block_tea'].flatMap(layersOf);
      const read = await program.readVariables(names);
      const kernel = name => {
        const shape = shapes.get(name);
        // A transposed convolution's kernel is [h,w,out,in].
        return {values: read.get(name), shape};
      };
      gains.push({
        step,
        ...Object.fromEntries(
          ['block0', 'block1', 'block2', 'block_tea'].map(b => [
            b,
            gainsOf(layersOf(b).map(kernel)).map(short),
          ]),
        ),
      });
    };
    const every = Number(args.gains);
    const side = settings.data.crop;
    let psnr;
    let end = {};
    let ended = 0;
    trainer.hooks.afterStep.tapPromise('bench', async metrics => {
      const {progress, loss, terms, gradNorm, maxFlow, updated, logs} = metrics;
      curve.push({
        step: progress.step,
        loss,
        gradNorm,
        maxFlow,
        updated,
        reconstruction: terms.reconstruction,
        distill: terms.distill,
        gaps: metrics.perSample.map(({gap}) => gap),
        norms: under('norm/', logs),
        flows: under('flow/', logs),
        logs: {...under('recover/', logs)},
      });
      if (every > 0 && progress.step % every === 0) await measureGains(progress.step);
      end = endOf(curve, side);
      // A plugin that recovers goes on; others are only watched for a while.
      if (!survives && Object.values(end).some(step => step !== undefined)) ended += 1;
      if (ended > AFTERMATH || progress.step + 1 >= limit) {
        if (!args['no-score'] && !stop.signal.aborted) psnr = await scoreOf(trainer, args.clips);
        stop.abort();
      }
    });
    let failure;
    await trainer.run({signal: stop.signal}).catch(error => {
      if (!['RIFE_ERR_NON_FINITE', 'RIFE_ERR_RUN_STOPPED'].includes(error.code)) throw error;
      failure = error.code;
    });
    const compact = curve.map(row => ({
      ...row,
      loss: short(row.loss),
      gradNorm: short(row.gradNorm),
      maxFlow: short(row.maxFlow),
      reconstruction: short(row.reconstruction),
      distill: short(row.distill),
    }));
    console.log(
      JSON.stringify({
        variant: args.variant,
        set: args.set,
        seed: Number(args.seed),
        limit,
        side,
        end,
        failure,
        psnr,
        events,
        gains,
        curve: compact,
      }),
    );
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}

await main();
