/** A result in JSON. */
import {jsonNumber, numberOfJson} from '@rife-train/files';
import {comparableScores} from '../protocols/comparable.js';
import type {Summary} from '../statistics/summary.js';
import type {EvalResult, FrameResult} from './result.js';

/**
 * Everything: the result with each frame, means and differences, and the published scores that it
 * may be compared with. Numbers that JSON lacks are the strings "NaN", "Infinity" and "-Infinity".
 * @param space indent. @default none
 */
export const resultJson = (result: EvalResult, summary: Summary, space?: number): string =>
  JSON.stringify({format: 1, ...result, summary, published: comparableScores(result)}, jsonNumber, space);

/** A frame that was read from JSON, with numbers for the strings that stand for them. */
export function withNumbers(frame: FrameResult): FrameResult {
  const scores = Object.entries(frame.scores).map(([subject, own]) => [
    subject,
    Object.fromEntries(Object.entries(own).map(([metric, value]) => [metric, numberOfJson(value)])),
  ]);
  return {...frame, scores: Object.fromEntries(scores) as FrameResult['scores']};
}
