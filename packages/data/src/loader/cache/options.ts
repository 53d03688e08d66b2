import {resolve} from 'node:path';
import type {CacheOptions, DataConfig} from '@rife-train/core';
import {dataOption} from '@rife-train/errors';
import {PACK_CODECS, type PackCodec} from '../../pack/format.js';

/** Where clips are kept, checked and complete. */
export interface ResolvedCache {
  /** Absolute. */
  dir: string;
  codec: PackCodec;
  /** Largest size of the folder, bytes; Infinity without a limit. */
  maxBytes: number;
}

const EXPECTED = 'false, the path of a folder, or {dir, codec, maxSize}';
const UNITS: Readonly<Record<string, number>> = {'': 0, K: 1, M: 2, G: 3, T: 4};

/** @returns undefined if the text is not a size */
function bytesOf(size: unknown): number | undefined {
  if (typeof size === 'number') return size > 0 ? size : undefined;
  if (typeof size !== 'string') return undefined;
  const [, count, unit, binary] = /^(\d+(?:\.\d+)?) ?([KMGT]?)(i?)B$/i.exec(size.trim()) ?? [];
  const bytes = Number(count) * (binary ? 1024 : 1000) ** UNITS[(unit ?? '').toUpperCase()]!;
  return bytes > 0 ? bytes : undefined;
}

/** @throws RIFE_ERR_DATA_OPTION */
export function checkCache(given: DataConfig['cache']): ResolvedCache | false {
  if (given === false) return false;
  const {
    dir,
    codec = 'raw',
    maxSize,
    ...others
  }: CacheOptions = typeof given === 'object' && given !== null ? given : {dir: given};
  if (typeof dir !== 'string' || dir === '' || Object.keys(others).length > 0)
    throw dataOption('cache', given, EXPECTED);
  if (!PACK_CODECS.includes(codec)) throw dataOption('cache.codec', codec, '"raw" or "deflate"');
  const maxBytes = maxSize === undefined ? Infinity : bytesOf(maxSize);
  if (maxBytes === undefined)
    throw dataOption('cache.maxSize', maxSize, 'a number of bytes above 0, or such as "200GB" or "1.5TiB"');
  return {dir: resolve(dir), codec, maxBytes};
}
