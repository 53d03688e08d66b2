// Axes: B batch, H height, W width.
import * as tf from '@tensorflow/tfjs-core';
import type {EntrySpec} from '../contract/index.js';
import {flowTapOf, readWeights, type BatchShape} from './gradients.js';
import {EntryTrace, type TracedContext} from './trace.js';

/** Entry `predict`: the network without its teacher. Fetches: `refined`, `flow`, `mask`, all [B,H,W,*]. */
export function predictEntry(context: TracedContext, {batch, height, width}: BatchShape): EntrySpec {
  return {
    feeds: {
      images: {shape: [batch, height, width, 6], dtype: 'uint8'},
      gap: {shape: [batch], dtype: 'float32'},
      timestep: {shape: [batch], dtype: 'float32'},
    },
    build(graph) {
      const trace = new EntryTrace('predict', graph, context);
      const images = tf.div(graph.feed('images') as tf.Tensor4D, 255);
      const flowTap = flowTapOf(context.hooks, trace);
      const prediction = context.model.predict(
        readWeights(graph, context),
        images as tf.Tensor4D,
        trace.timestep,
        flowTap,
      );
      trace.releaseLogs(); // nobody reads logs of a prediction
      return {...prediction};
    },
  };
}
