/** Removes what wrappers put before the names of a model. */
import {weightsNameError} from '@rife-train/errors';
import {chooseByFit, prefixOf} from './chooseByFit.js';

/** What PyTorch's DistributedDataParallel puts before the names of a model. */
export const MODULE_PREFIX = 'module.';

/**
 * Added by DistributedDataParallel, torch.compile, FSDP, activation checkpointing and Fabric,
 * anywhere in a name.
 */
const WRAPPERS = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
  '_forward_module',
]);

/** Names whose last part is one of these do not come from a wrapper. */
function withoutWrappers(name: string): string {
  const parts = name.split('.');
  return parts.filter((part, i) => i === parts.length - 1 || !WRAPPERS.has(part)).join('.');
}

/** What was removed from a name; for a wrapper in the middle of it, the wrapper alone. */
function difference(long: string, short: string): string {
  if (long.endsWith(short)) return long.slice(0, long.length - short.length);
  return long
    .split('.')
    .filter(part => WRAPPERS.has(part))
    .map(part => `${part}.`)
    .join('');
}

/** Selects the names from which the prefix is removed. */
export interface PrefixChoice {
  /** For errors. */
  file?: string;
  /**
   * The requested prefix, without its last dot, if a file has several. @default '': the best match
   */
  key?: string;
}

/** Names grouped by the prefix before RIFE's own. */
function groupsOf(names: Iterable<string>) {
  const groups = new Map<string, {key: string; names: string[]}>();
  for (const name of names) {
    const prefix = prefixOf(name);
    if (prefix === undefined) continue;
    const group = groups.get(prefix) ?? {key: prefix.replace(/\.$/, '') || '(top)', names: []};
    groups.set(prefix, group);
    group.names.push(name);
  }
  return groups;
}

/**
 * The prefix of RIFE's names in a file that may have several, after removal of wrappers; '' for
 * none.
 */
function ownPrefix(names: readonly string[], {file = '', key = ''}: PrefixChoice): string {
  const groups = groupsOf(names);
  if (groups.size === 0 && key === '') return '';
  const candidates = [...groups].map(([prefix, group]) => ({prefix, ...group}));
  return chooseByFit(file, candidates, withoutWrappers(`${key}.`).replace(/\.$/, '')).prefix;
}

/**
 * Names as RIFE has them. Wrappers (`module.`, `_orig_mod.` ...) are removed anywhere in a name, in
 * any order and number, and so is the prefix before RIFE's own names:
 * `model._orig_mod.module.block0.x` becomes `block0.x`. The reference drops names without
 * `module.`; here they stay, so that a file of either kind, or a mixed one, loses nothing.
 * @returns `prefix` is what was removed from the first name that changed
 * @throws RIFE_ERR_WEIGHTS_NAME when two tensors would have the same name;
 *   RIFE_ERR_WEIGHTS_AMBIGUOUS, RIFE_ERR_WEIGHTS_KEY
 */
export function stripPrefix<T>(
  tensors: ReadonlyMap<string, T>,
  choice: PrefixChoice = {},
): {tensors: Map<string, T>; prefix: string} {
  const bare = new Map([...tensors.keys()].map(name => [name, withoutWrappers(name)]));
  const own = ownPrefix([...bare.values()], choice);
  const stripped = new Map<string, T>();
  const longNames = new Map<string, string>();
  let prefix = '';
  for (const [name, tensor] of tensors) {
    const inner = bare.get(name)!;
    // If one of several networks was requested, the others are dropped.
    if (choice.key && prefixOf(inner) !== undefined && prefixOf(inner) !== own) continue;
    const short = inner.startsWith(own) ? inner.slice(own.length) : inner;
    if (short !== name && prefix === '') prefix = difference(name, short);
    const other = longNames.get(short);
    if (other !== undefined) throw weightsNameError(short, `occurs twice: as "${other}" and as "${name}"`);
    longNames.set(short, name);
    stripped.set(short, tensor);
  }
  return {tensors: stripped, prefix};
}

/**
 * Names with a prefix before each that does not begin with it.
 * @throws RIFE_ERR_WEIGHTS_NAME when two tensors would have the same name
 */
export function addPrefix<T>(tensors: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  const prefixed = new Map<string, T>();
  for (const [name, tensor] of tensors) {
    const long = name.startsWith(prefix) ? name : prefix + name;
    if (prefixed.has(long)) throw weightsNameError(long, `occurs twice: with "${prefix}" and without`);
    prefixed.set(long, tensor);
  }
  return prefixed;
}
