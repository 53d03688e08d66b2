import {hookIsSync, unknownHook} from '@rife-train/errors';
import type {PluginHooks, TrainerHooks} from '../contract/index.js';
import {HOOK_NAMES, isSyncHook} from './hooks.js';

type TapOptions = string | {name: string; before?: string; stage?: number};
type TapMethod = (options: TapOptions, fn: (...args: never[]) => unknown) => void;
interface RawHook {
  name: string;
  taps: readonly unknown[];
  tap: TapMethod;
  tapAsync: TapMethod;
  tapPromise: TapMethod;
  isUsed(): boolean;
}

/**
 * A tap gets the name of its plugin, whatever name was given: errors and `before` name plugins.
 */
function ownedOptions(options: TapOptions, owner: string | undefined): TapOptions {
  if (owner === undefined) return options;
  return typeof options === 'string' ? owner : {...options, name: owner};
}

function tapOnlyHook(hook: RawHook, name: keyof TrainerHooks, owner: string | undefined) {
  const method =
    (kind: 'tap' | 'tapAsync' | 'tapPromise', preset: object = {}): TapMethod =>
    (options, fn) => {
      if (kind !== 'tap' && isSyncHook(name)) {
        const tapName = typeof options === 'string' ? options : options.name;
        throw hookIsSync(owner ?? tapName, name, kind);
      }
      const owned = ownedOptions(options, owner);
      hook[kind](Object.keys(preset).length === 0 ? owned : {...preset, ...asObject(owned)}, fn);
    };
  const view = (preset?: object): object => ({
    name,
    tap: method('tap', preset),
    tapAsync: method('tapAsync', preset),
    tapPromise: method('tapPromise', preset),
    withOptions: (more: object) => view({...preset, ...more}),
    isUsed: () => hook.taps.length > 0,
    get taps() {
      return [...hook.taps];
    },
    interceptors: [],
  });
  return Object.freeze(view());
}

const asObject = (options: TapOptions) => (typeof options === 'string' ? {name: options} : options);

/**
 * The hooks as a plugin sees them: it can tap them, only the trainer can fire them.
 * @param owner plugin that the taps belong to; without one, each tap keeps its own name
 */
export function tapOnlyHooks(hooks: TrainerHooks, owner?: string): PluginHooks {
  const views = Object.fromEntries(
    HOOK_NAMES.map(name => [name, tapOnlyHook(hooks[name] as unknown as RawHook, name, owner)]),
  );
  return new Proxy(views, {
    get(target, key) {
      if (typeof key === 'string' && !Object.hasOwn(target, key) && key !== 'then' && key !== 'toJSON')
        throw unknownHook(owner ?? 'trainer', key, HOOK_NAMES);
      return Reflect.get(target, key);
    },
    set: () => false,
  }) as unknown as PluginHooks;
}
