/** A network as a TensorFlow SavedModel: `saved_model.pb`, whose weights are constants. */
import {GraphDef} from '@rife-train/engine/graph';
import type {NetworkGraph} from '../network/graph.js';
import {tensorflowNodes, TF_INPUTS, TF_OUTPUT, TF_OUTPUT_SHAPE} from './write.js';

/** Bytes of `saved_model.pb`, with the signature `serving_default`. */
export function writeSavedModel(graph: NetworkGraph): Uint8Array {
  const written = new GraphDef('');
  for (const {name, op, inputs, attrs} of tensorflowNodes(graph)) written.node(op, inputs, attrs, name);
  return written.toSavedModel({inputs: TF_INPUTS, outputs: {[TF_OUTPUT]: TF_OUTPUT_SHAPE}});
}
