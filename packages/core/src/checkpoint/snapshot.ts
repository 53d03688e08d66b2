/**
 * Between a program's variables and a checkpoint's files. Files hold PyTorch's names and layouts.
 */
import {checkpointOfAnotherModel, weightsNonFinite} from '@rife-train/errors';
import type {Model, ModelOptions, ParameterSpec, Program} from '../contract/index.js';
import {firstMoment, secondMoment} from '../optim/adamW.js';
import {averageOf, holdsAverages, predictedVariables, trainedCopyOf} from '../weights/averages.js';
import {isFiniteArray, weightsOf} from '../weights/tensors.js';
import {bytesOf, elementCount, safetensorsHeader, type Safetensors} from '@rife-train/files';
import type {LoadedCheckpoint} from './store.js';

/** A variable, its name in the file, and the parameter or buffer that it belongs to. */
interface Stored {
  variable: string;
  name: string;
  spec: ParameterSpec;
}

/** Where the run keeps averages, these are the weights, and the copy that is trained is not. */
function weightVariables(model: Model): Stored[] {
  const variables = predictedVariables(model);
  return weightsOf(model).map(spec => ({variable: variables.get(spec.name)!, name: spec.name, spec}));
}

const momentVariables = ({parameters}: Model): Stored[] =>
  [firstMoment, secondMoment].flatMap(of =>
    parameters.map(spec => ({variable: of(spec.name), name: of(spec.name), spec})),
  );

/** What only a resumed run needs: the moments, and the trained copy where weights are averages. */
const optimizerVariables = (model: Model): Stored[] => [
  ...momentVariables(model),
  ...(model.averaged ? model.parameters : []).map(spec => ({
    variable: spec.name,
    name: trainedCopyOf(spec.name),
    spec,
  })),
];

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
  const specs = all.map(({name, spec}) => ({name, shape: spec.fileShape}));
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

/**
 * Weights, and what a resumed run needs besides, of a program in file layout, read while they are
 * written.
 */
export function snapshot(source: SnapshotSource) {
  return {
    weights: fileChunks(source, weightVariables(source.model), {format: 'pt'}),
    optimizer: fileChunks(source, optimizerVariables(source.model), {}),
  };
}

function differencesOf(file: Safetensors, all: readonly Stored[]): string[] {
  const expected = new Map(all.map(({name, spec}) => [name, spec.fileShape] as const));
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
export function checkSameModel(model: Model, checkpoint: LoadedCheckpoint): void {
  const {folder, state, weights, optimizer} = checkpoint;
  const name = state.model.name === model.name ? [] : [`it is of "${state.model.name}", not "${model.name}"`];
  const differences = [
    ...name,
    ...scaleDifferences(model, state.model.options),
    ...tensorDifferences(model, {weights, optimizer}),
    ...snapshotDifferences(model, checkpoint),
  ];
  if (differences.length > 0) throw checkpointOfAnotherModel(folder, differences);
}

/** Snapshots are in program layout, flat. */
function snapshotDifferences(model: Model, {snapshots}: LoadedCheckpoint): string[] {
  const sizes = storedVariables(model).map(
    ({variable, spec}) => [variable, elementCount(spec.shape)] as const,
  );
  const fits = (values: ReadonlyMap<string, Float32Array>) =>
    values.size === sizes.length && sizes.every(([name, length]) => values.get(name)?.length === length);
  return snapshots.flatMap(({file, values}) => (fits(values) ? [] : [`${file} has other tensors`]));
}

type TensorFiles = Pick<LoadedCheckpoint, 'weights' | 'optimizer'>;

function tensorDifferences(model: Model, {weights, optimizer}: TensorFiles): string[] {
  const inWeights = differencesOf(weights, weightVariables(model));
  const {averaged = false} = model;
  if (averaged === holdsAverages(optimizer.tensors.keys()))
    return [...inWeights, ...differencesOf(optimizer, optimizerVariables(model))];
  return [...inWeights, averaged ? NO_AVERAGE : AVERAGE];
}

const AVERAGE =
  'its weights are a moving average, and no plugin continues it (add ema() to "plugins", or start a new run with "init")';
const NO_AVERAGE =
  'it has no moving average of the weights, which a plugin continues (leave ema() out, or start a new run with "init")';

/** @throws RIFE_ERR_CHECKPOINT_MODEL with the differences */
export function checkSameTensors(model: Model, {folder, ...files}: TensorFiles & {folder: string}): void {
  const differences = tensorDifferences(model, files);
  if (differences.length > 0) throw checkpointOfAnotherModel(folder, differences);
}

const storedVariables = (model: Model) => [...weightVariables(model), ...optimizerVariables(model)];

/** Names of all variables that a run consists of: weights, averages, buffers, moments. */
export const stateVariables = (model: Model): string[] =>
  storedVariables(model).map(({variable}) => variable);

/**
 * Sets weights, averages and moments of a program from a checkpoint that {@link checkSameModel} let
 * pass.
 */
export async function restore(
  model: Model,
  program: Program,
  {weights, optimizer}: TensorFiles,
): Promise<void> {
  const values = new Map<string, Float32Array>();
  const take = (file: Safetensors, all: readonly Stored[]) => {
    for (const {variable, name, spec} of all)
      values.set(variable, model.fromFile(spec.name, file.tensors.get(name)!.values as Float32Array));
  };
  take(weights, weightVariables(model));
  take(optimizer, optimizerVariables(model));
  await program.writeVariables(values);
}

/**
 * Sets weights to fresh values, averages to the same, and moments to 0.
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
  if (model.averaged) for (const {name} of model.parameters) values.set(averageOf(name), values.get(name)!);
  await program.writeVariables(values);
}
