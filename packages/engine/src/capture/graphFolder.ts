/** Folders of graphs: TensorFlow loads saved models from folders only. */
import {rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {graphNotLoaded} from '@rife-train/errors';
import {makeTemporaryFolder, removeStale} from '@rife-train/files';
import type {TfBinding} from '../runtime/nodeBackend.js';
import {type Layout, sessionConfig} from './sessionConfig.js';

const PREFIX = 'rife-train-graph-';
/** A process has its folder for less time than this. */
const STALE_MS = 600_000;

/** The start of the name of a folder for a graph of this process. */
export const graphPrefix = () => `${PREFIX}${process.pid}-`;

/** Removes what killed processes left. A folder that can't be read is reported by its writer. */
export const removeStaleGraphs = (folder = tmpdir()) =>
  removeStale(folder, {prefix: PREFIX, staleMs: STALE_MS});

/** A folder with the files of a graph, which the caller removes. @throws RIFE_ERR_TEMPORARY */
export function makeGraphFolder(files: Record<string, Uint8Array>): string {
  removeStaleGraphs();
  return makeTemporaryFolder(graphPrefix(), files);
}

/**
 * Loads a saved model, and returns the number of its session. Its folder is deleted after loading.
 * @param layout of images on a GPU; a stock binding ignores it. @default 'nhwc'
 * @throws RIFE_ERR_ENGINE_GRAPH_LOAD
 */
export function loadSession(binding: TfBinding, savedModel: Uint8Array, layout?: Layout): number {
  const files = {'saved_model.pb': savedModel, 'session_config.pb': sessionConfig(layout)};
  const directory = makeGraphFolder(files);
  try {
    return binding.loadSavedModel(directory, 'serve,');
  } catch (error) {
    throw graphNotLoaded(error);
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}
