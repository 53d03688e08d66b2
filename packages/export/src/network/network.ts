/** A network with its weights, as a graph that formats can be written from. */
import {predictionProgram, type FrameOptions, type PredictorParts} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine';
import {recordEntry} from '@rife-train/engine/graph';
import type {NetworkGraph, Tensor} from './graph.js';
import {readNetwork} from './read.js';

/** The network that is exported. */
export type ExportSource = Pick<PredictorParts, 'model' | 'plugins' | 'weights'>;

/** How the network predicts in the file. */
export type NetworkOptions = Pick<FrameOptions, 'scale' | 'scaleList' | 'tta' | 'ensemble'>;

/**
 * Records a prediction, and reads what it computes. Nothing runs, but the runtime is loaded.
 * @throws RIFE_ERR_EXPORT_OP where the network computes what exports don't know;
 *   RIFE_ERR_PREDICT_SCALE
 */
export async function networkOf(source: ExportSource, options: NetworkOptions = {}): Promise<NetworkGraph> {
  const backend = await loadRuntime();
  const {multiple, programFor} = predictionProgram(source, options);
  // Height and width differ, so that one can't be taken for the other.
  const size = {height: 2 * multiple, width: 3 * multiple};
  const {variables, entry} = programFor(size);
  const weights = new Map(
    variables.map(({name, shape}): [string, Tensor] => [name, {shape, values: source.weights.get(name)!}]),
  );
  return readNetwork(recordEntry(backend, variables, entry), weights, size, multiple);
}
