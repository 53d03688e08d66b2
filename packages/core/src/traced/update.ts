import type {EntrySpec, GraphBuilder, NamedTensors} from '../contract/index.js';
import {adamW, gradientOf} from '../optim/adamW.js';
import {averageOf} from '../weights/averages.js';
import {nextOf} from '../weights/tensors.js';
import {readParameters} from './gradients.js';
import {EntryTrace, unwatched, type TracedContext} from './trace.js';

/**
 * Entry `update`: the `gradients` hook on the accumulated gradients, AdamW, the `parameters` hook,
 * and the `averages` hook where the run keeps averages; buffers take their next values. It is run
 * only after the finite guard, so a step that fails changes nothing. Fetches: `log/<key>`.
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
      const gradients = context.hooks.gradients.call(readParameters(graph, context, gradientOf), trace);
      const moved = scope('AdamW', () => adamW(graph, gradients, context.betas));
      const next = context.hooks.parameters.call(moved, trace);
      for (const [name, value] of Object.entries(next)) graph.assign(name, value);
      if (context.model.averaged) updateAverages(graph, next, trace, context);
      for (const {name} of context.model.buffers ?? []) graph.assign(name, graph.read(nextOf(name)));
      return trace.releaseLogs();
    },
  };
}

function updateAverages(
  graph: GraphBuilder,
  parameters: NamedTensors,
  trace: EntryTrace,
  context: TracedContext,
): void {
  const averages = readParameters(graph, context, averageOf);
  const next = context.hooks.averages.call(averages, parameters, trace);
  for (const [name, value] of Object.entries(next)) graph.assign(averageOf(name), value);
}
