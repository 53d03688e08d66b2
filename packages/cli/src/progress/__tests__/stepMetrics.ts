import type {StepMetrics} from '@rife-train/core';

/** Metrics of a step, ordinary but for what the test says. */
export function stepMetrics(step: number, changes: Partial<StepMetrics> = {}): StepMetrics {
  const {loss = 0.1} = changes;
  return {
    progress: {step, steps: 100, fraction: step / 100},
    learningRate: 3e-4,
    samples: ['a', 'b', 'c', 'd'],
    policy: {minGap: 1, maxGap: 4},
    batches: [step, step + 1],
    loss,
    terms: {reconstruction: 0.05, teacher: 0.04, distill: 0.8},
    gradNorm: 1,
    maxFlow: 3,
    logs: {},
    perSample: [{gap: 1, timestep: 0.5, loss}],
    updated: true,
    stepMs: 500,
    dataMs: 1,
    ...changes,
  };
}
