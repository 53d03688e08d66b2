/** Milliseconds that a plugin adds to a step, from alternating steps with and without it. */
import {rmSync} from 'node:fs';
import {makeTemporaryFolder} from '@rife-train/files';
import {initialize} from '../checkpoint/snapshot.js';
import {CheckpointStore} from '../checkpoint/store.js';
import {microStepsFor} from '../config/globalBatch.js';
import {Logger} from '../log/logger.js';
import {Run} from '../run/run.js';
import {firstSchedule} from '../optim/schedule.js';
import {Replicas} from '../run/replicas.js';
import {samplingPolicyAt} from '../run/runParts.js';
import {firstSharding} from '../checkpoint/sharding.js';
import {trainingStep} from '../run/step.js';
import {writeFrozen} from '../weights/tensors.js';
import type {BuiltGraph} from './graph.js';
import {SyntheticBatches} from './syntheticBatches.js';

/** What a plugin costs a step. */
export interface StepCost {
  /** Steps that were timed with it, and as many without. */
  steps: number;
  /** Median milliseconds of a step with all plugins, and without this one. */
  withMs: number;
  withoutMs: number;
  /** Median difference of neighbouring steps with and without. */
  addedMs: number;
  /**
   * Half the distance between the quartiles of those differences: anything smaller can't be
   * distinguished from 0.
   */
  spreadMs: number;
}

/** The first steps of a program pay for TensorFlow's optimisation of the graph. */
const WARM_UP = 2;

/** Value below which this share of the numbers lies, interpolated linearly between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low);
}

/**
 * A run of a built graph that can be stepped and never writes. Its learning rate is 0, so that
 * weights do not diverge.
 */
async function openSteps({set, model, program, traced, shape}: BuiltGraph, folder: string): Promise<Run> {
  const {hooks, config: asked, plugins} = set;
  const still = {learningRate: 0, finalLearningRate: 0, weightDecay: 0};
  const config = {...asked, optim: {...asked.optim, microSteps: microStepsFor(asked), ...still}};
  await writeFrozen(model, program);
  await initialize(model, program, config.seed);
  // A verdict of a plugin to roll back would look for a checkpoint.
  hooks.onNaN.tap({name: 'rife:measure', stage: -Infinity}, () => 'stop');
  const run = new Run({
    config,
    hooks,
    plugins,
    model,
    program,
    source: new SyntheticBatches(shape, index => samplingPolicyAt(index, config, hooks)),
    scalars: traced.scalars,
    store: new CheckpointStore(folder, 1),
    logger: new Logger({line: () => {}}),
    replicas: new Replicas(),
    sharding: firstSharding(config, 1),
    schedule: firstSchedule(config.steps, config.optim),
    clips: undefined,
    origin: undefined,
  });
  set.steps = run;
  return run;
}

async function timed(run: Run): Promise<number> {
  const {stepMs, dataMs} = await trainingStep(run);
  return stepMs - dataMs;
}

/**
 * Median milliseconds of a step of one device, with its host taps, on made-up frames: without what
 * decoding may cost.
 */
export async function timeSteps(built: BuiltGraph, steps: number): Promise<number> {
  const folder = makeTemporaryFolder('rife-measure-');
  try {
    const run = await openSteps(built, folder);
    for (let i = 0; i < WARM_UP; i++) await timed(run);
    const times: number[] = [];
    for (let i = 0; i < steps; i++) times.push(await timed(run));
    return quantile(times, 0.5);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Times alternating steps of two graphs, so that a machine that slows down slows both. */
export async function compareSteps(
  withIt: BuiltGraph,
  withoutIt: BuiltGraph,
  steps: number,
): Promise<StepCost> {
  const folder = makeTemporaryFolder('rife-measure-');
  try {
    const [a, b] = [await openSteps(withIt, folder), await openSteps(withoutIt, folder)];
    for (let i = 0; i < WARM_UP; i++) for (const run of [a, b]) await timed(run);
    const pairs: [number, number][] = [];
    for (let i = 0; i < steps; i++) {
      // The order alternates: the second one finds warmer caches.
      const [first, second] = i % 2 === 0 ? [a, b] : [b, a];
      const [x, y] = [await timed(first), await timed(second)];
      pairs.push(i % 2 === 0 ? [x, y] : [y, x]);
    }
    return costOf(pairs);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** Medians and spread of pairs [with, without]. */
export function costOf(pairs: readonly (readonly [number, number])[]): StepCost {
  const differences = pairs.map(([a, b]) => a - b);
  return {
    steps: pairs.length,
    withMs: quantile(
      pairs.map(([a]) => a),
      0.5,
    ),
    withoutMs: quantile(
      pairs.map(([, b]) => b),
      0.5,
    ),
    addedMs: quantile(differences, 0.5),
    spreadMs: (quantile(differences, 0.75) - quantile(differences, 0.25)) / 2,
  };
}
