import type {Engine} from '@rife-train/core';
import {CapturedProgram, EagerProgram} from './capture/index.js';
import {loadRuntime} from './runtime/index.js';

/** Options of {@link createEngine}. */
export interface EngineOptions {
  /** `captured`: one native call per run; `eager`: op by op. @default 'captured' */
  execution?: 'captured' | 'eager';
  /** TensorFlow device of captured programs, for example `/device:GPU:1`. @default '' (TensorFlow decides) */
  device?: string;
  /** Receives notes for developers. */
  debug?: (message: string) => void;
}

/** Loads the native runtime (setting it up if it is missing) and returns a maker of programs. */
export async function createEngine({
  execution = 'captured',
  device = '',
  debug,
}: EngineOptions = {}): Promise<Engine> {
  const backend = await loadRuntime();
  const where = device || (backend.isUsingGpuDevice ? 'gpu' : 'cpu');
  return {
    description: `TensorFlow ${backend.binding.TF_Version} (${execution}), ${where}`,
    createProgram: variables =>
      execution === 'eager'
        ? new EagerProgram(variables)
        : new CapturedProgram(backend, variables, {
            tfjsNode: '@tensorflow/tfjs-node',
            device,
            ...(debug && {debug}),
          }),
  };
}
