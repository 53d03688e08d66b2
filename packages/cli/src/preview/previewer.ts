import {join} from 'node:path';
import {besideText, type PredictRequest, type PredictResult} from '@rife-train/core';
import {previewFailedWarning} from '@rife-train/errors';
import {composePreview} from './compose.js';
import {inputsPsnr, psnr} from '../validate/psnr.js';
import {previewPanels, type PreviewSample} from './panels.js';
import type {PreviewBatch} from './sample.js';
import {copyAside, writePng} from './writePng.js';

/** What a previewer needs of the run. */
export interface PreviewerOptions {
  /** The run's folder. */
  out: string;
  takeBatch: () => Promise<PreviewBatch>;
  predict: (request: PredictRequest) => Promise<PredictResult>;
  warn: (text: string) => void;
}

/**
 * Previews of this process: path of the newest; PSNR in dB of the first, the newest, and the mean
 * of the two inputs.
 */
export interface WrittenPreview {
  path: string;
  firstPsnr: number;
  psnr: number;
  inputsPsnr: number;
}

/**
 * Writes previews of one fixed triplet; a failure is reported once and stops the previews, not the
 * run.
 */
export class Previewer {
  private batch: Promise<PreviewBatch> | undefined;
  private failed = false;
  written: WrittenPreview | undefined;

  constructor(private readonly options: PreviewerOptions) {}

  /** Writes `previews/step-<n>.png`, and the same as `preview.png`. */
  async write(step: number): Promise<void> {
    if (this.failed) return;
    const {out, warn} = this.options;
    const path = join(out, 'previews', `step-${String(step).padStart(8, '0')}.png`);
    try {
      this.batch ??= this.options.takeBatch();
      const sample = await this.interpolate(await this.batch);
      const [decibels, inputs] = [psnr(sample), inputsPsnr(sample)];
      const title = `step ${step}  ${sample.name}  PSNR ${decibels.toFixed(2)} dB (${besideText(decibels, inputs)})`;
      await writePng(path, composePreview(title, previewPanels(sample)));
      await copyAside(path, join(out, 'preview.png'));
      const firstPsnr = this.written?.firstPsnr ?? decibels;
      const newest = join(out, 'preview.png');
      this.written = {path: newest, firstPsnr, psnr: decibels, inputsPsnr: inputs};
    } catch (error) {
      this.failed = true;
      warn(previewFailedWarning(path, error).message);
    }
  }

  private async interpolate(batch: PreviewBatch): Promise<PreviewSample & {name: string}> {
    const {height, width, images, gap, timestep, names} = batch;
    const request: PredictRequest = {images: inputsOf(images), shape: [1, height, width], gap, timestep};
    const {refined, flow} = await this.options.predict(request);
    return {
      name: names[0] ?? '',
      height,
      width,
      images,
      refined: refined.values as Float32Array,
      flow: flow.values as Float32Array,
    };
  }
}

/** The first six of nine channels: img0 and img1. */
export function inputsOf(images: Uint8Array): Uint8Array {
  const inputs = new Uint8Array((images.length / 9) * 6);
  for (let from = 0, to = 0; from < images.length; from += 9, to += 6)
    inputs.set(images.subarray(from, from + 6), to);
  return inputs;
}
