import {RifeError} from './rifeError.js';

const part = 'core';
const show = (value: unknown) => (typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value)));

/** An option of a plugin that is not what it must be. Plugins call this through core. */
export const optionError = (plugin: string, option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    part: 'plugin',
    plugin,
    what: `Plugin "${plugin}": option "${option}" must be ${expected}, but got ${show(got)}`,
    fix: `Change "${option}" where the plugin is created in rife.config.ts`,
  });

export {show as showValue};
export const corePart = part;
