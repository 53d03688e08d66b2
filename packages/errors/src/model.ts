import {RifeError} from './rifeError.js';

const part = 'model';
export const modelPart = part;
export type { RifeError };
