/** Losses that earlier processes of a run have left in metrics.jsonl. */
import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import {join} from 'node:path';
import type {StepMetrics} from '@rife-train/core';

/** Samples of the first and of the last steps, `[step][sample]`. */
export interface EarlierLosses {
  first: StepMetrics['perSample'][];
  last: StepMetrics['perSample'][];
  /** Number of earlier steps. */
  steps: number;
}

/** Bytes that are read at either end; a line has some hundred, and more with many samples. */
const PART = 2 ** 20;

interface Line {
  step: number;
  updated: boolean;
  perSample: [gap: number, timestep: number, loss: number][];
}

/** Whole lines of a part of the file that are about steps. */
function linesOf(text: string): Line[] {
  return text.split('\n').flatMap(line => {
    try {
      const parsed = JSON.parse(line) as Line;
      return typeof parsed.step === 'number' && Array.isArray(parsed.perSample) ? [parsed] : [];
    } catch {
      return []; // cut off, or the end of the file
    }
  });
}

const samplesOf = ({perSample}: Line): StepMetrics['perSample'] =>
  perSample.map(([gap, timestep, loss]) => ({gap, timestep, loss: Number(loss)}));

function partOf(descriptor: number, from: number, length: number): string {
  const bytes = Buffer.alloc(length);
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, length, from));
}

/** @param out folder of the run, whose metrics.jsonl is truncated where the run is resumed */
export function lossesOf(out: string, count: number): EarlierLosses {
  let descriptor: number;
  try {
    descriptor = openSync(join(out, 'metrics.jsonl'), 'r');
  } catch {
    return {first: [], last: [], steps: 0};
  }
  try {
    const {size} = fstatSync(descriptor);
    const length = Math.min(size, PART);
    const [head, tail] = [0, size - length].map(from => linesOf(partOf(descriptor, from, length)));
    return {
      first: head!
        .filter(({updated}) => updated)
        .slice(0, count)
        .map(samplesOf),
      last: tail!.slice(-count).map(samplesOf),
      steps: (tail!.at(-1)?.step ?? -1) + 1,
    };
  } finally {
    closeSync(descriptor);
  }
}
