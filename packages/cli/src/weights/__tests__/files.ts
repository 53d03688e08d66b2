/** Weights files, checkpoints and runs in a folder of their own. */
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ModelOptions} from '@rife-train/core';
import {specsOf, type WeightTensor, writeWeights} from '@rife-train/model/weights';

export const SMALL: ModelOptions = {name: 'IFNet', scales: [2, 1], widths: [6, 4]};

/** A folder that is gone when the tests of the file are. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rife-weights-'));
  afterAll(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

export function floats(shape: readonly number[], value: (i: number) => number): WeightTensor {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) values[i] = value(i);
  return {dtype: 'F32', shape: [...shape], bytes: new Uint8Array(values.buffer)};
}

// Taken out of the global object once: in jest's sandbox each look-up costs more than the
// arithmetic.
const {sin} = Math;

/** Weights of a network: numbers that differ from each other. */
export const networkTensors = (options: ModelOptions = SMALL): Map<string, WeightTensor> =>
  new Map(specsOf(options).map(({name, fileShape}, k) => [name, floats(fileShape, i => sin(k + i / 7) / 4)]));

/** Leaves tensors out by name. */
export const without = (tensors: ReadonlyMap<string, WeightTensor>, pattern: RegExp) =>
  new Map([...tensors].filter(([name]) => !pattern.test(name)));

/** Writes the folder of a checkpoint, sealed as the trainer seals it. */
export async function writeCheckpoint(
  folder: string,
  step: number,
  options: ModelOptions = SMALL,
): Promise<string> {
  mkdirSync(folder, {recursive: true});
  const file = join(folder, 'weights.safetensors');
  await writeWeights(file, networkTensors(options), {format: 'safetensors'});
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const state = {step, model: {name: options.name, options}, files: {'weights.safetensors': {sha256}}};
  writeFileSync(join(folder, 'state.json'), JSON.stringify(state));
  return file;
}
