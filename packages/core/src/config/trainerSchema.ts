/** The options of the trainer itself, which stand outside of any section. */
import * as z from 'zod';
import {option, seconds, whole} from './option.js';

export const keepShape = {
  /** So many of the newest. */
  last: option(whole(1), {words: 'So many of the newest.', unit: 'checkpoints', example: '3'}),
  /** Also those whose step is a multiple of this; 0 for none. @default 0 */
  every: option(whole(0).optional(), {
    words: 'Also those whose step is a multiple of this; 0 for none.',
    unit: 'steps',
    example: '10_000',
    defaultWords: '0',
  }),
};

export const trainerShape = {
  /** Optimizer steps of the whole run. */
  steps: option(whole(1), {
    words: 'Optimizer steps of the whole run.',
    example: '300_000',
    unit: 'steps',
    flag: '-n, --steps <n>',
  }),
  /**
   * Folder for checkpoints, metrics and previews. @default 'runs/default'; `rife-train` numbers
   * runs: `runs/run-0001` ...
   */
  out: option(z.string().min(1).default('runs/default'), {
    words: 'Folder for checkpoints, metrics and previews.',
    expected: 'the path of a folder',
    defaultWords: "'runs/default'; `rife-train` numbers runs: `runs/run-0001` ...",
    flag: '-o, --out <dir>',
    isPath: true,
  }),
  /**
   * Weights to start from: .pkl, .safetensors, or folder of a checkpoint or run. What is not in
   * them starts fresh. A resumed run does not read them. @default all fresh
   */
  init: option(z.string().default(''), {
    words:
      'Weights to start from: .pkl, .safetensors, or folder of a checkpoint or run. What is not in them starts fresh. A resumed run does not read them.',
    expected: 'the path of weights: a .pkl, a .safetensors, or the folder of a checkpoint or of a run',
    example: "'flownet.pkl'",
    defaultWords: 'all fresh',
    flag: '--init <path>',
    isPath: true,
  }),
  /**
   * Which of several networks in the file of `init`, such as `params_ema`. @default the one that
   * fits
   */
  initKey: option(z.string().default(''), {
    words: 'Which of several networks in the file of `init`, such as `params_ema`.',
    expected: 'the key of one of several networks in the file of init',
    example: "'params_ema'",
    defaultWords: 'the one that fits',
    flag: '--init-key <name>',
  }),
  /** Seed of initialisation, sampling and augmentation. @default 1234 */
  seed: option(whole(0).lte(0xffffffff).default(1234), {
    words: 'Seed of initialisation, sampling and augmentation.',
    flag: '--seed <n>',
  }),
  /** Steps between checkpoints. @default 1000 steps */
  saveEvery: option(whole(1).default(1000), {words: 'Steps between checkpoints.', unit: 'steps'}),
  /**
   * Checkpoints that are kept: so many of the newest, or an object. The best by validation is kept
   * as well. @default 3 checkpoints
   */
  keep: option(z.union([whole(1), z.strictObject(keepShape)]).default(3), {
    words:
      'Checkpoints that are kept: so many of the newest, or an object. The best by validation is kept as well.',
    expected: 'a whole number of at least 1, or {last: 3, every: 10_000}',
    unit: 'checkpoints',
  }),
  /** Steps between preview pictures; 0 turns them off. @default 1000 steps */
  previewEvery: option(whole(0).default(1000), {
    words: 'Steps between preview pictures; 0 turns them off.',
    expected: 'a whole number of at least 0 (0: no previews)',
    unit: 'steps',
  }),
  /** Steps between validations on `val/`; 0 turns them off. @default 0 steps */
  validateEvery: option(whole(0).default(0), {
    words: 'Steps between validations on `val/`; 0 turns them off.',
    expected: 'a whole number of at least 0 (0: never)',
    example: '5000',
    unit: 'steps',
  }),
  /** Triplets that each validation interpolates. @default 8 triplets */
  validateTriplets: option(whole(1).lte(4096).default(8), {
    words: 'Triplets that each validation interpolates.',
    unit: 'triplets',
  }),
  /**
   * Non-finite steps in a row that a run survives, whatever the verdict; one more stops it. 0
   * stops it at the first. @default 20 steps
   */
  maxNonFinite: option(whole(0).default(20), {
    words:
      'Non-finite steps in a row that a run survives, whatever the verdict; one more stops it. 0 stops it at the first.',
    unit: 'steps',
  }),
  /**
   * Run a step that is not finite again, op by op, to name where it comes from; of steps in a row,
   * the first. It takes seconds, and the memory of an eager step. @default true
   */
  examine: option(z.boolean().default(true), {
    words:
      'Run a step that is not finite again, op by op, to name where it comes from; of steps in a row, the first. It takes seconds, and the memory of an eager step.',
  }),
  /**
   * Time that a tap may take to settle the Promise that it returned, before the run stops with an
   * error that names it; 0 for ever. @default 600 seconds
   */
  hookTimeout: option(seconds().default(600), {
    words:
      'Time that a tap may take to settle the Promise that it returned, before the run stops with an error that names it; 0 for ever.',
    expected: 'a number of seconds of at least 0 (0: for ever)',
    unit: 'seconds',
  }),
  /**
   * One graph, or op by op. `captured`: one graph. `eager`: op by op, slow, for debugging.
   * @default 'captured'
   */
  execution: option(z.enum(['captured', 'eager']).default('captured'), {
    words: 'One graph, or op by op. `captured`: one graph. `eager`: op by op, slow, for debugging.',
    flag: '--execution <how>',
  }),
  /**
   * A compiler for the captured graph. `none`: TensorFlow runs its ops one by one. `xla`:
   * TensorFlow's XLA compiles it, which takes half a minute or more at the first step. @default
   * 'none'
   */
  compile: option(z.enum(['none', 'xla']).default('none'), {
    words:
      "A compiler for the captured graph. `none`: TensorFlow runs its ops one by one. `xla`: TensorFlow's XLA compiles it, which takes half a minute or more at the first step.",
  }),
  /**
   * Of convolutions. `bf16`: their inputs, weights and outputs are rounded to bfloat16, and sums
   * stay float32; everything else is float32. Faster only with AMX, or AVX512_BF16 of AMD.
   * @default 'fp32'
   */
  precision: option(z.enum(['fp32', 'bf16']).default('fp32'), {
    words:
      'Of convolutions. `bf16`: their inputs, weights and outputs are rounded to bfloat16, and sums stay float32; everything else is float32. Faster only with AMX, or AVX512_BF16 of AMD.',
    flag: '--precision <type>',
  }),
  /** TensorFlow device of the step, where there is one replica. @default TensorFlow decides */
  device: option(z.string().default(''), {
    words: 'TensorFlow device of the step, where there is one replica.',
    expected: 'the name of a device: cpu, gpu, GPU:1',
    example: "'GPU:0'",
    defaultWords: 'TensorFlow decides',
    flag: '--device <name>',
  }),
  /**
   * Devices that train together, a replica each: GPUs, or shares of the processor where there is
   * none. @default 1
   */
  devices: option(whole(1).lte(64).default(1), {
    words:
      'Devices that train together, a replica each: GPUs, or shares of the processor where there is none.',
    example: '4',
    flag: '--devices <n>',
  }),
  /**
   * Where replicas live. `process`: a process each. `thread`: a thread each. `inline`: all in one
   * thread, one after the other, for debugging. @default 'process'
   */
  launcher: option(z.enum(['process', 'thread', 'inline']).default('process'), {
    words:
      'Where replicas live. `process`: a process each. `thread`: a thread each. `inline`: all in one thread, one after the other, for debugging.',
    flag: '--launcher <where>',
  }),
  /**
   * Time that replicas wait for one of them, before the run stops with an error that names it; 0
   * for ever. @default 600 seconds
   */
  replicaTimeout: option(seconds().default(600), {
    words:
      'Time that replicas wait for one of them, before the run stops with an error that names it; 0 for ever.',
    expected: 'a number of seconds of at least 0 (0: for ever)',
    unit: 'seconds',
  }),
};
