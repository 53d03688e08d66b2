import {tapChanged} from '@rife-train/errors';

/**
 * Functions of JavaScript itself that the trainer cannot do without. A plugin that replaces one
 * would break what the trainer writes; clocks and timers, which tests replace, are not among them.
 */
const OWNERS: Readonly<Record<string, object>> = {
  'Array.prototype': Array.prototype,
  JSON,
  'Map.prototype': Map.prototype,
  Math,
  Object,
  'Promise.prototype': Promise.prototype,
};

interface BuiltIn {
  name: string;
  owner: Record<PropertyKey, unknown>;
  key: PropertyKey;
  original: unknown;
}

const BUILT_INS: readonly BuiltIn[] = Object.entries(OWNERS).flatMap(([name, owner]) =>
  Reflect.ownKeys(owner).flatMap(key => {
    const original: unknown = Reflect.getOwnPropertyDescriptor(owner, key)!.value;
    return typeof original === 'function' && key !== 'constructor'
      ? [{name: `${name}.${String(key)}`, owner: owner as BuiltIn['owner'], key, original}]
      : [];
  }),
);

/**
 * Puts back the built-in functions that were replaced.
 * @returns the name of the first of them
 */
function restoreBuiltIns(): string | undefined {
  let first: string | undefined;
  // No method is called before they are back: it may be the one that was replaced.
  for (let i = 0; i < BUILT_INS.length; i++) {
    const {name, owner, key, original} = BUILT_INS[i]!;
    if (owner[key] === original) continue;
    Reflect.defineProperty(owner, key, {value: original, writable: true, configurable: true});
    first ??= name;
  }
  return first;
}

/**
 * To be called when code of a plugin has run.
 * @throws RIFE_ERR_PLUGIN_RETURN when it replaced a built-in function; it is put back
 */
export function checkBuiltIns(plugin: string, hook: string): void {
  const replaced = restoreBuiltIns();
  if (replaced !== undefined)
    throw tapChanged(
      plugin,
      hook,
      `${replaced} to something else`,
      'the functions of JavaScript as they are',
    );
}
