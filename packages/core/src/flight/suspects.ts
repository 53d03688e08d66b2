import type {StepMetrics} from '../contract/index.js';

type Samples = Pick<StepMetrics, 'samples' | 'perSample'>;

/**
 * Numbers of the samples that a step that is not finite may owe it to: those whose own loss is not
 * finite; all, where none is or the batch itself spreads it.
 */
export function suspectsOf({perSample}: Pick<StepMetrics, 'perSample'>): number[] {
  const all = [...perSample.keys()];
  const own = all.filter(i => !Number.isFinite(perSample[i]!.loss));
  return own.length > 0 ? own : all;
}

/** `samples: a (gap 1, t 0.5), b ...`; or those of several whose own loss is not finite. */
export function suspectsText({samples, perSample}: Samples): string {
  const suspects = suspectsOf({perSample});
  const names = suspects.map(i => `${samples[i]} (gap ${perSample[i]!.gap}, t ${perSample[i]!.timestep})`);
  const isPart = suspects.length < samples.length;
  const head = isPart
    ? `samples whose loss is not finite (${suspects.length} of ${samples.length})`
    : 'samples';
  return `${head}: ${names.join(', ')}`;
}
