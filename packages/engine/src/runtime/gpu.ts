/**
 * Settings of a GPU that TensorFlow, CUDA and cuDNN read from the environment, when they are loaded
 * or a device is opened.
 */
import {runInThisContext} from 'node:vm';
import type {GpuConfig} from '@rife-train/core';

/** The section `gpu` of a configuration, as far as it is given. */
export type GpuOptions = Partial<GpuConfig>;

/** A variable of the environment that carries an option. */
export interface GpuVariable {
  name: string;
  /** Its value in effect. */
  value: string;
  /** The environment had another value than the option's. */
  isOverruled: boolean;
}

/**
 * The variables that carry the options, with the values in effect. One that the user has set in the
 * environment stays.
 */
export function gpuVariables(
  {memory = 'growth', tf32 = true, autotune = true, deterministic = false}: GpuOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): GpuVariable[] {
  const wanted = {
    TF_FORCE_GPU_ALLOW_GROWTH: String(memory === 'growth'),
    // Left alone otherwise: 1 would force TF32 on what does not ask for it.
    NVIDIA_TF32_OVERRIDE: tf32 ? undefined : '0',
    TF_CUDNN_USE_AUTOTUNE: autotune ? '1' : '0',
    TF_DETERMINISTIC_OPS: deterministic ? '1' : undefined,
  };
  return Object.entries(wanted).flatMap(([name, value]): GpuVariable[] => {
    const given = env[name];
    if (given !== undefined) return [{name, value: given, isOverruled: given !== value}];
    return value === undefined ? [] : [{name, value, isOverruled: false}];
  });
}

/**
 * Sets them for this process and those that it starts. To be called before TensorFlow is loaded, in
 * the main thread: threads have a copy of the environment, which native code never sees.
 */
export function setGpuVariables(options: GpuOptions = {}): void {
  // As in quiet.ts: Jest gives tests a copy too.
  const {env} = runInThisContext('process') as NodeJS.Process;
  for (const {name, value} of gpuVariables(options, env)) env[name] = value;
}
