/** All names of a plugin, derived from one. */
import {pluginNameError} from '@rife-train/errors';

/** Values for the template's placeholders. */
export interface PluginNames {
  /** For npm: `rife-train-plugin-soft-start`, `@scope/rife-train-plugin-soft-start`. */
  package: string;
  /** In a run: `scope:soft-start`, and `community:soft-start` without a scope. */
  plugin: string;
  /** `softStart`, the factory. */
  factory: string;
  /** `SoftStart`, for types. */
  type: string;
  /** `soft-start`, the prefix of log keys and scalars; also the last part of the folder. */
  short: string;
}

const PREFIX = 'rife-train-plugin-';
const SHORT = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const SCOPE = /^[a-z0-9][a-z0-9._-]*$/;
/** npm's own limit. */
const LONGEST = 214;

/** Reserved words, and names that the template itself uses. */
const TAKEN = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false ' +
    'finally for function if implements import in instanceof interface let new null package private protected public return ' +
    'static super switch this throw true try typeof undefined var void while with yield tf z test expect schema'
  ).split(' '),
);

const camelCase = (short: string) => short.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * All names of a plugin.
 *
 * @param name `soft-start`, `rife-train-plugin-soft-start`, `@scope/soft-start` or
 *   `@scope/rife-train-plugin-soft-start`
 * @throws RIFE_ERR_CREATE_NAME
 */
export function pluginNames(name: string): PluginNames {
  const [, scope, rest = ''] = /^(?:@([^/]*)\/)?(.*)$/s.exec(name) ?? [];
  const short = rest.startsWith(PREFIX) ? rest.slice(PREFIX.length) : rest;
  if (!SHORT.test(short) || (scope !== undefined && !SCOPE.test(scope))) throw pluginNameError(name);
  const full = `${scope === undefined ? '' : `@${scope}/`}${PREFIX}${short}`;
  const factory = camelCase(short);
  if (full.length > LONGEST) throw pluginNameError(name, `it has more than ${LONGEST} letters`);
  if (TAKEN.has(factory)) throw pluginNameError(name, `no function can be called "${factory}"`);
  return {
    package: full,
    plugin: `${scope ?? 'community'}:${short}`,
    factory,
    type: factory.charAt(0).toUpperCase() + factory.slice(1),
    short,
  };
}
