/** Folders that hold an engine: which files they contain, and whether these are unchanged. */
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {isAbsolute, join} from 'node:path';

export const CC_LIBRARY = 'libtensorflow_cc.so.2';
export const FRAMEWORK_LIBRARY = 'libtensorflow_framework.so.2';
export const BINDING = 'tfjs_binding.node';
export const MARKER = 'engine.json';
export const LIBRARIES = [CC_LIBRARY, FRAMEWORK_LIBRARY];

/**
 * Above this size a file is identified by its size alone: hashing 850 MB at each start would take
 * seconds.
 */
const HASH_LIMIT_BYTES = 8 << 20;

export interface EngineFile {
  /** Relative to the marker's folder, or absolute for a library elsewhere. */
  path: string;
  bytes: number;
  sha256?: string;
  /** For a library elsewhere: an upgrade in place may keep the size. */
  mtimeMs?: number;
}

/** engine.json, written last. */
export interface Marker {
  tensorflow: string;
  tfjsNode: string;
  gpu: boolean;
  /** Path of the binding within the folder. */
  binding: string;
  files: EngineFile[];
}

/** Describes a file's current state. */
export function describeFile(folder: string, path: string): EngineFile {
  const full = isAbsolute(path) ? path : join(folder, path);
  const {size, mtimeMs} = statSync(full);
  return {
    path,
    bytes: size,
    ...(size <= HASH_LIMIT_BYTES && {sha256: createHash('sha256').update(readFileSync(full)).digest('hex')}),
    ...(isAbsolute(path) && {mtimeMs}),
  };
}

export function writeMarker(folder: string, marker: Omit<Marker, 'files'>, paths: string[]): void {
  const complete: Marker = {...marker, files: paths.map(path => describeFile(folder, path))};
  writeFileSync(join(folder, MARKER), `${JSON.stringify(complete, null, 2)}\n`);
}

export type Verified = {state: 'missing'} | {state: 'broken'; why: string} | {state: 'good'; marker: Marker};

/** Compares a folder with its marker. */
export function verifyEngine(folder: string): Verified {
  if (!existsSync(folder)) return {state: 'missing'};
  const broken = (why: string): Verified => ({state: 'broken', why});
  if (!existsSync(join(folder, MARKER))) return broken(`${MARKER} is missing`);
  const marker = readMarker(folder);
  if (!marker) return broken(`${MARKER} cannot be read`);
  for (const file of marker.files) {
    const why = difference(folder, file);
    if (why) return broken(why);
  }
  return {state: 'good', marker};
}

function readMarker(folder: string): Marker | undefined {
  try {
    const marker = JSON.parse(readFileSync(join(folder, MARKER), 'utf8')) as Marker;
    return Array.isArray(marker.files) && typeof marker.binding === 'string' ? marker : undefined;
  } catch {
    return undefined;
  }
}

function difference(folder: string, expected: EngineFile): string | undefined {
  if (!existsSync(isAbsolute(expected.path) ? expected.path : join(folder, expected.path))) {
    return `${expected.path} is missing`;
  }
  const now = describeFile(folder, expected.path);
  if (now.bytes !== expected.bytes) return `${expected.path} has ${now.bytes} bytes, not ${expected.bytes}`;
  const same = now.sha256 === expected.sha256 && now.mtimeMs === expected.mtimeMs;
  return same ? undefined : `${expected.path} has changed`;
}

/** Names of the files that are missing in a folder. */
export const missingFrom = (folder: string, names: string[]) =>
  names.filter(name => !existsSync(join(folder, name)));
