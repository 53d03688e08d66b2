/** Finds the state_dict in the object of a pickle, and reads its tensors. */
import {showName, weightsEmptyError, weightsKeyError, weightsSizeError} from '@rife-train/errors';
import {chooseByFit, prefixOf} from '../chooseByFit.js';
import {describe, PyDict, PyList, PyTensor, PyTuple, type PyValue} from '../pickle/values.js';
import type {WeightTensor} from '../types.js';
import {checkView, readView, tensorBytes} from './views.js';

interface Found {
  tensors: Map<string, PyTensor>;
  /** Keys of the checkpoint that lead to the tensors, joined by dots; undefined at the top. */
  key?: string;
}

/** Greatest depth of a state_dict: `{'states': [{'model': ...}]}` is at 3. */
const MOST_STEPS = 4;
const TOP = '(top)';

/** Values that are tensors under names; other values (counters, `None`) are not weights. */
function tensorsOf(value: PyValue): Map<string, PyTensor> {
  const named = value instanceof PyDict ? [...value.entries] : [];
  return new Map(
    named.filter(
      (entry): entry is [string, PyTensor] => typeof entry[0] === 'string' && entry[1] instanceof PyTensor,
    ),
  );
}

/** A key as text. Only a string is shown as it is; anything else may contain itself. */
const keyText = (key: PyValue) => (typeof key === 'string' ? showName(key) : describe(key));

function describeKeys(value: PyValue): string {
  if (!(value instanceof PyDict)) return describe(value);
  const shown = [...value.entries].slice(0, 8).map(([key, item]) => `${keyText(key)}: ${describe(item)}`);
  const more = value.entries.size > 8 ? ` and ${value.entries.size - 8} more keys` : '';
  return shown.length === 0 ? 'an empty dict' : `a dict with ${shown.join(', ')}${more}`;
}

/** Content of a container, by the text of its keys. */
function itemsOf(value: PyValue): [key: string, item: PyValue][] {
  if (value instanceof PyDict)
    return [...value.entries].map(([key, item]) => [typeof key === 'string' ? key : describe(key), item]);
  return value instanceof PyList || value instanceof PyTuple
    ? value.items.map((item, i) => [String(i), item])
    : [];
}

/**
 * An optimizer's dicts are nested deeply and are not weights: below the first level names must be
 * RIFE's.
 */
const mayBeMeant = (tensors: Found['tensors'], step: number) =>
  tensors.size > 0 && (step <= 1 || [...tensors.keys()].some(name => prefixOf(name) !== undefined));

/** All dicts of tensors, breadth first; each once, however many keys lead to it. */
function dictsIn(top: PyValue): Found[] {
  const seen = new Set<PyValue>([top]);
  const found: Found[] = [];
  let level: [path: string[], value: PyValue][] = [[[], top]];
  for (let step = 0; step < MOST_STEPS && level.length > 0; step++) {
    const next: typeof level = [];
    for (const [path, value] of level) {
      const tensors = tensorsOf(value);
      if (mayBeMeant(tensors, step)) found.push({tensors, ...(path.length > 0 ? {key: path.join('.')} : {})});
      for (const [key, item] of itemsOf(value)) {
        if (seen.has(item) || itemsOf(item).length === 0) continue;
        seen.add(item);
        next.push([[...path, key], item]);
      }
    }
    level = next;
  }
  return found;
}

/**
 * The part of a key that names a place; the rest may name a prefix in it. For `states.ema_model`
 * the place may be `states`. '' if the key names no place.
 */
export const placeIn = (key: string, places: readonly string[]): string =>
  places
    .filter(place => key === place || key.startsWith(`${place}.`))
    .sort((a, b) => b.length - a.length)[0] ?? '';

/**
 * The requested dict of tensors: the value itself, or one nested in it, as in `{'state_dict': ...}`
 * or `{'model': ...}`. If there are several, the one whose names are RIFE's.
 * @param key the requested place, or a prefix in it; '' for the best match
 * @throws RIFE_ERR_WEIGHTS_EMPTY, RIFE_ERR_WEIGHTS_AMBIGUOUS, RIFE_ERR_WEIGHTS_KEY
 */
export function findStateDict(file: string, value: PyValue, key = ''): Found {
  const found = dictsIn(value);
  if (found.length === 0) throw weightsEmptyError(file, describeKeys(value));
  const candidates = found.map(dict => ({
    dict,
    key: dict.key ?? TOP,
    names: [...dict.tensors.keys()],
  }));
  const place = placeIn(
    key,
    candidates.map(candidate => candidate.key),
  );
  if (key === '' || place !== '') return chooseByFit(file, candidates, place).dict;
  // The key is not a place, so it is a prefix in one.
  const holding = candidates.filter(({names}) => names.some(name => name.includes(`${key}.`)));
  if (holding.length === 0)
    throw weightsKeyError(
      file,
      key,
      candidates.map(candidate => candidate.key),
    );
  return chooseByFit(file, holding).dict;
}

/**
 * Reads all tensors.
 * @param storageBytes returns the content of the storage with a key
 * @param limit most bytes for all tensors together
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
  // Views may share storages, and a stride of 0 repeats an element: a small file can demand much
  // memory.
  if (total > limit) throw weightsSizeError(file, 'The tensors', total, limit);
  return new Map(
    [...views].map(([name, tensor]) => [name, readView(tensor, storageBytes(tensor.storage.key))]),
  );
}

/** Metadata of a file: the key under which a checkpoint held the tensors. */
export const metadataOf = ({key}: Found): Record<string, string> =>
  key === undefined ? {} : {state_dict: key};
