/** The forward and backward passes of one step, and the summary of their results. */
import type {Batch, HostTensor, Program, StepMetrics} from '../contract/index.js';
import {FIRST_MICRO_STEP, gradientsOf} from './gradients.js';
import type {ScalarTable} from './scalars.js';

/** Results of the entry `gradients`. */
export type Fetches = Record<string, HostTensor>;

/**
 * Forward and backward pass of each micro-batch; the program adds the gradients up.
 * @param variant of the training pass, where the model has some
 */
export async function runMicroSteps(
  {program, scalars}: {program: Pick<Program, 'run'>; scalars: ScalarTable},
  batches: readonly Batch[],
  variant: string | undefined,
): Promise<Fetches[]> {
  const entry = gradientsOf(variant);
  const results: Fetches[] = [];
  for (const [i, {images, gap, timestep}] of batches.entries()) {
    if (batches.length > 1) scalars.set(entry, {[FIRST_MICRO_STEP]: i === 0 ? 1 : 0});
    results.push(await program.run(entry, {images, gap, timestep}, scalars.valuesOf(entry)));
  }
  return results;
}

const joined = (parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap(part => [...part]));

/** Feeds of the entry `update`, of all micro-batches. */
export const updateFeeds = (batches: readonly Batch[]) => ({
  gap: joined(batches.map(batch => batch.gap)),
  timestep: joined(batches.map(batch => batch.timestep)),
});

const scalarOf = (fetches: Fetches, name: string) => Number(fetches[name]!.values[0]);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Number of the first micro-step whose loss or gradient is not finite; -1 where all are. */
export const firstNonFinite = (micro: readonly Fetches[]) =>
  micro.findIndex(fetches => scalarOf(fetches, 'finite') !== 1);

/** Means over micro-steps of all fetches under a prefix, by the rest of their name. */
export function meansUnder(prefix: string, micro: readonly Fetches[]): Record<string, number> {
  const names = Object.keys(micro[0]!).filter(name => name.startsWith(prefix));
  return Object.fromEntries(
    names.map(name => [name.slice(prefix.length), mean(micro.map(fetches => scalarOf(fetches, name)))]),
  );
}

/** Summary of the micro-steps of a step. */
export type MicroSummary = Pick<
  StepMetrics,
  'loss' | 'terms' | 'gradNorm' | 'maxFlow' | 'logs' | 'perSample'
>;

/** Means over the micro-steps, and the values of each sample. */
export function summarize(micro: readonly Fetches[], batches: readonly Batch[]): MicroSummary {
  return {
    loss: mean(micro.map(fetches => scalarOf(fetches, 'loss'))),
    terms: meansUnder('term/', micro),
    // The last micro-step's norm is that of the whole sum.
    gradNorm: scalarOf(micro.at(-1)!, 'gradNorm'),
    maxFlow: micro.map(fetches => scalarOf(fetches, 'maxFlow')).reduce((a, b) => Math.max(a, b)),
    logs: meansUnder('log/', micro),
    perSample: batches.flatMap(({gap, timestep}, m) =>
      [...gap].map((sampleGap, i) => ({
        gap: sampleGap,
        timestep: timestep[i]!,
        loss: Number(micro[m]!['perSample']!.values[i]),
        ...psnrOf(micro[m]!['squaredError'], i),
      })),
    ),
  };
}

/**
 * PSNR in dB of a sample, of images in 0..1; a perfect one counts as 100 dB, since JSON has no
 * infinity.
 */
function psnrOf(squaredError: HostTensor | undefined, sample: number): {psnr?: number} {
  if (!squaredError) return {};
  return {psnr: Math.min(100, -10 * Math.log10(Number(squaredError.values[sample])))};
}
