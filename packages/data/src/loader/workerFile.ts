import {existsSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {workerMissing} from '@rife-train/errors';

/** Folder of the sources, or `dist`. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Path of a compiled worker. When the caller runs from its TypeScript source, as in tests, this is
 * the worker in `dist`: a thread can't load TypeScript.
 * @param name its path in `dist`
 * @param root folder of the caller's package: `src` or `dist`
 * @throws RIFE_ERR_DATA_WORKER_FILE
 */
export function workerFile(name = 'loader/decodeWorker.js', root = ROOT): string {
  const path = basename(root) === 'src' ? join(root, '..', 'dist', name) : join(root, name);
  if (!existsSync(path)) throw workerMissing(path);
  return path;
}
