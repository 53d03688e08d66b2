/**
 * A run of the real trainer on random batches, for benchmarks: the same step as a user's, without
 * decoding.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Logger, Trainer} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';

const POLICY = {minGap: 1, maxGap: 1};

/** Repeatable bytes: a 32-bit linear congruential generator, its upper byte. */
function randomBytes(length, seed) {
  let state = seed >>> 0;
  return Uint8Array.from({length}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** A source whose batches (`distinct` of them, in turn) are in memory before the first step. */
function randomSource({batch, crop, distinct, onNext}) {
  const images = Array.from({length: distinct}, (_, i) => randomBytes(batch * crop * crop * 9, i + 1));
  const names = Array.from({length: batch}, (_, i) => `random ${i}`);
  let index = 0;
  return {
    batchSize: batch,
    crop: [crop, crop],
    async next() {
      onNext();
      return {
        images: images[index % distinct],
        gap: new Float32Array(batch).fill(1),
        timestep: new Float32Array(batch).fill(0.5),
        names,
        index: index++,
        policy: POLICY,
      };
    },
    async seek(to) {
      index = to;
    },
    async close() {},
  };
}

/** The engine, with the report of each compilation passed to `onCompile`. */
function observed(engine, onCompile) {
  const createProgram = variables => {
    const program = engine.createProgram(variables);
    const compile = program.compile.bind(program);
    program.compile = () => {
      const report = compile();
      onCompile(report);
      return report;
    };
    return program;
  };
  return {description: engine.description, createProgram};
}

/**
 * Trains `steps` steps in a temporary folder.
 * @param network {networks, options}; RIFE's own by default
 * @param plugins of the run
 * @param afterStep called at the end of each step with its metrics and the milliseconds since its
 *   batch was requested. This includes feeding, both entries, the guard, the hooks, and everything
 *   else that the trainer does at each step
 * @returns description of the engine, cost of the capture
 */
export async function trainOnRandom({
  batch,
  crop,
  steps,
  execution = 'captured',
  precision = 'fp32',
  compile = 'none',
  gpu = {},
  distinct = 1,
  afterStep,
  network = {networks: NETWORKS, options: undefined},
  plugins = [],
}) {
  const out = mkdtempSync(join(tmpdir(), 'rife-bench-'));
  let startMs = 0;
  let capture;
  try {
    const engine = observed(
      await createEngine({execution, precision, compile, gpu}),
      report => (capture ??= report),
    );
    const trainer = new Trainer({
      openEngine: async () => engine,
      networks: network.networks,
      openBatches: async () =>
        randomSource({batch, crop, distinct, onNext: () => (startMs = performance.now())}),
      config: {
        data: {root: out, batch, crop},
        ...(network.options && {model: network.options}),
        ...{steps, out, saveEvery: steps + 1, previewEvery: 0, execution, precision, compile, gpu, plugins},
      },
      logger: new Logger({line: (text, level) => level === 'warn' && console.error(text)}),
    });
    trainer.hooks.afterStep.tap('bench', metrics => {
      if (!metrics.updated) throw new Error(`step ${metrics.progress.step} was not finite`);
      return afterStep(metrics, performance.now() - startMs);
    });
    await trainer.run();
    return {engine: engine.description, capture};
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}
