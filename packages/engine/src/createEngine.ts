import type {Engine} from '@rife-train/core';
import {nothingToCompile} from '@rife-train/errors';
import {CapturedProgram, EagerProgram, ProbeProgram} from './capture/index.js';
import {checkDevice, deviceName} from './device.js';
import {loadRuntime, type RuntimeOptions} from './runtime/index.js';

/** Options of {@link createEngine}. */
export interface EngineOptions extends RuntimeOptions {
  /** `captured`: one native call per run; `eager`: op by op. @default 'captured' */
  execution?: 'captured' | 'eager';
  /**
   * Device of captured programs: `cpu`, `GPU:1`, `/device:GPU:1`. @default '' (TensorFlow decides)
   */
  device?: string;
  /**
   * Capture with TensorFlow's own ops only, as for a GPU; for inspecting the graph. @default false
   */
  plainOps?: boolean;
  /**
   * `xla`: TensorFlow's XLA compiles captured programs, at the first run of each entry.
   * @default 'none'
   */
  compile?: 'none' | 'xla';
  /** Receives notes for developers. */
  debug?: (message: string) => void;
  /** Receives lines for users: how long XLA compiled. */
  info?: (message: string) => void;
}

/**
 * Loads the native runtime (installing it if it is missing) and returns a factory of programs.
 * @throws RIFE_ERR_ENGINE_DEVICE_NAME, RIFE_ERR_ENGINE_DEVICE, RIFE_ERR_ENGINE_XLA_EAGER, and what
 *   loading throws
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const {execution = 'captured', device: asked = '', plainOps = false, ...others} = options;
  const {compile = 'none', debug, info, ...runtime} = others;
  if (compile === 'xla' && execution === 'eager') throw nothingToCompile();
  const device = deviceName(asked);
  const backend = await loadRuntime(runtime);
  await checkDevice(backend, device);
  const where = device || (backend.isUsingGpuDevice ? 'gpu' : 'cpu');
  const capture = {device, plainOps, compile, ...(debug && {debug}), ...(info && {info})};
  const how = compile === 'xla' ? `${execution}, compiled by XLA` : execution;
  return {
    description: `TensorFlow ${backend.binding.TF_Version} (${how}), ${where}`,
    createProgram: variables =>
      execution === 'eager' ? new EagerProgram(variables) : new CapturedProgram(backend, variables, capture),
    createProbe: (variables, where) => new ProbeProgram(variables, backend, where),
  };
}
