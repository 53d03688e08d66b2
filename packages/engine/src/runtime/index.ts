/** The native TensorFlow runtime: found, installed or built, then loaded. */
import {runInThisContext} from 'node:vm';
import {engineLoadError, isRifeError, messageOf} from '@rife-train/errors';
import {ensureRuntime, type RuntimeLocation, type RuntimeOptions} from './ensure.js';
import type {NodeBackend} from './nodeBackend.js';
import {registerBackend} from './registerBackend.js';
import {withOurDependencies} from './tfjsNode.js';

export type {NodeBackend, OpAttr, TensorData, TfBinding} from './nodeBackend.js';
export type {CandidateName, CandidateReport} from './candidates.js';
export type {TfjsNode} from './tfjsNode.js';
export {
  ensureRuntime,
  inspectRuntime,
  planRuntime,
  type RuntimeLocation,
  type RuntimeOptions,
} from './ensure.js';

let loading: Promise<NodeBackend> | undefined;

/**
 * Loads the runtime, installing it first where that is needed and allowed, and makes it tfjs's current backend.
 * Further calls give the same backend.
 *
 * @throws RIFE_ERR_ENGINE_*
 */
export function loadRuntime(options?: RuntimeOptions): Promise<NodeBackend> {
  loading ??= load(options).catch((error: unknown) => {
    loading = undefined; // a later call may find the cause removed
    throw error;
  });
  return loading;
}

/**
 * Warnings and errors alone, unless the user wants more. TensorFlow reads it once, when its library is loaded, from the environment of the
 * process; jest gives tests a copy of that, in which native code never looks.
 */
function quietTensorFlow(): void {
  const {env} = runInThisContext('process') as NodeJS.Process;
  env['TF_CPP_MIN_LOG_LEVEL'] ??= process.env['TF_CPP_MIN_LOG_LEVEL'] ?? '2';
}

async function load(options?: RuntimeOptions): Promise<NodeBackend> {
  const location = await ensureRuntime(options);
  quietTensorFlow();
  return register(location);
}

async function register({tfjsNode, binding}: RuntimeLocation): Promise<NodeBackend> {
  try {
    return await withOurDependencies(tfjsNode, () => registerBackend(tfjsNode.folder, binding));
  } catch (error) {
    throw isRifeError(error) ? error : engineLoadError(binding, messageOf(error), error);
  }
}
