/** The settings of a GPU in words, for plan and doctor. */
import type {GpuConfig} from '@rife-train/core';
import {gpuVariables} from '@rife-train/engine/runtime';

/** `memory growth, tf32 true, ...`, by the names of the options. */
export const gpuWords = (gpu: GpuConfig): string =>
  Object.entries(gpu)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** Variables of the environment that have another value than the options would give them. */
export const overruledWords = (gpu: GpuConfig, env = process.env): string[] =>
  gpuVariables(gpu, env)
    .filter(({isOverruled}) => isOverruled)
    .map(({name, value}) => `the environment overrules it: ${name}=${value}`);
