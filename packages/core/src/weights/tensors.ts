/** Which variables a run has: parameters, buffers, what belongs to them, and frozen tensors. */
import type {Model, ParameterSpec, Program, VariableSpec} from '../contract/index.js';
import {firstMoment, gradientOf, secondMoment} from '../optim/adamW.js';
import {averagesOf} from './averages.js';

/** Name of the variable with the value that a buffer takes at the next update. */
export const nextOf = (buffer: string) => `next/${buffer}`;

/** Everything that weights files hold, by the model's own names. */
export const weightsOf = ({parameters, buffers = []}: Model): readonly ParameterSpec[] => [
  ...parameters,
  ...buffers,
];

/**
 * Weights under their own names, then moments and gradients of parameters, the buffers' next
 * values, averages where the run keeps them, and frozen tensors.
 */
export function variablesOf(model: Model): VariableSpec[] {
  const {parameters, buffers = [], frozen} = model;
  const named = (specs: readonly ParameterSpec[], nameOf: (name: string) => string) =>
    specs.map(({name, shape}) => ({name: nameOf(name), shape}));
  return [
    ...named(weightsOf(model), name => name),
    ...[firstMoment, secondMoment, gradientOf].flatMap(nameOf => named(parameters, nameOf)),
    ...named(buffers, nextOf),
    ...averagesOf(model),
    ...(frozen?.specs ?? []),
  ];
}

/** Values of the frozen tensors into a program that has been compiled. */
export async function writeFrozen({frozen}: Model, program: Pick<Program, 'writeVariables'>): Promise<void> {
  if (frozen) await program.writeVariables(await frozen.read());
}

/** Are all values finite? */
export function isFiniteArray(values: Float32Array): boolean {
  // One pass of additions: a sum of finite numbers may overflow, so only then is each looked at.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return Number.isFinite(sum) || values.every(Number.isFinite);
}
