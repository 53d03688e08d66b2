/** The native TensorFlow runtime: found, installed or built, then loaded. */
import {engineLoadError, isRifeError, messageOf} from '@rife-train/errors';
import {ensureRuntime, type RuntimeLocation, type RuntimeOptions} from './ensure.js';
import type {NodeBackend} from './nodeBackend.js';
import {quietTensorFlow} from './quiet.js';
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

export {type GpuOptions, type GpuVariable, gpuVariables, setGpuVariables} from './gpu.js';
export {cacheFolder, fetchWheelFile, type WheelFile} from './wheelFile.js';

let loading: Promise<NodeBackend> | undefined;

/**
 * Loads the runtime, installing it first if that is necessary and allowed, and makes it tfjs's
 * current backend. Further calls return the same backend.
 * @throws RIFE_ERR_ENGINE_*
 */
export function loadRuntime(options?: RuntimeOptions): Promise<NodeBackend> {
  loading ??= load(options).catch((error: unknown) => {
    loading = undefined; // a later call may find the cause removed
    throw error;
  });
  return loading;
}

async function load(options?: RuntimeOptions): Promise<NodeBackend> {
  const location = await ensureRuntime(options);
  await quietTensorFlow(location.binding);
  return register(location);
}

async function register({tfjsNode, binding}: RuntimeLocation): Promise<NodeBackend> {
  try {
    return await withOurDependencies(tfjsNode, () => registerBackend(tfjsNode.folder, binding));
  } catch (error) {
    throw isRifeError(error) ? error : engineLoadError(binding, messageOf(error), error);
  }
}
