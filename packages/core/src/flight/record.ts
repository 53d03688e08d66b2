/**
 * A flight record: `flight/step-00000190/{record.json, batches.safetensors, weights.safetensors,
 * optimizer.safetensors}`: everything that is needed to run a step again that ended badly, and what
 * was known about it.
 */
import {flightRecordBroken, messageOf} from '@rife-train/errors';
import path from 'node:path';
import type {Batch, ModelOptions, SamplingPolicy} from '../contract/index.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSealed,
  readText,
  sha256Of,
  type FileSeal,
  type Safetensors,
  type SafetensorsValues,
  jsonNumber,
} from '@rife-train/files';
import {entryProblem, recordSchema} from '../checkpoint/fileSchemas.js';
import {OPTIMIZER_FILE, WEIGHTS_FILE, type ConfigSummary, type RunPosition} from '../checkpoint/state.js';
import type {Examination} from './examine.js';

/** 1: the first. 2: a checksum of its own. */
export const RECORD_VERSION = 2;
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

/** Of the values, as JSON has them. */
const checksumOf = (record: object) => sha256Of(JSON.stringify(record, jsonNumber));

/** The text of a record.json, with its own checksum as the last entry. */
export const recordText = (record: FlightRecord) =>
  `${JSON.stringify({...record, sha256: checksumOf(record)}, jsonNumber, 2)}\n`;

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

/** What is wrong with the JSON of a record; undefined where nothing is. */
function recordProblem(raw: Record<string, unknown>): string | undefined {
  const {sha256, ...record} = raw;
  const version = record['version'];
  if (version !== 1 && version !== RECORD_VERSION)
    return `${RECORD_FILE} is not a record of version 1 to ${RECORD_VERSION}`;
  if ((version !== 1 || sha256 !== undefined) && sha256 !== checksumOf(record))
    return `${RECORD_FILE} has another checksum`;
  const problem = entryProblem(recordSchema, record);
  return problem && `${RECORD_FILE} lacks entries, or has wrong ones: ${problem}`;
}

function parse(text: string, folder: string): FlightRecord {
  let raw: Record<string, unknown>;
  let problem: string | undefined;
  try {
    raw = JSON.parse(text) as Record<string, unknown>;
    problem = recordProblem({...raw});
  } catch (error) {
    throw flightRecordBroken(folder, `${RECORD_FILE} can't be read (${messageOf(error)})`);
  }
  if (problem !== undefined) throw flightRecordBroken(folder, problem);
  return recordSchema.parse(raw) as unknown as FlightRecord;
}

/** Does the tensor hold the frames of a batch of that shape? */
function imagesOf({folder, record}: {folder: string; record: FlightRecord}, i: number, images: Safetensors) {
  const {batch, height, width} = record.shape;
  const {names, gap, timestep} = record.batches[i]!;
  const tensor = images.tensors.get(`batch${i}`);
  const fits = tensor?.dtype === 'U8' && tensor.shape.join() === [batch, height, width, 9].join();
  if (!fits || [names, gap, timestep].some(({length}) => length !== batch))
    throw flightRecordBroken(folder, `batch ${i} is not ${batch} samples of ${width} x ${height} pixels`);
  return tensor.values as Uint8Array;
}

/**
 * Reads a record, which may be from somebody else: nothing in it is run, and no file is opened but
 * those of its own folder.
 * @throws RIFE_ERR_FLIGHT_RECORD when anything in it is missing or changed
 */
export async function readRecord(folder: string): Promise<LoadedRecord> {
  const file = path.join(folder, RECORD_FILE);
  const text = await readText(file).catch((error: Error) => {
    throw flightRecordBroken(folder, `${RECORD_FILE} ${error.message}`);
  });
  const record = parse(text, folder);
  const read = async (name: string) => {
    const seal = Object.hasOwn(record.files, name) ? record.files[name] : undefined;
    const content = seal ? await readSealed(path.join(folder, name), seal) : `${name} is not listed`;
    if (typeof content === 'string') throw flightRecordBroken(folder, content);
    return decodeSafetensors(content, path.join(folder, name));
  };
  const images = await read(BATCHES_FILE);
  const batches = record.batches.map(({gap, timestep, ...batch}, i) => ({
    ...batch,
    images: imagesOf({folder, record}, i, images),
    gap: Float32Array.from(gap),
    timestep: Float32Array.from(timestep),
  }));
  return {folder, record, batches, weights: await read(WEIGHTS_FILE), optimizer: await read(OPTIMIZER_FILE)};
}
