/** Programs of both kinds with the fixtures' weights in them. */
import type {Model, Program} from '@rife-train/core';
import {CapturedProgram, EagerProgram, loadRuntime} from '@rife-train/engine';
import {fixtureWeights} from '@rife-train/testing';

export const EXECUTIONS = ['captured', 'eager'] as const;
export type Execution = (typeof EXECUTIONS)[number];

export async function fixtureProgram(how: Execution, model: Model): Promise<Program> {
  const backend = await loadRuntime();
  const variables = model.parameters.map(({name, shape}) => ({name, shape}));
  const options = {tfjsNode: '@tensorflow/tfjs-node', device: ''};
  const program =
    how === 'captured' ? new CapturedProgram(backend, variables, options) : new EagerProgram(variables);
  const weights = [...fixtureWeights(model)];
  await program.writeVariables(
    new Map(weights.map(([name, values]) => [name, model.fromFile(name, values)] as const)),
  );
  return program;
}
