import type {EntrySpec} from '../contract/index.js';
import {adamW, gradientOf} from '../optim/adamW.js';
import {nextOf} from '../weights/tensors.js';
import {readParameters} from './gradients.js';
import {EntryTrace, unwatched, type TracedContext} from './trace.js';

/**
 * Entry `update`: the `gradients` hook on the accumulated gradients, AdamW, the `parameters` hook;
 * buffers take their next values. It is run only after the finite guard, so a step that fails
 * changes nothing. Fetches: `log/<key>`.
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
      for (const {name} of context.model.buffers ?? []) graph.assign(name, graph.read(nextOf(name)));
      return trace.releaseLogs();
    },
  };
}
