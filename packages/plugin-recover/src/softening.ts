/** Factors that result from rollbacks; they return to 1 linearly. */
import type {SoftenOptions} from './options.js';

/** JSON. */
export interface SofteningMemory {
  /** Rollbacks of the series. */
  times: number;
  /** Step at which the factors start to rise, and step at which they are 1 again. */
  from: number;
  until: number;
}

const NONE: SofteningMemory = {times: 0, from: 0, until: 0};

export class Softening {
  private memory: SofteningMemory = NONE;

  constructor(private readonly options: Required<SoftenOptions> | false) {}

  /**
   * After a rollback to `step`. A series continues until the factors of the previous one are back
   * at 1.
   */
  begin(step: number): void {
    if (!this.options) return;
    const times = step < this.memory.until ? this.memory.times + 1 : 1;
    this.memory = {times, from: step, until: step + this.options.steps * 2 ** (times - 1)};
  }

  /** Factors at a step. */
  factorsAt(step: number): {learningRate: number; distill: number} {
    const {times, from, until} = this.memory;
    if (!this.options || times === 0 || step >= until) return {learningRate: 1, distill: 1};
    const share = Math.max(0, (step - from) / (until - from));
    const back = (factor: number) => factor ** times + (1 - factor ** times) * share;
    return {learningRate: back(this.options.learningRate), distill: back(this.options.distill)};
  }

  save(): SofteningMemory {
    return {...this.memory};
  }

  load(memory: SofteningMemory = NONE): void {
    this.memory = {...memory};
  }
}
