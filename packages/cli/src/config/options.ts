import * as z from 'zod';

/** One leaf of the configuration: what it must be, in words, as a schema, and an example to paste. */
export interface OptionSpec {
  /** Dotted path: `data.crop`. */
  path: string;
  /** Completes "must be ...". */
  expected: string;
  example: string;
  schema: z.ZodType;
  required?: true;
}

const number = z.number();
const whole = (least: number) => z.number().int().gte(least);
const text = z.string();
const side = z.number().int().gte(64).multipleOf(32);

/** Whole numbers `>= 1` in ascending order. */
const gapRange = z.tuple([whole(1), whole(1)]).refine(([min, max]) => min <= max);
const between0And1 = z.number().gte(0).lt(1);

/** Every option that core's `TrainConfig` knows, `plugins` apart. The order is that of the documentation. */
export const OPTIONS: readonly OptionSpec[] = [
  {
    path: 'data.root',
    expected: 'the path of a folder with train/<scene>/<clip>',
    example: "data: {root: './clips'}",
    schema: text.min(1),
    required: true,
  },
  {
    path: 'data.layout',
    expected: '"auto", "clips", "x-train", "x-test", "vimeo-triplet" or "vimeo-septuplet"',
    example: "layout: 'vimeo-septuplet'",
    schema: z.enum(['auto', 'clips', 'x-train', 'x-test', 'vimeo-triplet', 'vimeo-septuplet']),
  },
  {
    path: 'data.crop',
    expected: 'a multiple of 32 of at least 64, or [height, width] of such',
    example: 'crop: 224',
    schema: z.union([side, z.tuple([side, side])]),
  },
  {path: 'data.batch', expected: 'a whole number of at least 1', example: 'batch: 4', schema: whole(1)},
  {
    path: 'data.gaps',
    expected: '[smallest, largest] gap in frames, whole numbers of at least 1 in ascending order',
    example: 'gaps: [1, 8]',
    schema: gapRange,
  },
  {
    path: 'data.epoch',
    expected: 'a whole number of samples of at least 1, "full" or "none"',
    example: "epoch: 'full'",
    schema: z.union([whole(1), z.enum(['full', 'none'])]),
  },
  {
    path: 'data.timestep',
    expected: '"middle" or "any"',
    example: "timestep: 'any'",
    schema: z.enum(['middle', 'any']),
  },
  {
    path: 'data.workers',
    expected: 'a whole number of at least 0 (0: decided by the number of cores)',
    example: 'workers: 2',
    schema: whole(0),
  },
  {path: 'data.prefetch', expected: 'a whole number of at least 1', example: 'prefetch: 4', schema: whole(1)},
  {
    path: 'data.onBadClip',
    expected: '"error" or "skip"',
    example: "onBadClip: 'skip'",
    schema: z.enum(['error', 'skip']),
  },
  {
    path: 'data.maxBadShare',
    expected: 'a number from 0 to 1',
    example: 'maxBadShare: 0.1',
    schema: number.gte(0).lte(1),
  },
  {
    path: 'data.augment',
    expected: 'true, false, or {rescale: [1, 1/2, ...], colour: {brightness, contrast, saturation}}',
    example: 'augment: {rescale: [1, 1 / 2, 1 / 4]}',
    schema: z.union([
      z.boolean(),
      z.strictObject({
        rescale: z.array(number.gt(0).lte(1)).min(1).optional(),
        colour: z
          .strictObject({
            brightness: between0And1.optional(),
            contrast: between0And1.optional(),
            saturation: between0And1.optional(),
          })
          .optional(),
      }),
    ]),
  },
  {
    path: 'data.cache',
    expected: 'false, the path of a folder, or {dir, codec: "raw" or "deflate", maxSize: 200e9 or "200GB"}',
    example: "cache: {dir: '/fast/clips', maxSize: '200GB'}",
    schema: z.union([
      z.literal(false),
      text.min(1),
      z.strictObject({
        dir: text.min(1),
        codec: z.enum(['raw', 'deflate']).optional(),
        maxSize: z.union([number.positive(), text.min(1)]).optional(),
      }),
    ]),
  },
  {path: 'model.name', expected: 'the name of a network', example: "name: 'IFNet'", schema: text.min(1)},
  {
    path: 'model.version',
    expected: "a version of the network's family",
    example: "version: '4.25'",
    schema: text.min(1),
  },
  {
    path: 'model.scales',
    expected: 'a list of positive numbers, coarse to fine',
    example: 'scales: [4, 2, 1]',
    schema: z.array(number.positive()).min(1),
  },
  {
    path: 'model.widths',
    expected: 'a list of whole numbers of at least 1, one for each scale',
    example: 'widths: [240, 150, 90]',
    schema: z.array(whole(1)).min(1),
  },
  {
    path: 'model.norm',
    expected: '"none" or "batch"',
    example: "norm: 'batch'",
    schema: z.enum(['none', 'batch']),
  },
  {
    path: 'model.zeroStages',
    expected: 'a whole number of at least 0, less than the student blocks',
    example: 'zeroStages: 1',
    schema: whole(0),
  },
  {path: 'model.fusion', expected: 'true or false', example: 'fusion: true', schema: z.boolean()},
  {
    path: 'model.receptiveField',
    expected: '"none", "dilated" or "large-kernel"',
    example: "receptiveField: 'dilated'",
    schema: z.enum(['none', 'dilated', 'large-kernel']),
  },
  {
    path: 'optim.learningRate',
    expected: 'a number above 0',
    example: 'learningRate: 3e-4',
    schema: number.positive(),
  },
  {
    path: 'optim.finalLearningRate',
    expected: 'a number of at least 0',
    example: 'finalLearningRate: 3e-6',
    schema: number.gte(0),
  },
  {
    path: 'optim.warmupSteps',
    expected: 'a whole number of at least 0',
    example: 'warmupSteps: 2000',
    schema: whole(0),
  },
  {
    path: 'optim.weightDecay',
    expected: 'a number of at least 0',
    example: 'weightDecay: 1e-3',
    schema: number.gte(0),
  },
  {
    path: 'optim.betas',
    expected: 'two numbers from 0 to below 1',
    example: 'betas: [0.9, 0.999]',
    schema: z.tuple([between0And1, between0And1]),
  },
  {path: 'optim.epsilon', expected: 'a number above 0', example: 'epsilon: 1e-8', schema: number.positive()},
  {
    path: 'optim.microSteps',
    expected: 'a whole number of at least 1',
    example: 'microSteps: 1',
    schema: whole(1),
  },
  {
    path: 'optim.globalBatch',
    expected: 'a whole number of triplets, a multiple of data.batch x devices (0: microSteps decides)',
    example: 'globalBatch: 64',
    schema: whole(0),
  },
  {
    path: 'optim.scaleWithDevices',
    expected: 'true or false',
    example: 'scaleWithDevices: true',
    schema: z.boolean(),
  },
  {
    path: 'steps',
    expected: 'a whole number of at least 1',
    example: 'steps: 300_000',
    schema: whole(1),
    required: true,
  },
  {
    path: 'init',
    expected: 'the path of weights: a .pkl, a .safetensors, or the folder of a checkpoint or of a run',
    example: "init: 'flownet.pkl'",
    schema: text.min(1),
  },
  {
    path: 'initKey',
    expected: 'the key of one of several networks in the file of init',
    example: "initKey: 'params_ema'",
    schema: text.min(1),
  },
  {
    path: 'seed',
    expected: 'a whole number from 0 to 4294967295',
    example: 'seed: 1234',
    schema: whole(0).lte(0xffffffff),
  },
  {path: 'out', expected: 'the path of a folder', example: "out: 'runs/default'", schema: text.min(1)},
  {path: 'saveEvery', expected: 'a whole number of at least 1', example: 'saveEvery: 1000', schema: whole(1)},
  {
    path: 'keep',
    expected: 'a whole number of at least 1, or {last: 3, every: 10_000}',
    example: 'keep: 3',
    schema: z.union([whole(1), z.strictObject({last: whole(1), every: whole(0).optional()})]),
  },
  {
    path: 'previewEvery',
    expected: 'a whole number of at least 0 (0: no previews)',
    example: 'previewEvery: 1000',
    schema: whole(0),
  },
  {
    path: 'validateEvery',
    expected: 'a whole number of at least 0 (0: never)',
    example: 'validateEvery: 0',
    schema: whole(0),
  },
  {
    path: 'validateTriplets',
    expected: 'a whole number of at least 1',
    example: 'validateTriplets: 8',
    schema: whole(1),
  },
  {
    path: 'maxNonFinite',
    expected: 'a whole number of at least 1',
    example: 'maxNonFinite: 20',
    schema: whole(1),
  },
  {
    path: 'hookTimeout',
    expected: 'a number of seconds of at least 0 (0: for ever)',
    example: 'hookTimeout: 600',
    schema: number.gte(0),
  },
  {path: 'examine', expected: 'true or false', example: 'examine: true', schema: z.boolean()},
  {
    path: 'execution',
    expected: '"captured" or "eager"',
    example: "execution: 'captured'",
    schema: z.enum(['captured', 'eager']),
  },
  {
    path: 'device',
    expected: 'the name of a device: cpu, gpu, GPU:1',
    example: "device: 'GPU:0'",
    schema: text,
  },
  {path: 'devices', expected: 'a whole number from 1 to 64', example: 'devices: 4', schema: whole(1).lte(64)},
  {
    path: 'launcher',
    expected: '"process", "thread" or "inline"',
    example: "launcher: 'process'",
    schema: z.enum(['process', 'thread', 'inline']),
  },
  {
    path: 'replicaTimeout',
    expected: 'a number of seconds of at least 0 (0: for ever)',
    example: 'replicaTimeout: 600',
    schema: number.gte(0),
  },
];

/** Groups of options; each is an object. */
export const GROUPS = ['data', 'model', 'optim'] as const;
