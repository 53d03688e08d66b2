/** The official plugins that are installed. */
import type {RifePlugin} from '@rife-train/core';

interface Official {
  package: string;
  factory: string;
  /** With which it has an effect on any network. @default its own defaults */
  options?: object;
}

/** Package for each plugin name, and the factory that it exports. */
export const OFFICIAL: Readonly<Record<string, Official>> = {
  'rife:distill': {package: '@rife-train/plugin-distill', factory: 'distill'},
  'rife:curriculum': {package: '@rife-train/plugin-curriculum', factory: 'curriculum'},
  'rife:gradclip': {package: '@rife-train/plugin-gradclip', factory: 'gradClip'},
  'rife:flownorm': {package: '@rife-train/plugin-flownorm', factory: 'flowNorm'},
  'rife:gainlimit': {package: '@rife-train/plugin-gainlimit', factory: 'gainLimit'},
  'rife:recover': {package: '@rife-train/plugin-recover', factory: 'recover'},
  'rife:ema': {package: '@rife-train/plugin-ema', factory: 'ema'},
  'rife:multiscale': {package: '@rife-train/plugin-multiscale', factory: 'multiscale'},
};

/** A factory of the plugin, or why there is none. */
export async function officialPlugin(name: string): Promise<(() => RifePlugin) | string> {
  const {package: specifier, factory, options} = OFFICIAL[name]!;
  let exported: Record<string, unknown>;
  try {
    exported = (await import(specifier)) as Record<string, unknown>;
  } catch (error) {
    return `${specifier} is not installed (${String(error).split('\n')[0]})`;
  }
  const make = exported[factory];
  return typeof make === 'function'
    ? () => (make as (given?: object) => RifePlugin)(options)
    : `${specifier} exports no ${factory}`;
}
