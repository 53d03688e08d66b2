/** When a run stops at a step, and with which error. */
import {nonFinite, runStopped} from '@rife-train/errors';
import type {NonFiniteEvent, StepMetrics, TrainerHooks, Verdict} from '../contract/index.js';
import {suspectsOf} from '../flight/suspects.js';
import type {Run} from './run.js';
import {verdictWord} from '../plugins/verdicts.js';

/** The argument of `onNaN`. */
export function nonFiniteEvent(
  metrics: StepMetrics,
  consecutive: number,
  weightsBroken: boolean,
): NonFiniteEvent {
  const nonFiniteTerms = Object.keys(metrics.terms).filter(name => !Number.isFinite(metrics.terms[name]));
  return {...metrics, consecutive, nonFiniteTerms, weightsBroken};
}

/** Hooks whose taps can make an update of finite gradients not finite. */
const UPDATE_HOOKS = ['gradients', 'parameters', 'averages'] as const;

/** What is known of an update that was refused: the plugins that take part in it, by hook. */
export function refusedUpdate(hooks: TrainerHooks): string {
  const taps = UPDATE_HOOKS.flatMap(hook => hooks[hook].taps.map(({name}) => `"${name}" (${hook})`));
  return `Its gradients are finite, but plugins made the update not finite in float32, and it was not applied: ${taps.join(', ')}`;
}

/** The error of a run that stops at a finite step. */
export const stoppedError = ({progress, loss, gradNorm, maxFlow, samples}: StepMetrics, reason: string) =>
  runStopped({step: progress.step, loss, gradNorm, maxFlow, samples}, reason);

/** The error of a run that stops at a step that is not finite; it names the suspects alone. */
export function nonFiniteError(event: NonFiniteEvent, reason: string) {
  const suspects = suspectsOf(event);
  return nonFinite(
    {
      step: event.progress.step,
      loss: event.loss,
      gradNorm: event.gradNorm,
      terms: event.nonFiniteTerms,
      samples: suspects.map(i => event.samples[i]!),
      gaps: suspects.map(i => event.perSample[i]!.gap),
      finding: event.finding,
      record: event.record,
    },
    reason,
  );
}

/**
 * Why the run must stop at this step, or undefined. Every verdict that makes no progress is
 * bounded: else a run that fails at the same step after each rollback would never stop, though the
 * steps in between are finite.
 */
export function reasonToStop(run: Run, verdict: Verdict): string | undefined {
  const {maxNonFinite} = run.parts.config;
  if (typeof verdict === 'object' && 'stop' in verdict) return verdict.stop;
  if (verdict === 'stop') return 'A plugin decided to stop';
  if (run.setbacks.nonFiniteInARow > maxNonFinite)
    return `More than maxNonFinite = ${maxNonFinite} steps in a row are not finite`;
  if (run.setbacks.refusedInARow > Math.max(1, maxNonFinite))
    return `More than maxNonFinite = ${maxNonFinite} steps in a row were refused before their update`;
  if (verdictWord(verdict) === 'rollback' && !run.mayRollBack)
    return `The run was rolled back ${run.setbacks.rollbacks} times and came no further`;
  return undefined;
}
