import {RifeError} from './rifeError.js';

const part = 'data';
export const dataPart = part;
export type { RifeError };
