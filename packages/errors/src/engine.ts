import {RifeError} from './rifeError.js';

const part = 'engine';
export const enginePart = part;
export type { RifeError };
