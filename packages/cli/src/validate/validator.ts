import type {PredictRequest, PredictResult, Validation} from '@rife-train/core';
import type {Triplet} from '@rife-train/data';
import {nothingToValidateWarning, validationFailedWarning} from '@rife-train/errors';
import {psnr} from '../preview/panels.js';
import {inputsOf} from '../preview/previewer.js';

/** What a validator needs of the run. */
export interface ValidatorOptions {
  /** Where they come from, for messages. */
  root: string;
  /** Read once; none where there is nothing to validate on. */
  readTriplets: () => Promise<Triplet[]>;
  predict: (request: PredictRequest) => Promise<PredictResult>;
  warn: (text: string) => void;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Measures PSNR of the refined frame on the same triplets each time; a failure is told once and ends validation, not the run. */
export class Validator {
  private triplets: Promise<Triplet[]> | undefined;
  private over = false;

  constructor(private readonly options: ValidatorOptions) {}

  /** Adds the scores `psnr` (mean over all triplets) and `psnr/gap <n>` (over those of a gap), in dB. */
  async validate({scores}: Validation): Promise<void> {
    if (this.over) return;
    try {
      this.triplets ??= this.options.readTriplets();
      const triplets = await this.triplets;
      if (triplets.length === 0) return this.end(nothingToValidateWarning(this.options.root).message);
      const decibels: number[] = [];
      for (const triplet of triplets) decibels.push(await this.score(triplet));
      scores['psnr'] = mean(decibels);
      for (const gap of new Set(triplets.map(triplet => triplet.gap)))
        scores[`psnr/gap ${gap}`] = mean(decibels.filter((_, i) => triplets[i]!.gap === gap));
    } catch (error) {
      this.end(validationFailedWarning(error).message);
    }
  }

  private end(text: string): void {
    this.over = true;
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
