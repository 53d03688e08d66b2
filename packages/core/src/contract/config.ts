/** The configuration that a run uses, complete: every default is filled in. `rife.config.ts` holds a partial one. */
import type {ModelOptions} from './model.js';
import type {Network} from './network.js';
import type {RifePlugin} from './plugin.js';

/** What is done to triplets besides RIFE's flips, rotation, channel reversal and time reversal; the same for the three frames. */
export interface AugmentOptions {
  /**
   * Scales that frames are brought to, each equally likely where the crop still fits: 1/2 averages 2 x 2 pixels, and halves the motion. 1, 1/2, 1/3 ... down to 1/16.
   * @default [1]
   */
  rescale?: number[];
  /**
   * Factors are drawn from 1 - x to 1 + x, x from 0 to below 1: of the brightness, of the contrast around middle grey, of the saturation.
   * @default none
   */
  colour?: {brightness?: number; contrast?: number; saturation?: number};
}

/** Clips are decoded and stored whole as they are first met, and read from there from then on. */
export interface CacheOptions {
  /** Folder that they are stored in; made where it is missing. Data sets and runs may share one. */
  dir: string;
  /** Both are lossless. `raw` needs no decoding, `deflate` about a third of the space, and three times as long to fill. @default 'raw' */
  codec?: 'raw' | 'deflate';
  /** What the folder may grow to: bytes, or '200GB', '1.5TB' (powers of 1000), '200GiB'. Clips that no longer fit are read from their source. @default no limit */
  maxSize?: number | string;
}

export interface DataConfig {
  /** Folder with `train/<scene>/<clip>` (a folder of images, or a video file) and, if there is one, `val/`. */
  root: string;
  /**
   * How the clips lie below `root`. `clips`: train/ and val/, or the folder itself, with clips in any depth. `x-train`: train/ or encoded_train/. `x-test`:
   * Type1/ to Type3/, to validate on. `vimeo-triplet`, `vimeo-septuplet`: sequences/ and the list of Vimeo90K, the last 5 % of which is to validate on.
   * @default 'auto' (what it looks like)
   */
  layout: 'auto' | 'clips' | 'x-train' | 'x-test' | 'vimeo-triplet' | 'vimeo-septuplet';
  /** Side of the square crop, or [height, width], in pixels; multiples of 32, at least 64. @default 224 */
  crop: number | [number, number];
  /** Triplets per micro-batch. @default 4 */
  batch: number;
  /** Smallest and largest gap, in frames: half the distance of the inputs, rounded up. @default [1, 1] */
  gaps: [number, number];
  /**
   * Where gt lies between its inputs. `middle`: gap frames from either. `any`: the inputs are 2 gap or 2 gap - 1 frames apart
   * (at least 2), gt is any frame between them; for networks that are told the timestep, such as IFNet_m. @default 'middle'
   */
  timestep: 'middle' | 'any';
  /**
   * Samples of an epoch, in which no triplet of a gap comes twice before all have come: a number; `full`, as many as there are triplets of `gaps`; or `none`:
   * each is drawn by itself. @default 'full'
   */
  epoch: number | 'full' | 'none';
  /** Decode workers; 0 decides by the number of cores. @default 0 */
  workers: number;
  /** Batches decoded ahead of the step. @default 4 */
  prefetch: number;
  /** A clip that can't be read, or is too short for the smallest gap: an error, or left out with a warning. @default 'error' */
  onBadClip: 'error' | 'skip';
  /** Share of the clips that may be left out, at least one clip; beyond it the run ends. @default 0.1 */
  maxBadShare: number;
  /** Random flips, rotation, channel reversal and time reversal as in RIFE; an object asks for more. @default true */
  augment: boolean | AugmentOptions;
  /** A folder, or {@link CacheOptions}: clips are decoded whole once, and kept there. Batches are the same. @default false (off) */
  cache: false | string | CacheOptions;
}

export interface OptimConfig {
  /** Peak learning rate. @default 3e-4 */
  learningRate: number;
  /** Learning rate at the end of the cosine. @default 3e-6 */
  finalLearningRate: number;
  /** Steps of linear warm-up from 0. @default 2000, but at most a tenth of `steps` */
  warmupSteps: number;
  /** Decoupled weight decay, on every parameter. @default 1e-3 */
  weightDecay: number;
  /** @default [0.9, 0.999] */
  betas: [number, number];
  /** Outside the bias correction, as in PyTorch. @default 1e-8 */
  epsilon: number;
  /** Forward/backward passes summed up per update. @default 1; where `globalBatch` is given, what reaches it */
  microSteps: number;
  /**
   * Triplets of one update over all devices and micro-steps: `data.batch` x devices x `microSteps`. Given, it decides `microSteps`, so that a run means the same on
   * any number of devices. @default 0 (`microSteps` decides)
   */
  globalBatch: number;
  /** Multiply the learning rate by devices / 4, as RIFE's own trainer does; it was tuned for four. @default false */
  scaleWithDevices: boolean;
}

/** Which checkpoints are kept. */
export interface KeepOptions {
  /** So many of the newest. */
  last: number;
  /** Besides, those whose step is a multiple of this; 0 for none. @default 0 */
  every?: number;
}

export interface TrainConfig {
  data: DataConfig;
  model: ModelOptions;
  optim: OptimConfig;
  plugins: RifePlugin[];
  /** Optimizer steps of the whole run. */
  steps: number;
  /**
   * Weights that the run starts from: a .pkl, a .safetensors, or the folder of a checkpoint or of a run. What is not in them
   * starts fresh. A resumed run does not read them. @default '' (all fresh)
   */
  init: string;
  /** Which of several networks in the file of `init`: `params_ema`. @default '' (the one that fits) */
  initKey: string;
  /** Seed of initialisation, sampling and augmentation. @default 1234 */
  seed: number;
  /** Folder for checkpoints, metrics.jsonl and previews. @default 'runs/default'; `rife-train` numbers runs: runs/run-0001 ... */
  out: string;
  /** Steps between checkpoints. @default 1000 */
  saveEvery: number;
  /** Checkpoints kept: so many of the newest, or {@link KeepOptions}. The best by validation is kept besides. @default 3 */
  keep: number | KeepOptions;
  /** Steps between preview pictures; 0 turns them off. @default 1000 */
  previewEvery: number;
  /** Steps between validations on `val/`; 0 turns them off. @default 0 */
  validateEvery: number;
  /** Triplets that each of them interpolates. @default 8 */
  validateTriplets: number;
  /** Non-finite steps in a row after which the run stops, whatever the verdict. @default 20 */
  maxNonFinite: number;
  /**
   * Run a step that is not finite again, op by op, to name where it comes from; of steps in a row, the first. It takes seconds, and the memory of an
   * eager step. @default true
   */
  examine: boolean;
  /**
   * Seconds that a tap may take to settle the Promise that it returned, before the run ends with an error that names it; 0 for ever.
   * @default 600
   */
  hookTimeout: number;
  /** `captured`: one graph. `eager`: op by op, slow, for debugging. @default 'captured' */
  execution: 'captured' | 'eager';
  /** TensorFlow device of the step, where there is one replica. @default '' (TensorFlow decides) */
  device: string;
  /** Devices that train together, a replica each: GPUs, or shares of the processor where there is none. @default 1 */
  devices: number;
  /**
   * Where replicas live. `process`: a process each, owned by a thread here. `thread`: a thread each. `inline`: all in one thread, one behind the other, for
   * debugging. @default 'process'
   */
  launcher: 'process' | 'thread' | 'inline';
  /** Seconds that replicas wait for one of them before the run ends with an error that names it; 0 for ever. @default 600 */
  replicaTimeout: number;
}

type PartialDeep<T> = T extends RifePlugin[] | unknown[] | [unknown, unknown]
  ? T
  : T extends object
    ? {[K in keyof T]?: PartialDeep<T[K]>}
    : T;

/** What users write: everything but `data.root` and `steps` has a default. */
export type UserConfig = PartialDeep<Omit<TrainConfig, 'data' | 'steps' | 'plugins'>> & {
  data: PartialDeep<DataConfig> & {root: string};
  steps: number;
  plugins?: RifePlugin[];
  /** Networks that `model.name` may name besides those of rife-train; made with `defineNetwork`. @default [] */
  networks?: readonly Network[];
};
