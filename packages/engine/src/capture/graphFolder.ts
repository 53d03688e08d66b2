/** Folders of graphs: TensorFlow loads saved models from folders only. */
import {tmpdir} from 'node:os';
import {makeTemporaryFolder, removeStale} from '@rife-train/files';

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
