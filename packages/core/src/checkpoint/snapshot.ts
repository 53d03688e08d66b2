/** Between a program's variables and a checkpoint's files. Files hold PyTorch's names and layouts. */
import {checkpointOfAnotherModel, weightsNonFinite} from '@rife-train/errors';
import type {Model, Program} from '../contract/index.js';
import {firstMoment, secondMoment} from '../optim/adamW.js';
import type {Safetensors} from './safetensors.js';
import type {FileTensors, LoadedCheckpoint} from './store.js';

const MOMENTS = [firstMoment, secondMoment];
const WEIGHT = [(name: string) => name];

function isFiniteArray(values: Float32Array): boolean {
  // One pass of additions: a sum of finite numbers may overflow, so only then is each looked at.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return Number.isFinite(sum) || values.every(Number.isFinite);
}

function fileTensors(
  model: Model,
  values: ReadonlyMap<string, Float32Array>,
  kinds: ((name: string) => string)[],
) {
  const tensors = new Map<string, {shape: readonly number[]; values: Float32Array}>();
  for (const variableOf of kinds)
    for (const {name, fileShape} of model.parameters) {
      const variable = variableOf(name);
      tensors.set(variable, {shape: fileShape, values: model.toFile(name, values.get(variable)!)});
    }
  return tensors;
}

/**
 * Weights and moments of a program in file layout.
 * @throws RIFE_ERR_NON_FINITE_WEIGHTS: what is broken must not replace what is whole
 */
export async function snapshot(model: Model, program: Program, step: number) {
  const names = model.parameters.flatMap(({name}) => [name, firstMoment(name), secondMoment(name)]);
  const values = await program.readVariables(names);
  const broken = names.filter(name => !isFiniteArray(values.get(name)!));
  if (broken.length > 0) throw weightsNonFinite(step, broken);
  return {
    weights: fileTensors(model, values, WEIGHT) as FileTensors,
    optimizer: fileTensors(model, values, MOMENTS) as FileTensors,
  };
}

function differencesOf(model: Model, file: Safetensors, kinds: ((name: string) => string)[]): string[] {
  const expected = new Map(
    kinds.flatMap(variableOf =>
      model.parameters.map(({name, fileShape}) => [variableOf(name), fileShape] as const),
    ),
  );
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

/** @throws RIFE_ERR_CHECKPOINT_MODEL with the differences */
export function checkSameModel(model: Model, {folder, state, weights, optimizer}: LoadedCheckpoint): void {
  const name = state.model.name === model.name ? [] : [`it is of "${state.model.name}", not "${model.name}"`];
  const differences = [
    ...name,
    ...differencesOf(model, weights, WEIGHT),
    ...differencesOf(model, optimizer, MOMENTS),
  ];
  if (differences.length > 0) throw checkpointOfAnotherModel(folder, differences);
}

/** Sets weights and moments of a program from a checkpoint that {@link checkSameModel} let pass. */
export async function restore(
  model: Model,
  program: Program,
  {weights, optimizer}: LoadedCheckpoint,
): Promise<void> {
  const values = new Map<string, Float32Array>();
  const take = (file: Safetensors, kinds: ((name: string) => string)[]) => {
    for (const variableOf of kinds)
      for (const {name} of model.parameters) {
        const variable = variableOf(name);
        values.set(variable, model.fromFile(name, file.tensors.get(variable)!.values as Float32Array));
      }
  };
  take(weights, WEIGHT);
  take(optimizer, MOMENTS);
  await program.writeVariables(values);
}

/** Sets weights to fresh values and moments to 0. */
export async function initialize(model: Model, program: Program, seed: number): Promise<void> {
  const values = new Map(model.initialize(seed));
  for (const {name} of model.parameters)
    for (const variableOf of MOMENTS)
      values.set(variableOf(name), new Float32Array(values.get(name)!.length));
  await program.writeVariables(values);
}
