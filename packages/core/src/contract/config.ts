/**
 * The configuration that a run uses, complete: every default is filled in. `rife.config.ts` holds a
 * partial one. Both follow from the schemas in `config`.
 */
import type {augmentShape, cacheShape, dataShape} from '../config/dataSchema.js';
import type {gpuShape} from '../config/gpuSchema.js';
import type {optimShape} from '../config/optimSchema.js';
import type {Input, Output} from '../config/option.js';
import type {keepShape, trainerShape} from '../config/trainerSchema.js';
import type {validateShape} from '../config/validateSchema.js';
import type {ModelOptions} from './model.js';
import type {Network} from './network.js';
import type {RifePlugin} from './plugin.js';

/**
 * Augmentation besides RIFE's flips, rotation, channel reversal and time reversal; the same for the
 * three frames.
 */
export type AugmentOptions = Output<typeof augmentShape>;

/** Clips are decoded and stored whole when they are first met, and read from there afterwards. */
export type CacheOptions = Output<typeof cacheShape>;

/** Which checkpoints are kept. */
export type KeepOptions = Output<typeof keepShape>;

/**
 * Options whose value may be an object, by the names of those: declarations keep comments of named
 * types alone.
 */
interface Parts {
  augment: boolean | AugmentOptions;
  cache: false | string | CacheOptions;
  keep: number | KeepOptions;
}
type Named<T> = {[K in keyof T]: K extends keyof Parts ? Parts[K] : T[K]};

export type DataConfig = Named<Output<typeof dataShape>>;

export type OptimConfig = Output<typeof optimShape>;

export type ValidateConfig = Output<typeof validateShape>;

export type GpuConfig = Output<typeof gpuShape>;

export interface TrainConfig extends Named<Output<typeof trainerShape>> {
  data: DataConfig;
  model: ModelOptions;
  optim: OptimConfig;
  validate: ValidateConfig;
  gpu: GpuConfig;
  plugins: RifePlugin[];
}

/** What users write: everything but `data.root` and `steps` has a default. */
export interface UserConfig extends Named<Input<typeof trainerShape>> {
  data: Named<Input<typeof dataShape>>;
  model?: Partial<ModelOptions>;
  optim?: Input<typeof optimShape>;
  validate?: Input<typeof validateShape>;
  gpu?: Input<typeof gpuShape>;
  plugins?: RifePlugin[];
  /**
   * Networks that `model.name` may name besides those of rife-train; made with `defineNetwork`.
   * @default []
   */
  networks?: readonly Network[];
}
