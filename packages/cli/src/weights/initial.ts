/** Reads the weights that `init` names, for the trainer. */
import {
  weightsOf,
  type AdaptWeights,
  type InitialWeights,
  type Model,
  type ParameterSpec,
} from '@rife-train/core';
import {sha256OfFile} from '@rife-train/files';
import {matchLines, matchWeights, type WeightsMatch} from '@rife-train/model/weights';
import {adapted} from './adapted.js';
import {checkNetwork} from './checkNetwork.js';
import {seemsText} from './networkNote.js';
import {formatText, readSource, type WeightsSource} from './source.js';

/**
 * Tensors that were loaded, that stay freshly initialized and why, and that were not used; a line
 * each.
 */
export function initReport(
  specs: readonly ParameterSpec[],
  match: WeightsMatch,
  {file, format, prefix}: WeightsSource,
): string {
  const {missing, misshaped, extra} = matchLines(specs, match);
  const count =
    match.loaded.size === specs.length ? `all ${specs.length}` : `${match.loaded.size} of ${specs.length}`;
  const kind = [formatText(format), ...(prefix === '' ? [] : [`prefix ${prefix}`])].join(', ');
  return [
    `init: ${count} tensors from ${file} (${kind})`,
    ...missing.map(line => `  stays fresh: ${line}`),
    ...misshaped.map(line => `  stays fresh: ${line}`),
    ...extra.map(line => `  not used: ${line}`),
  ].join('\n');
}

/**
 * Reads weights for a model: a `ReadInitial` of core.
 * @throws RIFE_ERR_WEIGHTS_NETWORK, and whatever {@link readSource} throws
 */
export async function readInitial(
  path: string,
  model: Model,
  adapt?: AdaptWeights,
  key?: string,
): Promise<InitialWeights> {
  const read = await readSource(path, key);
  const source = adapt ? {...read, tensors: adapted(read, adapt)} : read;
  checkNetwork({...model.options, name: model.name}, source);
  const specs = weightsOf(model);
  const match = matchWeights(specs, source.tensors);
  return {
    values: match.loaded,
    report: initReport(specs, match, source),
    seems: seemsText(read.tensors),
    file: source.file,
    sha256: await sha256OfFile(source.file),
  };
}
