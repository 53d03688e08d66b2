/** `module.`, which DistributedDataParallel puts before every name, off again. */
import {weightsNameError} from '@rife-train/errors';

/** What PyTorch's DistributedDataParallel puts before the names of a model. */
export const MODULE_PREFIX = 'module.';

/**
 * Names without `module.`, as the reference's load_model makes them: the text is taken out wherever it stands in a
 * name. The reference drops names without it; here they stay, so that a file of either kind, and a mixed one, loses nothing.
 * @returns `prefix` is `module.` when at least one name had it
 * @throws RIFE_ERR_WEIGHTS_NAME when two tensors would have the same name
 */
export function stripPrefix<T>(tensors: ReadonlyMap<string, T>): {
  tensors: Map<string, T>;
  prefix: typeof MODULE_PREFIX | '';
} {
  const stripped = new Map<string, T>();
  let prefix: typeof MODULE_PREFIX | '' = '';
  for (const [name, tensor] of tensors) {
    const short = name.replaceAll(MODULE_PREFIX, '');
    if (short !== name) prefix = MODULE_PREFIX;
    if (stripped.has(short))
      throw weightsNameError(short, `is there twice: with "${MODULE_PREFIX}" and without`);
    stripped.set(short, tensor);
  }
  return {tensors: stripped, prefix};
}

/**
 * Names with a prefix before each that does not begin with it.
 * @throws RIFE_ERR_WEIGHTS_NAME when two tensors would have the same name
 */
export function addPrefix<T>(tensors: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  const prefixed = new Map<string, T>();
  for (const [name, tensor] of tensors) {
    const long = name.startsWith(prefix) ? name : prefix + name;
    if (prefixed.has(long)) throw weightsNameError(long, `is there twice: with "${prefix}" and without`);
    prefixed.set(long, tensor);
  }
  return prefixed;
}
