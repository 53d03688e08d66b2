import {RifeError} from './rifeError.js';

const part = 'cli';
export const cliPart = part;
export type { RifeError };
