/** What taps of `beforeUpdate` and `onNaN` may decide. */
import {showValue} from '@rife-train/errors';
import type {RollbackTo, Verdict} from '../contract/index.js';
import {MemorySnapshot} from '../checkpoint/memorySnapshot.js';
import type {ReturnProblem} from '../traced/checks.js';

const WORDS: unknown[] = ['skip', 'rollback', 'stop', undefined, null];

const isRange = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every(n => Number.isSafeInteger(n) && n >= 0) &&
  value[0] <= value[1];

/** Is it a rollback to a snapshot? */
export const isRollbackTo = (verdict: Verdict): verdict is RollbackTo =>
  typeof verdict === 'object' && 'rollback' in verdict;

/** The word for a verdict. */
export function verdictWord(verdict: Verdict): 'skip' | 'rollback' | 'stop' {
  if (typeof verdict === 'string') return verdict;
  return isRollbackTo(verdict) ? 'rollback' : 'stop';
}

/** The problem with what a tap returned, if there is one. */
export function verdictProblem(returned: unknown): ReturnProblem | undefined {
  if (WORDS.includes(returned)) return undefined;
  const {
    rollback,
    avoid = [0, 0],
    reason = '',
    stop,
  } = (typeof returned === 'object' ? returned : {}) as Partial<RollbackTo & {stop: string}>;
  if (typeof stop === 'string' && rollback === undefined) return undefined;
  if (rollback instanceof MemorySnapshot && isRange(avoid) && typeof reason === 'string') return undefined;
  return {
    returned: rollback ? 'a rollback to something else' : showValue(returned),
    expected:
      '"skip", "rollback", "stop", {stop: reason}, {rollback: what trainer.takeSnapshot() gave, avoid: [from, to]} or nothing',
  };
}
