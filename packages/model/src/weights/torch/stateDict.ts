/** Finds the state_dict in what a pickle holds, and reads its tensors. */
import {showName, weightsEmptyError, weightsKeyError, weightsSizeError} from '@rife-train/errors';
import {chooseByFit, prefixOf} from '../chooseByFit.js';
import {describe, PyDict, PyList, PyTensor, PyTuple, type PyValue} from '../pickle/values.js';
import type {WeightTensor} from '../types.js';
import {checkView, readView, tensorBytes} from './views.js';

interface Found {
  tensors: Map<string, PyTensor>;
  /** Keys of the checkpoint under which they were, joined by dots; undefined at the top. */
  key?: string;
}

/** How deep a state_dict may lie: `{'states': [{'model': ...}]}` is at 3. */
const MOST_STEPS = 4;
const TOP = '(top)';

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

/** What a container holds, by the text of its keys. */
function itemsOf(value: PyValue): [key: string, item: PyValue][] {
  if (value instanceof PyDict)
    return [...value.entries].map(([key, item]) => [typeof key === 'string' ? key : describe(key), item]);
  return value instanceof PyList || value instanceof PyTuple
    ? value.items.map((item, i) => [String(i), item])
    : [];
}

/** An optimizer's dicts lie deep, and are nobody's weights: below the first step names must be RIFE's. */
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
 * The part of a key that names a place, so that what is left may name a prefix in it: of `states.ema_model` the place `states`.
 * '' where it names none.
 */
export const placeIn = (key: string, places: readonly string[]): string =>
  places
    .filter(place => key === place || key.startsWith(`${place}.`))
    .sort((a, b) => b.length - a.length)[0] ?? '';

/**
 * The dict of tensors that is meant: the value itself, or some steps below it, as in `{'state_dict': ...}` or `{'model': ...}`; where there
 * are several, the one whose names are RIFE's.
 *
 * @param key the place that is meant, or a prefix in it; '' for what fits
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
  // The key is no place: then it is a prefix in one.
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
