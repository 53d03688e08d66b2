/** The arguments of host hooks: what taps may change in them, and to what. */
import {showValue} from '@rife-train/errors';
import type {StepContext} from '../contract/index.js';
import type {ReturnProblem} from '../traced/checks.js';

const isPlain = (value: unknown): value is object => {
  const prototype: unknown = typeof value === 'object' && value !== null && Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
};

function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (!isPlain(value)) return value;
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, frozenCopy(inner)])),
  );
}

/**
 * A copy for taps, in which they can change what is in `open` and nothing else: a tap that tries to
 * change another value fails at once, by the name of its plugin.
 */
export function forTaps<T extends object>(values: T, open: (keyof T)[]): T {
  const copy = {} as T;
  for (const key of Object.keys(values) as (keyof T)[]) {
    const isOpen = open.includes(key);
    const value = isOpen ? values[key] : frozenCopy(values[key]);
    Object.defineProperty(copy, key, {value, enumerable: true, writable: isOpen && !isPlain(value)});
  }
  return Object.preventExtensions(copy);
}

/** The rate must be one in float32 too. */
function rateProblem({learningRate}: StepContext): ReturnProblem | undefined {
  const isRate =
    typeof learningRate === 'number' && learningRate >= 0 && Number.isFinite(Math.fround(learningRate));
  if (isRate) return undefined;
  const shown = typeof learningRate === 'number' ? String(learningRate) : showValue(learningRate);
  return {returned: `learningRate to ${shown}`, expected: 'a learning rate that is finite and at least 0'};
}

/** The problem with what a tap changed in its argument, if there is one. */
export const changeProblem = (hook: string, context: unknown): ReturnProblem | undefined =>
  hook === 'beforeStep' ? rateProblem(context as StepContext) : undefined;
