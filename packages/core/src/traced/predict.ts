// Axes: B batch, H height, W width.
import * as tf from '@tensorflow/tfjs-core';
import type {EntrySpec, Prediction, PredictOptions} from '../contract/index.js';
import {flowTapOf, readWeights, type BatchShape} from './gradients.js';
import {EntryTrace, type TracedContext} from './trace.js';

/** A fetch of the entry `predict`. */
export type PredictFetch = keyof Prediction;

/** What a prediction is compiled for, besides its shape. */
export interface PredictVariant {
  /** @default {} (the model's own scales) */
  options?: PredictOptions;
  /** @default all */
  fetches?: readonly PredictFetch[];
  /** Images as bytes of 0..255, or as float32 of 0..1. @default 'uint8' */
  images?: 'uint8' | 'float32';
}

/** Entry `predict`: the network without its teacher. Fetches are all [B,H,W,*]. */
export function predictEntry(
  context: TracedContext,
  {batch, height, width}: BatchShape,
  {options = {}, fetches = ['refined', 'flow', 'mask'], images: dtype = 'uint8'}: PredictVariant = {},
): EntrySpec {
  return {
    feeds: {
      images: {shape: [batch, height, width, 6], dtype},
      gap: {shape: [batch], dtype: 'float32'},
      timestep: {shape: [batch], dtype: 'float32'},
    },
    build(graph) {
      const trace = new EntryTrace('predict', graph, context);
      const fed = graph.feed('images') as tf.Tensor4D;
      const images = dtype === 'uint8' ? tf.div<tf.Tensor4D>(fed, 255) : fed;
      const flowTap = flowTapOf(context.hooks, trace);
      const prediction = context.model.predict(
        readWeights(graph, context),
        images,
        trace.timestep,
        flowTap,
        options,
      );
      trace.releaseLogs(); // nobody reads logs of a prediction
      return Object.fromEntries(fetches.map(name => [name, prediction[name]]));
    },
  };
}
