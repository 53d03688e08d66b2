import type {Engine} from '@rife-train/core';
import {nothingToCompile} from '@rife-train/errors';
import {CapturedProgram, EagerProgram, ProbeProgram} from './capture/index.js';
import {bfloat16Here, modeNote} from './bfloat16/kernels.js';
import {checkDevice, deviceName} from './device.js';
import {type GpuOptions, loadRuntime, setGpuVariables, type RuntimeOptions} from './runtime/index.js';

/** Options of {@link createEngine}. */
export interface EngineOptions extends RuntimeOptions {
  /** `captured`: one native call per run; `eager`: op by op. @default 'captured' */
  execution?: 'captured' | 'eager';
  /**
   * Of convolutions: `fp32`, or `bf16` (docs/engine.md). Everything else is float32.
   * @default 'fp32'
   */
  precision?: 'fp32' | 'bf16';
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
  /** Of a GPU; set before TensorFlow is loaded, so those of the first engine hold. */
  gpu?: GpuOptions;
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
  const {execution = 'captured', precision = 'fp32', device: asked = '', ...others} = options;
  const {plainOps = false, compile = 'none', gpu = {}, debug, info, ...runtime} = others;
  if (compile === 'xla' && execution === 'eager') throw nothingToCompile();
  const device = deviceName(asked);
  setGpuVariables(gpu);
  const backend = await loadRuntime(runtime);
  await checkDevice(backend, device);
  const where = device || (backend.isUsingGpuDevice ? 'gpu' : 'cpu');
  const isGpu = backend.isUsingGpuDevice && !/cpu/i.test(device);
  const {way: bf16, note} = precision === 'bf16' ? bfloat16Here(isGpu) : {};
  // Elsewhere the pass would do nothing, and take time.
  const layout = isGpu ? gpu.layout : undefined;
  const capture = {
    ...{device, plainOps, bf16, compile},
    ...(layout && {layout}),
    ...(debug && {debug}),
    ...(info && {info}),
  };
  const notes = [note, modeNote(process.env)].filter(text => text !== undefined);
  const how = [execution, ...(bf16 ? ['bf16'] : []), ...(compile === 'xla' ? ['compiled by XLA'] : [])];
  return {
    description: `TensorFlow ${backend.binding.TF_Version} (${how.join(', ')}), ${where}`,
    notes,
    createProgram: variables =>
      execution === 'eager'
        ? new EagerProgram(variables, bf16)
        : new CapturedProgram(backend, variables, capture),
    createProbe: (variables, where) => new ProbeProgram(variables, backend, where, bf16),
  };
}
