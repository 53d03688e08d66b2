import * as tf from '@tensorflow/tfjs-core';
import type {EntrySpec, GraphBuilder, NamedTensors} from '../contract/index.js';
import {adamW, gradientOf} from '../optim/adamW.js';
import {averageOf} from '../weights/averages.js';
import {nextOf} from '../weights/tensors.js';
import {readParameters} from './gradients.js';
import {EntryTrace, unwatched, type TracedContext} from './trace.js';
import {finiteUpdate, type Replaced} from './updateGuard.js';

/**
 * Entry `update`: the `gradients` hook on the accumulated gradients, AdamW, the `parameters` hook,
 * and the `averages` hook where the run keeps averages; buffers take their next values. It is run
 * only after the finite guard, and where taps make its results not finite it sets nothing, so a
 * step that fails changes nothing. Fetches: `log/<key>`, and where a tap replaced something
 * `finite`.
 * @param samples triplets of the whole step, over all micro-steps
 */
export function updateEntry(context: TracedContext, samples: number): EntrySpec {
  return {
    feeds: {
      gap: {shape: [samples], dtype: 'float32'},
      timestep: {shape: [samples], dtype: 'float32'},
    },
    build(graph) {
      const trace = new EntryTrace('update', graph, context);
      const {scope = unwatched} = context.watch ?? {};
      const given = readParameters(graph, context, gradientOf);
      const gradients = context.hooks.gradients.call(given, trace);
      const moved = scope('AdamW', () => adamW(graph, gradients, context.betas));
      const next = context.hooks.parameters.call(moved, trace);
      for (const [name, value] of Object.entries(next)) graph.assign(name, value);
      const averages = context.model.averaged ? updateAverages(graph, next, trace, context) : unchanged;
      for (const {name} of context.model.buffers ?? []) graph.assign(name, graph.read(nextOf(name)));
      const isFinite = scope('guard of the update', () =>
        finiteUpdate([given, gradients], [moved, next], averages),
      );
      if (!isFinite) return trace.releaseLogs();
      graph.assignOnlyIf(isFinite);
      return {...trace.releaseLogs(), finite: tf.cast(isFinite, 'float32')};
    },
  };
}

const unchanged: Replaced = [{}, {}];

function updateAverages(
  graph: GraphBuilder,
  parameters: NamedTensors,
  trace: EntryTrace,
  context: TracedContext,
): Replaced {
  const averages = readParameters(graph, context, averageOf);
  const next = context.hooks.averages.call(averages, parameters, trace);
  for (const [name, value] of Object.entries(next)) graph.assign(averageOf(name), value);
  return [averages, next];
}
