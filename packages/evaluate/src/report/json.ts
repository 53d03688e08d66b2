/** A result in JSON. */
import {jsonNumber} from '@rife-train/files';
import {comparableScores} from '../protocols/comparable.js';
import type {Summary} from '../statistics/summary.js';
import type {EvalResult} from './result.js';

/**
 * Everything: the result with each frame, means and differences, and the published scores that it
 * may be compared with. Numbers that JSON lacks are the strings "NaN", "Infinity" and "-Infinity".
 * @param space indent. @default none
 */
export const resultJson = (result: EvalResult, summary: Summary, space?: number): string =>
  JSON.stringify({format: 1, ...result, summary, published: comparableScores(result)}, jsonNumber, space);
