/** Numbers that taps note in their argument: logs of a step, scores of a validation. */
import {showValue} from '@rife-train/errors';
import type {ReturnProblem} from '../traced/checks.js';

/** Where a host hook keeps them. */
const NOTES: Readonly<Record<string, readonly string[]>> = {
  onNaN: ['logs'],
  beforeUpdate: ['logs'],
  afterStep: ['logs'],
  validate: ['scores', 'baselines'],
};

/**
 * What a tap noted that is no number, if anything. It is removed, so that the line of the step can
 * still be written.
 */
export function notedProblem(hook: string, context: unknown): ReturnProblem | undefined {
  for (const field of NOTES[hook] ?? []) {
    const notes = (context as Record<string, Record<string, unknown>>)[field]!;
    for (const [key, value] of Object.entries(notes)) {
      if (typeof value === 'number') continue;
      delete notes[key];
      return {returned: `${field}[${showValue(key)}] to ${shown(value)}`, expected: 'numbers there'};
    }
  }
  return undefined;
}

const shown = (value: unknown) =>
  typeof value === 'bigint' ? 'a BigInt' : typeof value === 'object' ? 'an object' : showValue(value);
