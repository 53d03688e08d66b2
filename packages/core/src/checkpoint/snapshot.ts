/**
 * Between a program's variables and a checkpoint's files. Files hold PyTorch's names and layouts.
 */
import {checkpointOfAnotherModel, weightsNonFinite} from '@rife-train/errors';
import type {Model, ModelOptions, ParameterSpec, Program} from '../contract/index.js';
import {firstMoment, secondMoment} from '../optim/adamW.js';
import {isFiniteArray, weightsOf} from '../weights/tensors.js';
import {bytesOf, safetensorsHeader, type Safetensors} from '@rife-train/files';
import type {LoadedCheckpoint} from './store.js';

/** A variable, and the parameter or buffer that it belongs to. */
interface Stored {
  variable: string;
  spec: ParameterSpec;
}

const weightVariables = (model: Model): Stored[] =>
  weightsOf(model).map(spec => ({variable: spec.name, spec}));
const momentVariables = ({parameters}: Model): Stored[] =>
  [firstMoment, secondMoment].flatMap(of => parameters.map(spec => ({variable: of(spec.name), spec})));

/**
 * Values that are fetched from the program at a time; all at once would hold every weight and
 * moment twice.
 */
const GROUP = 4_000_000;

/** Consecutive variables in groups of about {@link GROUP} values. */
function groupsOf(all: readonly Stored[]): Stored[][] {
  const groups: Stored[][] = [];
  let size = Infinity;
  for (const stored of all) {
    if (size > GROUP) groups.push([]);
    if (size > GROUP) size = 0;
    size += stored.spec.shape.reduce((n, side) => n * side, 1);
    groups.at(-1)!.push(stored);
  }
  return groups;
}

/**
 * Chunks of a safetensors file with variables of the program.
 * @throws RIFE_ERR_NON_FINITE_WEIGHTS: what is broken must not replace what is whole
 */
async function* fileChunks(
  {model, program, step, allowBroken = false}: SnapshotSource,
  all: readonly Stored[],
  metadata: Record<string, string>,
): AsyncGenerator<Uint8Array> {
  const specs = all.map(({variable, spec}) => ({name: variable, shape: spec.fileShape}));
  yield safetensorsHeader(specs, metadata);
  for (const group of groupsOf(all)) {
    const names = group.map(({variable}) => variable);
    const values = await program.readVariables(names);
    const broken = allowBroken ? [] : names.filter(variable => !isFiniteArray(values.get(variable)!));
    if (broken.length > 0) throw weightsNonFinite(step, broken);
    for (const {variable, spec} of group) yield bytesOf(model.toFile(spec.name, values.get(variable)!));
  }
}

/** The source of a snapshot. */
export interface SnapshotSource {
  model: Model;
  program: Program;
  step: number;
  /**
   * Numbers that are not finite are what a record of a failure is about.
   * @default false: they never become a checkpoint
   */
  allowBroken?: boolean;
}

/** Weights and moments of a program in file layout, read while they are written. */
export function snapshot(source: SnapshotSource) {
  return {
    weights: fileChunks(source, weightVariables(source.model), {format: 'pt'}),
    optimizer: fileChunks(source, momentVariables(source.model), {}),
  };
}

function differencesOf(file: Safetensors, all: readonly Stored[]): string[] {
  const expected = new Map(all.map(({variable, spec}) => [variable, spec.fileShape] as const));
  const missing = [...expected].flatMap(([name, shape]) => {
    const found = file.tensors.get(name);
    if (!found) return [`"${name}" is missing`];
    if (found.dtype !== 'F32') return [`"${name}" is ${found.dtype}, not F32`];
    return found.shape.join() === shape.join()
      ? []
      : [`"${name}" is [${found.shape.join()}], not [${shape.join()}]`];
  });
  const extra = [...file.tensors.keys()]
    .filter(name => !expected.has(name))
    .map(name => `"${name}" is not in this model`);
  return [...missing, ...extra];
}

/** Scales are in no tensor's shape, and another network all the same. */
function scaleDifferences({options: {scales: now}}: Model, before: ModelOptions | undefined): string[] {
  const then = before?.scales;
  return !then || then.join() === now.join()
    ? []
    : [`its scales are ${then.join(', ')}, not ${now.join(', ')}`];
}

/** @throws RIFE_ERR_CHECKPOINT_MODEL with the differences */
export function checkSameModel(model: Model, {folder, state, weights, optimizer}: LoadedCheckpoint): void {
  const name = state.model.name === model.name ? [] : [`it is of "${state.model.name}", not "${model.name}"`];
  const differences = [
    ...name,
    ...scaleDifferences(model, state.model.options),
    ...tensorDifferences(model, {weights, optimizer}),
  ];
  if (differences.length > 0) throw checkpointOfAnotherModel(folder, differences);
}

type TensorFiles = Pick<LoadedCheckpoint, 'weights' | 'optimizer'>;

const tensorDifferences = (model: Model, {weights, optimizer}: TensorFiles): string[] => [
  ...differencesOf(weights, weightVariables(model)),
  ...differencesOf(optimizer, momentVariables(model)),
];

/** @throws RIFE_ERR_CHECKPOINT_MODEL with the differences */
export function checkSameTensors(model: Model, {folder, ...files}: TensorFiles & {folder: string}): void {
  const differences = tensorDifferences(model, files);
  if (differences.length > 0) throw checkpointOfAnotherModel(folder, differences);
}

/** Names of all variables that a run consists of: weights, buffers, moments. */
export const stateVariables = (model: Model): string[] =>
  [...weightVariables(model), ...momentVariables(model)].map(({variable}) => variable);

/** Sets weights and moments of a program from a checkpoint that {@link checkSameModel} let pass. */
export async function restore(
  model: Model,
  program: Program,
  {weights, optimizer}: TensorFiles,
): Promise<void> {
  const values = new Map<string, Float32Array>();
  const take = (file: Safetensors, all: readonly Stored[]) => {
    for (const {variable, spec} of all)
      values.set(variable, model.fromFile(spec.name, file.tensors.get(variable)!.values as Float32Array));
  };
  take(weights, weightVariables(model));
  take(optimizer, momentVariables(model));
  await program.writeVariables(values);
}

/**
 * Sets weights to fresh values and moments to 0.
 * @param given values in file layout that take the place of fresh ones
 */
export async function initialize(
  model: Model,
  program: Program,
  seed: number,
  given: ReadonlyMap<string, Float32Array> = new Map(),
): Promise<void> {
  const values = new Map(model.initialize(seed));
  for (const [name, fileValues] of given) values.set(name, model.fromFile(name, fileValues));
  for (const {variable, spec} of momentVariables(model))
    values.set(variable, new Float32Array(values.get(spec.name)!.length));
  await program.writeVariables(values);
}
