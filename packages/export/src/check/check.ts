/** Compares an exported network with the one that trains. */
import {openPredictor, type Frame} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {exportMismatch} from '@rife-train/errors';
import type {ExportSource, NetworkOptions} from '../network/network.js';
import type {CheckPair} from './pairs.js';
import type {Runner} from './runners.js';

/** What a check found. */
export interface CheckReport {
  /** What ran the exported network. */
  runtime: string;
  /** Largest difference of values in 0..1, by pair. */
  differences: {name: string; largest: number}[];
}

/** RGB of BGR, float32 in 0..1, and back. */
function exchanged({data}: Frame): Float32Array {
  const divisor = data instanceof Uint8Array ? 255 : 1;
  return Float32Array.from(data, (_, i) => data[i + 2 - 2 * (i % 3)]! / divisor);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length && largest < Infinity; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    // Not a number is a difference too.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

/**
 * Runs both on each pair.
 * @throws RIFE_ERR_EXPORT_CHECK where they differ by more than a pair's bound
 */
export async function checkExport(
  source: ExportSource,
  options: NetworkOptions,
  runner: Runner,
  pairs: readonly CheckPair[],
): Promise<CheckReport> {
  const predictor = openPredictor({...source, engine: () => createEngine()});
  const report: CheckReport = {runtime: runner.runtime, differences: []};
  try {
    for (const {name, img0, img1, timestep, bound} of pairs) {
      const {height, width, refined} = await predictor.predict(img0, img1, timestep, options);
      const ours = exchanged({height, width, data: refined});
      const request = {height, width, img0: exchanged(img0), img1: exchanged(img1), timestep};
      const largest = largestDifference(ours, await runner.run(request));
      if (largest > bound) throw exportMismatch(runner.runtime, name, largest, bound);
      report.differences.push({name, largest});
    }
    return report;
  } finally {
    await predictor.close();
    await runner.close();
  }
}
