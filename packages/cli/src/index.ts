/** The module that `rife.config.ts` imports. It must not load the engine. */
import type {UserConfig} from '@rife-train/core';
// Declares the options of `model`.
import type {} from '@rife-train/model';

export type {
  DataConfig,
  ModelOptions,
  OptimConfig,
  RifePlugin,
  TrainConfig,
  UserConfig,
} from '@rife-train/core';

/** Types the configuration; returns it as it is. */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}
