import {nonFinite} from '@rife-train/errors';
import type {NonFiniteEvent, StepMetrics, Verdict} from './contract/index.js';
import type {Run} from './run.js';

/** What `onNaN` is told about a step. */
export function nonFiniteEvent(metrics: StepMetrics, consecutive: number): NonFiniteEvent {
  const nonFiniteTerms = Object.keys(metrics.terms).filter(name => !Number.isFinite(metrics.terms[name]));
  return {...metrics, consecutive, nonFiniteTerms};
}

/** The error that ends a run over a step. */
export function nonFiniteError(event: NonFiniteEvent, reason: string) {
  return nonFinite(
    {
      step: event.progress.step,
      loss: event.loss,
      gradNorm: event.gradNorm,
      terms: event.nonFiniteTerms,
      samples: event.samples,
      gaps: event.perSample.map(({gap}) => gap),
    },
    reason,
  );
}

/**
 * Why the run has to end at this step, or undefined. Rollbacks are bounded too: a run that meets the same end after
 * each one would never stop, though the steps between are finite.
 */
export function reasonToStop(run: Run, verdict: Verdict): string | undefined {
  const {maxNonFinite} = run.parts.config;
  if (verdict === 'stop') return 'A plugin decided to stop';
  if (run.nonFiniteInARow > maxNonFinite)
    return `More than maxNonFinite = ${maxNonFinite} steps in a row are not finite`;
  if (verdict === 'rollback' && run.rollbacks >= Math.max(1, maxNonFinite))
    return `The run was rolled back ${run.rollbacks} times to the same checkpoint`;
  return undefined;
}
