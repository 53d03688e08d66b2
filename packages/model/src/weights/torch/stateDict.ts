/** Finds the state_dict in what a pickle holds, and reads its tensors. */
import {showName, weightsAmbiguousError, weightsEmptyError, weightsSizeError} from '@rife-train/errors';
import {describe, PyDict, PyTensor, type PyValue} from '../pickle/values.js';
import type {WeightTensor} from '../types.js';
import {checkView, readView, tensorBytes} from './views.js';

interface Found {
  tensors: Map<string, PyTensor>;
  /** Key of the checkpoint under which they were; undefined at the top. */
  key?: string;
}

/** Values that are tensors under names; other values (counters, `None`) are no weights. */
function tensorsOf(value: PyValue): Map<string, PyTensor> {
  const named = value instanceof PyDict ? [...value.entries] : [];
  return new Map(
    named.filter(
      (entry): entry is [string, PyTensor] => typeof entry[0] === 'string' && entry[1] instanceof PyTensor,
    ),
  );
}

/** A key in words; only a string may be shown as it is, anything else may hold itself. */
const keyText = (key: PyValue) => (typeof key === 'string' ? showName(key) : describe(key));

function describeKeys(value: PyValue): string {
  if (!(value instanceof PyDict)) return describe(value);
  const shown = [...value.entries].slice(0, 8).map(([key, item]) => `${keyText(key)}: ${describe(item)}`);
  const more = value.entries.size > 8 ? ` and ${value.entries.size - 8} more keys` : '';
  return shown.length === 0 ? 'an empty dict' : `a dict with ${shown.join(', ')}${more}`;
}

/** Dicts of tensors one step below; each once, however many keys lead to it. */
function nestedIn(value: PyValue): Found[] {
  const seen = new Set<PyValue>([value]);
  const found: Found[] = [];
  for (const [key, item] of value instanceof PyDict ? value.entries : []) {
    if (seen.has(item)) continue;
    seen.add(item);
    const tensors = tensorsOf(item);
    if (tensors.size > 0) found.push({tensors, key: typeof key === 'string' ? key : describe(key)});
  }
  return found;
}

/**
 * The one dict of tensors: the value itself, or one step below it, as in `{'state_dict': ...}` or `{'model': ...}`.
 * @throws RIFE_ERR_WEIGHTS_EMPTY, RIFE_ERR_WEIGHTS_AMBIGUOUS
 */
export function findStateDict(file: string, value: PyValue): Found {
  const top = tensorsOf(value);
  const found = [...(top.size > 0 ? [{tensors: top}] : []), ...nestedIn(value)] as Found[];
  if (found.length === 0) throw weightsEmptyError(file, describeKeys(value));
  const keys = found.map(({key}) => key ?? '(top)');
  if (found.length > 1) throw weightsAmbiguousError(file, keys);
  return found[0]!;
}

/**
 * Reads all tensors.
 * @param storageBytes the content of the storage with a key
 * @param limit most bytes that they may take together
 * @throws RIFE_ERR_WEIGHTS_TENSOR, RIFE_ERR_WEIGHTS_SIZE
 */
export function readTensors(
  file: string,
  views: ReadonlyMap<string, PyTensor>,
  storageBytes: (key: string) => Uint8Array,
  limit: number,
): Map<string, WeightTensor> {
  let total = 0;
  for (const [name, tensor] of views) {
    checkView(file, name, tensor);
    total += tensorBytes(tensor);
  }
  // Views may share storages, and a stride of 0 repeats an element: a small file can ask for a lot.
  if (total > limit) throw weightsSizeError(file, 'The tensors', total, limit);
  return new Map(
    [...views].map(([name, tensor]) => [name, readView(tensor, storageBytes(tensor.storage.key))]),
  );
}

/** Metadata of a file: under which key a checkpoint held the tensors. */
export const metadataOf = ({key}: Found): Record<string, string> =>
  key === undefined ? {} : {state_dict: key};
