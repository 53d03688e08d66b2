import type {Progress} from '../contract/index.js';

/**
 * Progress at a step. Data that is read ahead may be past the last step: its fraction stays at 1.
 */
export function progressAt(step: number, steps: number): Progress {
  return {step, steps, fraction: Math.min(1, step / steps)};
}
