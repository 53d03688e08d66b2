import type {PredictRequest, PredictResult, Validation} from '@rife-train/core';
import type {Triplet} from '@rife-train/data';
import {nothingToValidateWarning, validationFailedWarning} from '@rife-train/errors';
import {inputsOf} from '../preview/previewer.js';
import {inputsPsnr, psnr} from './psnr.js';

/** What a validator needs of the run. */
export interface ValidatorOptions {
  /** Where they come from, for messages. */
  root: string;
  /** Read once; none where there is nothing to validate on. */
  readTriplets: () => Promise<Triplet[]>;
  predict: (request: PredictRequest) => Promise<PredictResult>;
  /** Adds the scores of public sets. @default none */
  scoreSets?: (validation: Validation) => Promise<void>;
  warn: (text: string) => void;
}

/**
 * PSNR in dB of the validations of this process: the first, the newest, the best of the run; and
 * that of the inputs' mean.
 */
export interface Validated {
  firstPsnr: number;
  psnr: number;
  best: {step: number; psnr: number};
  inputsPsnr: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Measures PSNR of the refined frame on the same triplets each time; a failure is reported once and
 * stops validation, not the run.
 */
export class Validator {
  private triplets: Promise<Triplet[]> | undefined;
  private readonly over = new Set<string>();
  /** Undefined until there was one. */
  validated: Validated | undefined;

  constructor(private readonly options: ValidatorOptions) {}

  /**
   * Adds the scores `psnr` (mean over all triplets) and `psnr/gap <n>` (over those of a gap), in
   * dB, and to each what the mean of the two inputs has on the same triplets.
   */
  async validate(validation: Validation): Promise<void> {
    await this.attempt('triplets', () => this.validateTriplets(validation));
    const {scoreSets} = this.options;
    if (scoreSets) await this.attempt('sets', () => scoreSets(validation));
  }

  /** A part that has failed is not tried again. */
  private async attempt(part: string, work: () => Promise<void>): Promise<void> {
    if (this.over.has(part)) return;
    try {
      await work();
    } catch (error) {
      this.end(part, validationFailedWarning(error).message);
    }
  }

  private async validateTriplets(validation: Validation): Promise<void> {
    this.triplets ??= this.options.readTriplets();
    const triplets = await this.triplets;
    if (triplets.length === 0)
      return this.end('triplets', nothingToValidateWarning(this.options.root).message);
    const reached: number[] = [];
    for (const triplet of triplets) reached.push(await this.score(triplet));
    const inputs = triplets.map(inputsPsnr);
    const {scores, baselines} = validation;
    const add = (name: string, isOf: (triplet: Triplet) => boolean) => {
      scores[name] = mean(reached.filter((_, i) => isOf(triplets[i]!)));
      baselines[name] = mean(inputs.filter((_, i) => isOf(triplets[i]!)));
    };
    add('psnr', () => true);
    for (const gap of new Set(triplets.map(triplet => triplet.gap)))
      add(`psnr/gap ${gap}`, triplet => triplet.gap === gap);
    this.remember(validation, scores['psnr']!, baselines['psnr']!);
  }

  /** Ties go to the earlier one, as in the run. */
  private remember({step, best}: Validation, psnr: number, inputsPsnr: number): void {
    const before = best?.name === 'psnr' ? {step: best.step, psnr: best.score} : this.validated?.best;
    const isBest = Number.isFinite(psnr) && psnr > (before?.psnr ?? -Infinity);
    this.validated = {
      firstPsnr: this.validated?.firstPsnr ?? psnr,
      psnr,
      best: isBest || !before ? {step, psnr} : before,
      inputsPsnr,
    };
  }

  private end(part: string, text: string): void {
    this.over.add(part);
    this.options.warn(text);
  }

  private async score({images, height, width, gap, timestep}: Triplet): Promise<number> {
    const {refined} = await this.options.predict({
      images: inputsOf(images),
      shape: [1, height, width],
      gap: Float32Array.of(gap),
      timestep: Float32Array.of(timestep),
    });
    return psnr({images, refined: refined.values as Float32Array});
  }
}
