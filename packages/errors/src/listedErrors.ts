import type {RifeError} from './rifeError.js';

/** Messages of several errors, a line each, without the part before them; for the end of a sentence. */
export const listedErrors = (errors: readonly RifeError[]) =>
  `:\n${errors.map(({message}) => `  - ${message.replace(/^\[[^\]]*\] /, '')}`).join('\n')}\n`;
