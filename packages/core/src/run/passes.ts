/** The forward and backward passes of a step, on all replicas. */
import type {Batch, StepMetrics} from '../contract/index.js';
import {gradientOf} from '../optim/adamW.js';
import {firstNonFinite, summarize, type Fetches, type MicroSummary} from '../traced/microSteps.js';
import {nextOf} from '../weights/tensors.js';
import type {ReduceTimes} from './replicas.js';
import type {RunParts} from './runParts.js';

/** What the passes of a step found. */
export interface PassResults {
  /** Of this replica: its batches, what each micro-step returned, and the summary of them. */
  batches: readonly Batch[];
  micro: readonly Fetches[];
  own: MicroSummary;
  /** Of all replicas, with the norm of the mean gradient where there is one. */
  summary: MicroSummary;
  /** The first replica whose numbers are not finite; -1 where all are. */
  brokenRank: number;
  /** Are the loss and the gradient norm finite, on all replicas and of the mean? */
  isFinite: boolean;
  /** What the mean gradient took on this replica; undefined where none was taken. */
  reduceTimes: ReduceTimes | undefined;
}

export class Passes {
  private results: PassResults | undefined;

  constructor(private readonly parts: RunParts) {}

  /** Results of the present step, for its flight record. */
  get latest(): PassResults {
    if (!this.results) throw new Error('invariant: a step fails after its passes');
    return this.results;
  }

  /**
   * Combines the passes of all micro-steps and replicas; several replicas take the mean of their
   * gradients.
   */
  async combine(batches: readonly Batch[], micro: readonly Fetches[]): Promise<PassResults> {
    const {replicas} = this.parts;
    const own = summarize(micro, batches);
    const found = await replicas.exchangeFindings(own, firstNonFinite(micro) < 0, batches.length);
    const {summary, brokenRank} = found;
    const mean = brokenRank < 0 && replicas.count > 1 ? await this.takeMean() : undefined;
    const gradNorm = mean?.norm ?? summary.gradNorm;
    this.results = {
      ...{batches, micro, own, brokenRank},
      summary: {...summary, gradNorm},
      isFinite: brokenRank < 0 && Number.isFinite(gradNorm),
      reduceTimes: mean?.times,
    };
    return this.results;
  }

  private takeMean() {
    const {replicas, program, model} = this.parts;
    return replicas.meanGradient(
      program,
      model.parameters.map(({name}) => gradientOf(name)),
      (model.buffers ?? []).map(({name}) => nextOf(name)),
    );
  }

  /**
   * Metrics of this replica's part of the step, which a replay of its record can be compared with.
   */
  ownMetrics(metrics: StepMetrics): StepMetrics {
    const {own, batches} = this.latest;
    return {...metrics, ...own, samples: batches.flatMap(({names}) => names)};
  }
}
