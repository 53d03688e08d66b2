/** Programs of both kinds with the fixtures' weights in them. */
import type {Model, Program} from '@rife-train/core';
import {CapturedProgram, EagerProgram, loadRuntime, type CaptureOptions} from '@rife-train/engine';
import {fixtureWeights} from '@rife-train/testing';

export const EXECUTIONS = ['captured', 'eager'] as const;
export type Execution = (typeof EXECUTIONS)[number];

/** How convolutions compute in bfloat16. */
export type Bfloat16Way = NonNullable<CaptureOptions['bf16']>;

/** @param bf16 precision of convolutions. @default float32 */
export async function fixtureProgram(how: Execution, model: Model, bf16?: Bfloat16Way): Promise<Program> {
  const backend = await loadRuntime();
  const variables = model.parameters.map(({name, shape}) => ({name, shape}));
  const options = {tfjsNode: '@tensorflow/tfjs-node', device: '', bf16};
  const program =
    how === 'captured' ? new CapturedProgram(backend, variables, options) : new EagerProgram(variables, bf16);
  const weights = [...fixtureWeights(model)];
  await program.writeVariables(
    new Map(weights.map(([name, values]) => [name, model.fromFile(name, values)] as const)),
  );
  return program;
}
