import {resolve} from 'node:path';
import type {DataConfig} from '@rife-train/core';
import type {PackCodec} from '../../pack/format.js';

/** Where clips are kept, checked and complete. */
export interface ResolvedCache {
  /** Absolute. */
  dir: string;
  codec: PackCodec;
  /** Largest size of the folder, bytes; Infinity without a limit. */
  maxBytes: number;
}

const UNITS: Readonly<Record<string, number>> = {'': 0, K: 1, M: 2, G: 3, T: 4};

/** Of a size as the schema knows it: `200GB`, `1.5 TiB`. */
function bytesOf(size: number | string): number {
  if (typeof size === 'number') return size;
  const [, count, unit = '', binary] = /^([\d.]+) ?([KMGT]?)(i?)B$/i.exec(size) ?? [];
  return Number(count) * (binary ? 1024 : 1000) ** UNITS[unit.toUpperCase()]!;
}

export function resolveCache(cache: DataConfig['cache']): ResolvedCache | false {
  if (cache === false) return false;
  const {dir, codec = 'raw', maxSize = Infinity} = typeof cache === 'string' ? {dir: cache} : cache;
  return {dir: resolve(dir), codec, maxBytes: bytesOf(maxSize)};
}
