import type {RifeError} from './rifeError.js';

/** Messages of several errors, one per line, without their `[rife:<part>]`; ends a sentence. */
export const listedErrors = (errors: readonly RifeError[]) =>
  `:\n${errors.map(({message}) => `  - ${message.replace(/^\[[^\]]*\] /, '')}`).join('\n')}\n`;
