/** Writes PyTorch's two formats. One storage per tensor, contiguous, little-endian. */
import {createHash} from 'node:crypto';
import {elementCount} from '@rife-train/files';
import type {WeightTensor} from '../types.js';
import {LEGACY_MAGIC, LEGACY_PROTOCOL} from './readLegacy.js';
import {pickleFacts, pickleStateDict, pickleTexts, type StoredTensor} from './statePickle.js';
import {ALIGNMENT, zipChunks, type ZipSource} from './zipWriter.js';

type Tensors = ReadonlyMap<string, WeightTensor>;

/**
 * torch names the folder after the file. Here the name is fixed, so that the bytes do not depend on
 * the file's name.
 */
const FOLDER = 'archive';

const stored = (tensors: Tensors): StoredTensor[] =>
  [...tensors].map(([name, {dtype, shape}], i) => ({name, key: String(i), dtype, shape}));

/**
 * Forty digits that differ if the files differ. torch hashes names and checksums; nothing reads it
 * back.
 */
function serializationId(tensors: Tensors, pickle: Uint8Array): string {
  const hash = createHash('sha256').update(pickle);
  for (const {bytes} of tensors.values()) hash.update(bytes);
  const digits = BigInt(`0x${hash.digest('hex')}`) % 10n ** 40n;
  return String(digits).padStart(40, '0');
}

function* zipSources(tensors: Tensors): Generator<ZipSource> {
  const pickle = pickleStateDict(stored(tensors), {legacy: false});
  const text = (name: string, value: string) => ({name: `${FOLDER}/${name}`, bytes: Buffer.from(value)});
  yield {name: `${FOLDER}/data.pkl`, bytes: pickle};
  yield text('.format_version', '1');
  yield text('.storage_alignment', String(ALIGNMENT));
  yield text('byteorder', 'little');
  let key = 0;
  for (const {bytes} of tensors.values()) yield {name: `${FOLDER}/data/${key++}`, bytes};
  yield text('version', '3\n');
  yield text('.data/serialization_id', serializationId(tensors, pickle));
}

/** torch.save's format since 1.6. */
export const encodeZip = (tensors: Tensors): Iterable<Uint8Array> => zipChunks(zipSources(tensors));

/** A pickle of one integer. */
function pickleInteger(value: bigint): Buffer {
  const bytes = Buffer.from(value.toString(16).padStart(20, '0'), 'hex').reverse();
  return Buffer.concat([Buffer.of(0x80, 2, 0x8a, bytes.length), bytes, Buffer.from('.')]);
}

function elements({shape}: WeightTensor): Buffer {
  const count = Buffer.alloc(8);
  count.writeBigUInt64LE(BigInt(elementCount(shape)));
  return count;
}

/** torch.save's format before 1.6. */
export function* encodeLegacy(tensors: Tensors): Generator<Uint8Array> {
  const all = stored(tensors);
  yield pickleInteger(LEGACY_MAGIC);
  yield pickleInteger(BigInt(LEGACY_PROTOCOL));
  yield pickleFacts({protocol_version: LEGACY_PROTOCOL, little_endian: true});
  yield pickleStateDict(all, {legacy: true});
  yield pickleTexts(all.map(({key}) => key));
  for (const tensor of tensors.values()) {
    yield elements(tensor);
    yield tensor.bytes;
  }
}
