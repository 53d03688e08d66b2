/** What to install and where: pinned versions, each overridable by an environment variable. */
import {createHash} from 'node:crypto';
import {homedir} from 'node:os';
import {join, resolve} from 'node:path';
import {engineSettingError} from '@rife-train/errors';
import type {Host} from './host.js';

/** The version with which the numbers in the README were measured. */
export const TENSORFLOW_VERSION = '2.21.0';
/** Its C++ sources and its JavaScript; the dependencies of this package are pinned to it too. */
export const TFJS_NODE_VERSION = '4.22.0';
/**
 * Increase it whenever the layout of a cache folder, the way of compiling, the changes to the
 * binding's source, or a source in native/ changes.
 */
export const RECIPE_VERSION = 7;

export type Variant = 'cpu' | 'gpu';

export interface Settings {
  /** `RIFE_TRAIN_ENGINE`, absolute. */
  folder: string | undefined;
  /** `RIFE_TRAIN_CACHE`, else `$XDG_CACHE_HOME/rife-train`, else `~/.cache/rife-train`. */
  cache: string;
  /** `RIFE_TRAIN_TF_VERSION`. */
  tensorflow: string;
  /** True if the user named a version: then other versions that are found are not used. */
  tensorflowAsked: boolean;
  /** `RIFE_TRAIN_TFJS_VERSION`. */
  tfjsNode: string;
  /** `RIFE_TRAIN_TF_VARIANT`, else `gpu` if an NVIDIA driver is loaded. */
  variant: Variant;
  /** Name of the folder in the cache. */
  key: string;
}

/** @throws RIFE_ERR_ENGINE_SETTING */
export function readSettings(host: Host): Settings {
  const {env} = host;
  const tensorflow = readVersion(env, 'RIFE_TRAIN_TF_VERSION') ?? TENSORFLOW_VERSION;
  const tfjsNode = readVersion(env, 'RIFE_TRAIN_TFJS_VERSION') ?? TFJS_NODE_VERSION;
  const variant = readVariant(host);
  return {
    folder: env['RIFE_TRAIN_ENGINE'] ? resolve(env['RIFE_TRAIN_ENGINE']) : undefined,
    cache: cacheFolder(env),
    tensorflow,
    tensorflowAsked: !!env['RIFE_TRAIN_TF_VERSION'],
    tfjsNode,
    variant,
    key: engineKey(host, tensorflow, variant, tfjsNode),
  };
}

/** One folder for each combination of what determines a binding or its libraries. */
function engineKey(host: Host, tensorflow: string, variant: Variant, tfjsNode: string): string {
  return `tf${tensorflow}-${variant}-tfjs${tfjsNode}-${host.platform}-${host.arch}-r${RECIPE_VERSION}`;
}

/**
 * Folder of a binding for libraries that stay where they are, such as those of a Python
 * installation.
 */
export function linkedKey(host: Host, settings: Settings, libraries: string): string {
  const place = createHash('sha256').update(libraries).digest('hex').slice(0, 10);
  return `linked-${place}-tfjs${settings.tfjsNode}-${host.platform}-${host.arch}-r${RECIPE_VERSION}`;
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env['RIFE_TRAIN_CACHE']) return resolve(env['RIFE_TRAIN_CACHE']);
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'rife-train');
}

function readVersion(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(value))
    throw engineSettingError(name, value, 'a version such as 2.21.0');
  return value;
}

function readVariant(host: Host): Variant {
  const value = host.env['RIFE_TRAIN_TF_VARIANT'];
  if (value === 'cpu' || value === 'gpu') return value;
  if (value) throw engineSettingError('RIFE_TRAIN_TF_VARIANT', value, '"cpu" or "gpu"');
  // TensorFlow's CUDA libraries are published for x64 only.
  return host.arch === 'x64' && host.hasNvidiaDriver() ? 'gpu' : 'cpu';
}

export const enginesFolder = (settings: Settings) => join(settings.cache, 'engines');
export const downloadsFolder = (settings: Settings) => join(settings.cache, 'downloads');
