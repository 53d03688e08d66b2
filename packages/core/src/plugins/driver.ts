/**
 * How taps run. Every tap of every hook is wrapped when it is registered: what it throws
 * becomes an error that names plugin and hook, and what it returns is checked.
 */
import {namedFailure, showValue, tapChanged, tapReturned} from '@rife-train/errors';
import type {Hook} from 'tapable';
import type {CheckpointContext, FileTensors, SamplingPolicy, TrainerHooks} from '../contract/index.js';
import {fileTensorsProblem} from '../weights/fileTensors.js';
import {checkSavedState} from './savedState.js';
import {verdictProblem} from './verdicts.js';
import {actingFor} from './acting.js';
import {HOOK_KINDS, HOOK_NAMES, type HookKind} from './hooks.js';
import {checkBuiltIns} from './builtIns.js';
import {changeProblem} from './hookContexts.js';
import {notedProblem} from './notedNumbers.js';
import {TapWatch} from './tapWatch.js';
import {plainCopy, tracedProblem, type ReturnProblem} from '../traced/checks.js';

/**
 * Whose tap is running, and where the running capture began. Taps of traced hooks are synchronous,
 * so one is enough.
 */
export interface TapSession {
  plugin: string | undefined;
  hook: keyof TrainerHooks | undefined;
  /** Id of the first tensor of this capture; a tensor below it is a leftover of another one. */
  firstTensorId: number;
  /** The entry that is being traced, and how many nodes its graph has so far. */
  tracing?: {entry: string; nodeCount(): number} | undefined;
  /** Called for each call of a traced tap, where there is a graph. */
  observe?: (call: TracedCall) => void;
  /** Timeouts and leaks of taps of host hooks. */
  watch: TapWatch;
}

/** One call of a traced tap. */
export interface TracedCall {
  plugin: string;
  hook: keyof TrainerHooks;
  entry: string;
  /** Nodes that the tap itself added, without those of its backward pass. */
  nodes: number;
}

/**
 * Marks a tap of core itself. It runs unwrapped: its errors are no plugin's errors, and it has no
 * timeout.
 */
export const CORE_TAP = Symbol('tap of core');

type AnyFunction = (...args: unknown[]) => unknown;
type Callback = (error?: unknown, result?: unknown) => void;
interface RawTap {
  name: string;
  type: 'sync' | 'async' | 'promise';
  fn: AnyFunction;
  [CORE_TAP]?: true;
}

const isThenable = (value: unknown): boolean =>
  typeof (value as {then?: unknown} | undefined)?.then === 'function';

function waterfallProblem(returned: unknown, given: unknown): ReturnProblem | undefined {
  const expected = 'the value that it was given, or a changed copy';
  if (returned === undefined || returned === null) return {returned: String(returned), expected};
  if (isThenable(returned))
    return {returned: 'a Promise', expected: `${expected}, at once: the hook is synchronous`};
  if (typeof returned !== typeof given) return {returned: `a ${typeof returned}`, expected};
  return undefined;
}

/** @returns a copy of what was returned, where it is an object that the trainer will read */
function checkReturned(
  kind: HookKind,
  tap: RawTap,
  hook: string,
  returned: unknown,
  args: unknown[],
  session: TapSession,
) {
  const isRead = kind === 'traced' || hook === 'sampling';
  const copy = isRead ? plainCopy(returned) : kind === 'verdict' ? plainCopy(returned, 1) : returned;
  const problem = problemOf(kind, hook, copy, args, session);
  if (problem) throw tapReturned(tap.name, hook, problem.returned, problem.expected);
  const changed = changeProblem(hook, args[0]) ?? notedProblem(hook, args[0]);
  if (changed) throw tapChanged(tap.name, hook, changed.returned, changed.expected);
  if (hook === 'save') checkSavedState(tap.name, args[0] as CheckpointContext);
  return copy;
}

function policyProblem({minGap, maxGap, gapWeights}: SamplingPolicy): ReturnProblem | undefined {
  const isGap = (gap: unknown) => Number.isSafeInteger(gap) && (gap as number) >= 1;
  const weightsFit =
    gapWeights === undefined ||
    (Array.isArray(gapWeights) &&
      gapWeights.length === maxGap - minGap + 1 &&
      gapWeights.every(weight => Number.isFinite(weight) && weight >= 0) &&
      gapWeights.some(weight => weight > 0));
  if (isGap(minGap) && isGap(maxGap) && minGap <= maxGap && weightsFit) return undefined;
  return {
    returned: `{minGap: ${showValue(minGap)}, maxGap: ${showValue(maxGap)}, gapWeights: ${showValue(gapWeights)}}`,
    expected:
      'whole numbers 1 <= minGap <= maxGap, and, if there are gapWeights, one of at least 0 for each gap, not all 0',
  };
}

/** Further checks of the values of some hooks. */
function contentProblem(hook: string, returned: unknown): ReturnProblem | undefined {
  if (hook === 'sampling') return policyProblem(returned as SamplingPolicy);
  return hook === 'weights' ? fileTensorsProblem(returned as FileTensors) : undefined;
}

function problemOf(kind: HookKind, hook: string, returned: unknown, args: unknown[], session: TapSession) {
  if (kind === 'waterfall') return waterfallProblem(returned, args[0]) ?? contentProblem(hook, returned);
  if (kind === 'traced')
    return waterfallProblem(returned, args[0]) ?? tracedProblem(hook, returned, args, session.firstTensorId);
  return kind === 'verdict' ? verdictProblem(returned) : undefined;
}

/** Calls a traced tap, and reports to the observer how many nodes it added. */
function observed(hook: keyof TrainerHooks, tap: RawTap, args: unknown[], session: TapSession): unknown {
  const {tracing, observe} = session;
  if (!tracing || !observe) return tap.fn(...args);
  const before = tracing.nodeCount();
  const returned = tap.fn(...args);
  observe({plugin: tap.name, hook, entry: tracing.entry, nodes: tracing.nodeCount() - before});
  return returned;
}

/** Wraps a tap that returns at once. */
function guardSync(hook: keyof TrainerHooks, tap: RawTap, session: TapSession): AnyFunction {
  const kind = HOOK_KINDS[hook];
  return (...args) => {
    const outer = {...session};
    Object.assign(session, {plugin: tap.name, hook});
    const before = session.watch.tensors();
    try {
      const returned = kind === 'traced' ? observed(hook, tap, args, session) : tap.fn(...args);
      checkBuiltIns(tap.name, hook);
      // tapable would not wait for it, and a rejection would end the process.
      if ((kind === 'notify' || kind === 'verdict') && isThenable(returned)) {
        (returned as Promise<unknown>).then(undefined, () => {});
        throw tapReturned(
          tap.name,
          hook,
          'a Promise',
          `a Promise only from a tap that was added by hooks.${hook}.tapPromise`,
        );
      }
      return checkReturned(kind, tap, hook, returned, args, session);
    } catch (cause) {
      throw namedFailure(tap.name, hook, cause);
    } finally {
      Object.assign(session, {plugin: outer.plugin, hook: outer.hook});
      if (kind !== 'traced') session.watch.count(tap.name, hook, before);
    }
  };
}

/** Wraps a tap added by tapPromise. */
function guardPromise(hook: keyof TrainerHooks, tap: RawTap, session: TapSession): AnyFunction {
  return async (...args) => {
    const before = session.watch.tensors();
    try {
      const returned = await session.watch.wait(tap.name, hook, tap.fn(...args));
      checkBuiltIns(tap.name, hook);
      return checkReturned(HOOK_KINDS[hook], tap, hook, returned, args, session);
    } catch (cause) {
      throw namedFailure(tap.name, hook, cause);
    } finally {
      session.watch.count(tap.name, hook, before);
    }
  };
}

/** Wraps a tap added by tapAsync, as one that returns a Promise. */
function guardCallback(hook: keyof TrainerHooks, tap: RawTap, session: TapSession): AnyFunction {
  const asPromise = (...args: unknown[]) =>
    new Promise((resolve, reject) => {
      const callback: Callback = (error, result) => (error ? reject(error) : resolve(result));
      tap.fn(...args, callback);
    });
  return guardPromise(hook, {...tap, fn: asPromise}, session);
}

function guard(hook: keyof TrainerHooks, raw: RawTap, session: TapSession): RawTap {
  if (raw[CORE_TAP]) return raw;
  const tap: RawTap = {...raw, fn: (...args) => actingFor(raw.name, () => raw.fn(...args))};
  if (tap.type === 'sync') return {...tap, fn: guardSync(hook, tap, session)};
  const wrap = tap.type === 'promise' ? guardPromise : guardCallback;
  return {...tap, type: 'promise', fn: wrap(hook, tap, session)};
}

/** Wraps all taps of the hooks, those registered already and later ones. */
export function installDriver(hooks: TrainerHooks): TapSession {
  const session: TapSession = {plugin: undefined, hook: undefined, firstTensorId: 0, watch: new TapWatch()};
  for (const name of HOOK_NAMES) {
    const hook = hooks[name] as unknown as Hook<unknown, unknown>;
    hook.intercept({
      register: tap => guard(name, tap as unknown as RawTap, session) as unknown as typeof tap,
    });
  }
  return session;
}
