/**
 * torch.save's format since 1.6: a ZIP archive `<name>/data.pkl`, `<name>/data/<key>`,
 * `<name>/byteorder`.
 */
import {SAFETENSORS_BYTES} from '@rife-train/files';
import {showName, weightsCorruptError, weightsFormatError} from '@rife-train/errors';
import {unpackedLimit} from '../limits.js';
import {unpickle} from '../pickle/machine.js';
import type {PyStorage} from '../pickle/values.js';
import type {WeightsFile} from '../types.js';
import {findStateDict, metadataOf, readTensors} from './stateDict.js';
import {ZipArchive} from './zipArchive.js';

/** The path before `data.pkl`: a folder's name and a slash, or nothing. */
function folderOf(archive: ZipArchive, file: string): string {
  const found = archive.names.filter(name => /^([^/]+\/)?data\.pkl$/.test(name));
  if (found.length > 1) throw weightsCorruptError(file, `it has ${found.length} entries data.pkl`);
  if (found.length === 0)
    throw weightsFormatError(
      file,
      'a ZIP archive of something else',
      'Unpack it, and use the weights file in it',
    );
  const folder = found[0]!.slice(0, -'data.pkl'.length);
  if (archive.names.some(name => name.startsWith(`${folder}code/`)))
    throw weightsFormatError(file, 'a TorchScript program', 'Save the state_dict of the model instead');
  return folder;
}

function isBigEndian(archive: ZipArchive, folder: string, file: string): boolean {
  if (!archive.has(`${folder}byteorder`)) return false;
  const order = archive.read(`${folder}byteorder`).toString('latin1', 0, 16);
  if (order !== 'little' && order !== 'big')
    throw weightsCorruptError(file, 'its byte order is neither little nor big');
  return order === 'big';
}

/** A copy with the bytes of each element reversed. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (size === 2) copy.swap16();
  else if (size === 4) copy.swap32();
  else if (size === 8) copy.swap64();
  return copy;
}

/** Reads each storage once, when a tensor needs it. */
function storageReader(
  archive: ZipArchive,
  folder: string,
  file: string,
  storages: ReadonlyMap<string, PyStorage>,
) {
  const big = isBigEndian(archive, folder, file);
  const known = new Map<string, Uint8Array>();
  const load = (key: string): Uint8Array => {
    const {dtype, length} = storages.get(key)!;
    const size = SAFETENSORS_BYTES[dtype];
    const bytes = archive.read(`${folder}data/${key}`);
    if (bytes.length !== length * size)
      throw weightsCorruptError(
        file,
        `storage ${showName(key)} has ${bytes.length} bytes, ${length * size} are announced`,
      );
    return big ? swapped(bytes, size) : bytes;
  };
  return (key: string): Uint8Array => {
    if (!known.has(key)) known.set(key, load(key));
    return known.get(key)!;
  };
}

/** @throws RIFE_ERR_WEIGHTS_* */
export function decodeZip(content: Uint8Array, file: string, key = ''): WeightsFile {
  const archive = new ZipArchive(content, file);
  const folder = folderOf(archive, file);
  const {value, storages} = unpickle(archive.read(`${folder}data.pkl`), file);
  const found = findStateDict(file, value, key);
  const storageBytes = storageReader(archive, folder, file, storages);
  const tensors = readTensors(file, found.tensors, storageBytes, unpackedLimit(content.length));
  return {format: 'zip', tensors, metadata: metadataOf(found)};
}
