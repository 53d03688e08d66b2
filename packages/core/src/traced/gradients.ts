// Axes: B batch, H height, W width. Everything here is traced: shapes only, no values.
import * as tf from '@tensorflow/tfjs-core';
import type {
  BatchTensors,
  EntrySpec,
  FlowTap,
  GraphBuilder,
  Model,
  NamedTensors,
  Program,
  StepDraw,
  TrainerHooks,
} from '../contract/index.js';
import {gradientOf} from '../optim/adamW.js';
import {predictedVariables} from '../weights/averages.js';
import {nextOf} from '../weights/tensors.js';
import {Carry} from './carry.js';
import {drawOf} from './draw.js';
import {checkLoss, globalNorm, weightedLoss_B} from './loss.js';
import {EntryTrace, unwatched, type TracedContext, type Watch} from './trace.js';

/** Shape of a micro-batch. */
export interface BatchShape {
  batch: number;
  height: number;
  width: number;
}

/**
 * Scalar that is 1 in the first micro-step of a step, else 0; declared only with more than one
 * micro-step.
 */
export const FIRST_MICRO_STEP = 'step.firstMicroStep';

/** The `flow` hook as the model calls it. */
export const flowTapOf =
  (hooks: TrainerHooks, trace: EntryTrace, watch?: Watch): FlowTap =>
  (flow, info) => {
    const tapped = hooks.flow.call(flow, info, trace);
    watch?.flow(info.block, tapped);
    return tapped;
  };

/** Current values of everything that weights files hold, by name; averages where there are some. */
export const readWeights = (graph: GraphBuilder, {model}: TracedContext): NamedTensors =>
  Object.fromEntries([...predictedVariables(model)].map(([name, variable]) => [name, graph.read(variable)]));

/**
 * Current values of the model's parameters by name; `variable` maps a parameter to the variable
 * that is read.
 */
export function readParameters(
  graph: GraphBuilder,
  {model}: TracedContext,
  variable = (name: string) => name,
) {
  return Object.fromEntries(
    model.parameters.map(({name}) => [name, graph.read(variable(name))]),
  ) as NamedTensors;
}

function batchTensors(graph: GraphBuilder, trace: EntryTrace): BatchTensors {
  return {
    images: tf.div(graph.feed('images') as tf.Tensor4D, 255),
    gap: trace.gap,
    timestep: trace.timestep,
  };
}

/**
 * Forward pass to the scalar that is differentiated; everything that the host wants to see is put
 * into `carry`, next values of buffers into `moved`.
 */
function forward(
  parameters: NamedTensors,
  batch: BatchTensors,
  draw: StepDraw,
  trace: EntryTrace,
  context: TracedContext,
  {carry, moved}: {carry: Carry; moved: Carry},
) {
  const {model, hooks, microSteps, watch} = context;
  const size = batch.gap.shape[0];
  const losses = model.losses(parameters, batch, flowTapOf(hooks, trace, watch), watch?.scope, draw);
  checkLoss(losses, size, `model "${model.name}"`);
  const loss = hooks.afterLoss.call({terms: {...losses.terms}, weights: {...losses.weights}}, trace);
  const perSample_B = weightedLoss_B(loss, size);
  const total = tf.mean<tf.Scalar>(perSample_B);
  carry.put('loss', total);
  carry.put('perSample', perSample_B);
  carry.put('maxFlow', losses.maxFlow);
  if (losses.squaredError) carry.put('squaredError', losses.squaredError);
  for (const [name, term_B] of Object.entries(loss.terms)) carry.put(`term/${name}`, tf.mean(term_B));
  for (const [name, value] of Object.entries(losses.buffers ?? {})) moved.put(name, value);
  // Micro-steps are summed up, so each contributes its share of the mean.
  const share = microSteps === 1 ? total : tf.div<tf.Scalar>(total, microSteps);
  watch?.endForward();
  return share;
}

const readFrozen = (graph: GraphBuilder, {model}: TracedContext): NamedTensors =>
  Object.fromEntries((model.frozen?.specs ?? []).map(({name}) => [name, graph.read(name)]));

const isFirstMicroStep = (graph: GraphBuilder) => tf.greater(graph.scalar(FIRST_MICRO_STEP), 0.5);

/**
 * Values of the buffers that a forward pass starts from: those of the last update, or of the
 * micro-step before.
 */
function readBuffers(graph: GraphBuilder, {model, microSteps}: TracedContext): NamedTensors {
  const {buffers = []} = model;
  if (buffers.length === 0) return {};
  const first = microSteps > 1 ? isFirstMicroStep(graph) : undefined;
  const start = (name: string) =>
    first ? tf.where(first, graph.read(name), graph.read(nextOf(name))) : graph.read(name);
  return Object.fromEntries(buffers.map(({name}) => [name, start(name)]));
}

/**
 * A sum that is reset at the first micro-step. By selection: `0 * NaN` would keep a NaN of the
 * previous step.
 */
function accumulator(graph: GraphBuilder, microSteps: number) {
  if (microSteps === 1) return (_variable: string, gradient: tf.Tensor) => gradient;
  const isFirst = isFirstMicroStep(graph);
  return (variable: string, gradient: tf.Tensor) => {
    const sum = graph.read(variable);
    return tf.add(tf.where(isFirst, tf.zerosLike(sum), sum), gradient);
  };
}

/** Writes the gradients into their variables; returns what they now hold. */
function storeGradients(
  graph: GraphBuilder,
  parameters: NamedTensors,
  gradients: readonly (tf.Tensor | undefined)[],
  microSteps: number,
): tf.Tensor[] {
  const accumulate = accumulator(graph, microSteps);
  return Object.entries(parameters).map(([name, parameter], i) => {
    // A parameter that the loss does not reach (a plugin removed its term) has gradient 0.
    const gradient = accumulate(gradientOf(name), gradients[i] ?? tf.zerosLike(parameter));
    graph.assign(gradientOf(name), gradient);
    return gradient;
  });
}

/** 1 when loss and norm are finite, else 0. */
function finiteFlag(loss: tf.Tensor, gradNorm: tf.Tensor): tf.Tensor {
  return tf.cast(tf.logicalAnd(tf.isFinite(loss), tf.isFinite(gradNorm)), 'float32');
}

/** Name of the entry `gradients` of a variant. */
export const gradientsOf = (variant?: string) =>
  variant === undefined ? 'gradients' : `gradients/${variant}`;

/** Names of the model's variants; one that is undefined where it has none. */
export const variantNames = ({variants}: Pick<Model, 'variants'>): readonly (string | undefined)[] =>
  variants?.map(({name}) => name) ?? [undefined];

/** Defines the entry `gradients`, or one for each of the model's variants. */
export function defineGradients(
  program: Pick<Program, 'define'>,
  context: TracedContext,
  shape: BatchShape,
  variants = variantNames(context.model),
): void {
  for (const variant of variants)
    program.define(gradientsOf(variant), gradientsEntry(context, shape, variant));
}

/**
 * Entry `gradients`: forward, loss terms, backward; gradients go into the variables
 * `grad/<parameter>`, what buffers become into `next/<buffer>`. Fetches: `loss`, `term/<name>`,
 * `perSample` [B], `squaredError` [B] (of models that compute it), `gradNorm` (of the sum so far),
 * `maxFlow`, `finite`, `log/<key>`.
 */
function gradientsEntry(
  context: TracedContext,
  {batch, height, width}: BatchShape,
  variant: string | undefined,
): EntrySpec {
  return {
    feeds: {
      images: {shape: [batch, height, width, 9], dtype: 'uint8'},
      gap: {shape: [batch], dtype: 'float32'},
      timestep: {shape: [batch], dtype: 'float32'},
    },
    build(graph) {
      const trace = new EntryTrace(gradientsOf(variant), graph, context);
      const parameters = readParameters(graph, context);
      const buffers = readBuffers(graph, context);
      const constants = {...buffers, ...readFrozen(graph, context)};
      const tensors = batchTensors(graph, trace);
      const draw = drawOf(trace, context.seed, variant);
      const [carry, moved] = [new Carry(), new Carry()];
      const {grads} = tf
        .engine()
        .gradients(
          () => forward({...parameters, ...constants}, tensors, draw, trace, context, {carry, moved}),
          Object.values(parameters),
          undefined,
          true,
        );
      context.watch?.endBackward();
      for (const [name, value] of Object.entries({...buffers, ...moved.release()}))
        graph.assign(nextOf(name), value);
      const {scope = unwatched} = context.watch ?? {};
      const stored = scope('sum over micro-steps', () =>
        storeGradients(graph, parameters, grads, context.microSteps),
      );
      const gradNorm = scope('gradient norm', () => globalNorm(stored));
      const fetches = {...carry.release(), ...trace.releaseLogs(), gradNorm};
      return {...fetches, finite: finiteFlag((fetches as NamedTensors)['loss']!, fetches.gradNorm)};
    },
  };
}
