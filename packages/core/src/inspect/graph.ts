/**
 * What plugins add to the graph of a step: nodes and parameters, by building it with and without
 * each.
 */
import type {
  CompileReport,
  DataConfig,
  Engine,
  Model,
  Network,
  Program,
  UserConfig,
} from '../contract/index.js';
import {PluginSet} from '../plugins/appliedPlugins.js';
import {checkCrop, cropSides} from '../config/checkCrop.js';
import type {TracedCall} from '../plugins/driver.js';
import {microStepsFor} from '../config/globalBatch.js';
import {keepsAverages, withAverages} from '../weights/averages.js';
import {variablesOf} from '../weights/tensors.js';
import {defineGradients, gradientsOf, variantNames, type BatchShape} from '../traced/gradients.js';
import {predictEntry} from '../traced/predict.js';
import {networksOf} from '../networks/networks.js';
import type {TracedContext} from '../traced/trace.js';
import {updateEntry} from '../traced/update.js';

/** What a graph is built with. */
export interface GraphParts {
  engine: Engine;
  networks: readonly Network[];
}

/** Size of a graph. */
export interface GraphSize {
  /** Values of all parameters. */
  parameters: number;
  /**
   * Nodes of the entries `gradients` and `update`: one training step; where the network has
   * variants, one of the first. 0 where there is no graph.
   */
  stepNodes: number;
  /** Nodes of the entry `predict`. */
  predictNodes: number;
}

/** A program of one configuration, compiled, with what was seen while it was traced. */
export interface BuiltGraph {
  set: PluginSet;
  model: Model;
  program: Program;
  traced: TracedContext;
  shape: BatchShape;
  size: GraphSize;
  /** What the compilation said. */
  report: CompileReport;
  /** Calls of traced taps, in order; where the network has variants, those of the first. */
  calls: TracedCall[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Shape of a micro-batch of the configuration. */
function shapeOf(data: DataConfig): BatchShape {
  const [height, width] = cropSides(data);
  return {batch: data.batch, height, width};
}

function define(program: Program, traced: TracedContext, shape: BatchShape): void {
  defineGradients(program, traced, shape);
  program.define('update', updateEntry(traced, shape.batch * traced.microSteps));
  program.define('predict', predictEntry(traced, {...shape, batch: 1}));
}

function contextOf(set: PluginSet, model: Model): TracedContext {
  const {seed, optim} = set.config;
  const {hooks, session, scalars} = set;
  return {model, hooks, session, scalars, seed, microSteps: microStepsFor(set.config), betas: optim.betas};
}

/** Builds what a run of this configuration would. The caller disposes the program. */
export function buildGraph({engine, networks}: GraphParts, config: UserConfig): BuiltGraph {
  const known = networksOf(networks, config);
  const set = new PluginSet(config, known);
  const model = withAverages(known.create(set.modelOptions()), keepsAverages(set.hooks));
  checkCrop(set.config.data, model);
  const program = engine.createProgram(variablesOf(model));
  const calls: TracedCall[] = [];
  const [first, ...others] = variantNames(model).map(gradientsOf);
  set.session.observe = call => void (others.includes(call.entry) || calls.push(call));
  const traced = contextOf(set, model);
  const shape = shapeOf(set.config.data);
  try {
    define(program, traced, shape);
    const report = program.compile();
    const {entryNodes = {}} = report;
    const size = {
      parameters: model.parameters.reduce((sum, {shape}) => sum + sizeOf(shape), 0),
      stepNodes: (entryNodes[first!] ?? 0) + (entryNodes['update'] ?? 0),
      predictNodes: entryNodes['predict'] ?? 0,
    };
    return {set, model, program, traced, shape, size, report, calls};
  } catch (error) {
    program.dispose();
    throw error;
  }
}

/** The same configuration without one of its plugins. */
export const without = (config: UserConfig, name: string): UserConfig => ({
  ...config,
  plugins: (config.plugins ?? []).filter(plugin => plugin.name !== name),
});

/** What the second graph lacks of the first. */
export const difference = (all: GraphSize, less: GraphSize): GraphSize => ({
  parameters: all.parameters - less.parameters,
  stepNodes: all.stepNodes - less.stepNodes,
  predictNodes: all.predictNodes - less.predictNodes,
});
