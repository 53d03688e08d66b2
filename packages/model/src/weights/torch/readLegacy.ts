/**
 * torch.save's format before 1.6: four pickles (magic number, protocol, facts about the machine,
 * the object), a fifth with the keys of the storages, and then the storages, each after its number
 * of elements. Values are little-endian on every machine (torch/csrc/serialization.cpp), so the
 * facts about it do not matter.
 */
import {SAFETENSORS_BYTES} from '@rife-train/files';
import {weightsCorruptError} from '@rife-train/errors';
import {unpackedLimit} from '../limits.js';
import {unpickle} from '../pickle/machine.js';
import {PyList, type PyStorage, type PyValue} from '../pickle/values.js';
import type {WeightsFile} from '../types.js';
import {findStateDict, metadataOf, readTensors} from './stateDict.js';

export const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
export const LEGACY_PROTOCOL = 1001;
const MAGIC_BYTES = Buffer.from('6cfc9c46f9206aa85019', 'hex');

/** Whether a file begins with the pickled magic number. */
export function isLegacy(content: Uint8Array): boolean {
  return content[0] === 0x80 && Buffer.from(content.subarray(0, 32)).includes(MAGIC_BYTES);
}

/** Offset of each storage in the file. */
function locateStorages(
  content: Buffer,
  start: number,
  keys: readonly PyValue[],
  storages: ReadonlyMap<string, PyStorage>,
  refuse: (problem: string) => Error,
): Map<string, Uint8Array> {
  const located = new Map<string, Uint8Array>();
  let at = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || located.has(storage.key)) throw refuse('its list of storages does not fit its tensors');
    if (at + 8 > content.length) throw refuse('its end is missing');
    const length = content.readBigUInt64LE(at);
    if (length !== BigInt(storage.length))
      throw refuse(`a storage has ${length} elements, ${storage.length} are announced`);
    const end = at + 8 + storage.length * SAFETENSORS_BYTES[storage.dtype];
    if (end > content.length) throw refuse('its end is missing');
    located.set(storage.key, content.subarray(at + 8, end));
    at = end;
  }
  if (at !== content.length) throw refuse(`${content.length - at} bytes follow its last storage`);
  return located;
}

/** @throws RIFE_ERR_WEIGHTS_* */
export function decodeLegacy(content: Uint8Array, file: string, key = ''): WeightsFile {
  const refuse = (problem: string) => weightsCorruptError(file, problem);
  let at = 0;
  const next = () => {
    const pickle = unpickle(content, file, at);
    at = pickle.end;
    return pickle;
  };
  if (next().value !== LEGACY_MAGIC) throw refuse('its magic number is wrong');
  if (next().value !== LEGACY_PROTOCOL) throw refuse(`its protocol is not ${LEGACY_PROTOCOL}`);
  next();
  const {value, storages} = next();
  const keys = next().value;
  if (!(keys instanceof PyList)) throw refuse('it has no list of storages');
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const located = locateStorages(bytes, at, keys.items, storages, refuse);
  const found = findStateDict(file, value, key);
  const storageBytes = (key: string): Uint8Array => {
    const storage = located.get(key);
    if (!storage) throw refuse('a storage is not in its list');
    return storage;
  };
  const tensors = readTensors(file, found.tensors, storageBytes, unpackedLimit(content.length));
  return {format: 'legacy', tensors, metadata: metadataOf(found)};
}
