/**
 * A flight record: `flight/step-00000190/{record.json, batches.safetensors, weights.safetensors,
 * optimizer.safetensors}`: everything that is needed to run a step again that ended badly, and what
 * was known about it.
 */
import {flightRecordBroken} from '@rife-train/errors';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Batch, ModelOptions, SamplingPolicy} from '../contract/index.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSealed,
  type FileSeal,
  type Safetensors,
  type SafetensorsValues,
  jsonNumber,
} from '@rife-train/files';
import {OPTIMIZER_FILE, WEIGHTS_FILE, type ConfigSummary, type RunPosition} from '../checkpoint/state.js';
import type {Examination} from './examine.js';

export const RECORD_VERSION = 1;
export const RECORD_FILE = 'record.json';
export const BATCHES_FILE = 'batches.safetensors';

/** A batch in a record, without its images, which are in a file. */
export interface RecordedBatch {
  index: number;
  names: string[];
  gap: number[];
  timestep: number[];
  policy: SamplingPolicy;
}

/** record.json. Numbers that JSON lacks are strings: "NaN", "Infinity". */
export interface FlightRecord {
  version: number;
  /** Why it was written. */
  kind: 'not finite' | 'stopped';
  reason: string;
  step: number;
  steps: number;
  position: RunPosition;
  shape: {batch: number; height: number; width: number};
  /** Variant of the training pass. @default the network has none */
  variant?: string;
  batches: RecordedBatch[];
  /** Fetches of the step: loss, gradient norm, largest |flow|, terms. */
  loss: number | string;
  gradNorm: number | string;
  maxFlow: number | string;
  terms: Record<string, number | string>;
  learningRate: number;
  /** Values of the scalars of the entry `gradients` in this step, by name. */
  scalars: Record<string, number>;
  /**
   * Those of the entry `update`, as this step's update would have had them.
   * @default not known, in records of older releases
   */
  updateScalars?: Record<string, number>;
  /**
   * Number of the record, in the order in which a run's were written; steps may go back.
   * @default not known
   */
  sequence?: number;
  rng: {seed: number};
  /**
   * `configured`: options before any plugin changed them.
   * @default not known, in records of older releases
   */
  model: {name: string; options: ModelOptions; configured?: ModelOptions};
  config: ConfigSummary;
  /** State of plugins, by name, as `save` gives it. */
  plugins: Record<string, unknown>;
  /** In records of older releases `others` is a number. */
  examination?: Examination;
  /** Records of metrics.jsonl of the last steps, oldest first. */
  metrics: Record<string, unknown>[];
  files: Record<string, FileSeal>;
}

export const recordText = (record: FlightRecord) => `${JSON.stringify(record, jsonNumber, 2)}\n`;

/** Images of the micro-batches, one tensor each. */
export const encodeBatches = (batches: readonly Batch[], {height, width}: FlightRecord['shape']) =>
  encodeSafetensors(
    new Map(
      batches.map(({images, gap}, i) => [
        `batch${i}`,
        {shape: [gap.length, height, width, 9], values: images as SafetensorsValues},
      ]),
    ),
  );

/** A record that was read and found whole. */
export interface LoadedRecord {
  folder: string;
  record: FlightRecord;
  batches: Batch[];
  weights: Safetensors;
  optimizer: Safetensors;
}

function parse(text: string, folder: string): FlightRecord {
  try {
    const record = JSON.parse(text) as FlightRecord;
    if (
      record.version === RECORD_VERSION &&
      Array.isArray(record.batches) &&
      typeof record.files === 'object'
    )
      return record;
  } catch {
    // falls through: text that is no JSON is no record
  }
  throw flightRecordBroken(folder, `${RECORD_FILE} is not a record of version ${RECORD_VERSION}`);
}

/**
 * Reads a record.
 * @throws RIFE_ERR_FLIGHT_RECORD when anything in it is missing or changed
 */
export async function readRecord(folder: string): Promise<LoadedRecord> {
  const text = await readFile(path.join(folder, RECORD_FILE), 'utf8').catch(() => {
    throw flightRecordBroken(folder, `there is no ${RECORD_FILE} in it`);
  });
  const record = parse(text, folder);
  const read = async (name: string) => {
    const seal = record.files[name];
    const content = seal ? await readSealed(path.join(folder, name), seal) : `${name} is not listed`;
    if (typeof content === 'string') throw flightRecordBroken(folder, content);
    return decodeSafetensors(content, path.join(folder, name));
  };
  const images = await read(BATCHES_FILE);
  const batches = record.batches.map(({gap, timestep, ...batch}, i) => ({
    ...batch,
    images: images.tensors.get(`batch${i}`)!.values as Uint8Array,
    gap: Float32Array.from(gap),
    timestep: Float32Array.from(timestep),
  }));
  return {folder, record, batches, weights: await read(WEIGHTS_FILE), optimizer: await read(OPTIMIZER_FILE)};
}
