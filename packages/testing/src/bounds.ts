/** How far off the numbers of a test may be, in one place; docs/exactness.md has the measurement behind each. */
import {appendFileSync} from 'node:fs';

const BOUNDS = {
  'batch norm: loss terms': 1e-5,
  'batch norm: gradient norms': 1e-3,
  'batch norm: gradients that cancel': 1e-7,
  'batch norm: gradient entries': 5e-3,
  'batch norm: running statistics': 1e-6,
  'batch norm: prediction': 1e-4,
} as const;

/** A quantity that a test holds against PyTorch's numbers. */
export type BoundedQuantity = keyof typeof BOUNDS;

/** Names a file to which the largest error of each quantity is written, a JSON object a line. */
const RECORD = 'RIFE_TRAIN_ERRORS';
const largest = new Map<BoundedQuantity, number>();

/** What is wrong with an error: nothing, or one line. NaN is wrong. */
export function outside(quantity: BoundedQuantity, error: number, where = ''): string[] {
  const bound = BOUNDS[quantity];
  const file = process.env[RECORD];
  if (file && !(error <= (largest.get(quantity) ?? -1))) {
    largest.set(quantity, error);
    appendFileSync(file, `${JSON.stringify({quantity, error, bound, where})}\n`);
  }
  return error <= bound ? [] : [`${quantity} ${where}: off by ${error}, bound ${bound}`];
}
