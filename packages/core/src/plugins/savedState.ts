/** What plugins save must come back from a checkpoint as it went in: as JSON. */
import {messageOf, pluginStateUnsavable} from '@rife-train/errors';

/** A value that JSON does not keep, and where it is. */
interface Unsavable {
  path: string;
  value: string;
}

/** Of any realm: `structuredClone` may make objects of another one. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value in words. */
function nameOf(value: unknown): string {
  if (typeof value === 'bigint') return `the BigInt ${value}`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object') return String(value);
  const name = (value!.constructor as {name?: string} | undefined)?.name;
  return name ? `a ${name}` : 'an object of a class';
}

/** The first value that JSON does not keep. `open` are the objects around this one. */
function unsavable(value: unknown, path: string, open: readonly object[]): Unsavable | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  if (typeof value !== 'object') return {path, value: nameOf(value)};
  if (open.includes(value)) return {path, value: 'an object that contains itself'};
  if (!Array.isArray(value) && !isPlain(value)) return {path, value: nameOf(value)};
  // In an array, undefined and holes would come back as null. An entry of an object that is
  // undefined is left out, and read as undefined again.
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? Array.from(value, (item: unknown, i) => [`[${i}]`, item] as const)
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [path === '' ? key : `.${key}`, item] as const);
  const around = [...open, value];
  for (const [step, item] of entries) {
    const found = unsavable(item, path + step, around);
    if (found) return found;
  }
  return undefined;
}

/**
 * Checks what the plugins have saved so far, after a tap of `save`; and replaces it by a copy that
 * nobody changes any more.
 * @param plugin whose tap it was
 * @throws RIFE_ERR_PLUGIN_STATE
 */
export function checkSavedState(plugin: string, checkpoint: {plugins: Record<string, unknown>}): void {
  let found: Unsavable | undefined;
  try {
    found = unsavable(checkpoint.plugins, '', []);
    if (!found)
      checkpoint.plugins = JSON.parse(JSON.stringify(checkpoint.plugins)) as Record<string, unknown>;
  } catch (cause) {
    // A getter that throws, or nesting that no parser takes.
    found = {path: '', value: `a value that can't be read (${messageOf(cause)})`};
  }
  if (found) throw pluginStateUnsavable(plugin, found.path, found.value);
}
