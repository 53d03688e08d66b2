/**
 * Shapes of the JSON in checkpoints and flight records. Both may come from somebody else: what is
 * read is of these shapes, and names no file but those of its own folder.
 */
import {z} from 'zod';

const count = z.int().nonnegative();
const anyObject = z.record(z.string(), z.unknown());
const seals = z.record(z.string(), z.looseObject({bytes: count, sha256: z.string()}));

/** Numbers that JSON lacks are strings. */
const figure = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

const position = z.looseObject({
  step: count,
  updates: count,
  dataIndex: count,
  avoided: z.array(z.tuple([count, count])),
});

const modelOptions = z.looseObject({scales: z.array(z.number()).optional()});

const model = z.looseObject({
  name: z.string(),
  options: modelOptions,
  configured: modelOptions.optional(),
});

const configSummary = z.looseObject({
  steps: z.number(),
  seed: z.number(),
  data: anyObject,
  optim: z.looseObject({betas: z.tuple([z.number(), z.number()]).optional()}),
  devices: count.optional(),
  precision: z.enum(['fp32', 'bf16']).optional(),
  plugins: z.array(z.string()),
});

const stateSchema = position.extend({
  version: count,
  model,
  config: configSummary,
  plugins: anyObject,
  predictionPlugins: z.array(z.string()).optional(),
  metrics: z.looseObject({bytes: count}).optional(),
  best: z.looseObject({step: count, name: z.string(), score: z.number()}).optional(),
  rng: z.looseObject({seed: z.number()}),
  setbacks: z.looseObject({
    nonFinite: count,
    refused: count,
    rollbacks: count,
    furthest: count,
    records: count.optional(),
  }),
  returnTo: count.optional(),
  snapshots: z
    .array(
      z.looseObject({
        owner: z.string(),
        file: z.string().regex(/^snapshot-\d+\.safetensors$/),
        position,
        plugins: anyObject,
      }),
    )
    .optional(),
  sharding: z
    .looseObject({
      perBatch: z.int().positive(),
      microSteps: z.int().positive(),
      origin: z.looseObject({batch: z.int(), sample: z.int()}),
    })
    .optional(),
  schedule: z
    .looseObject({from: z.number(), steps: z.number(), warmupSteps: z.number(), fromRate: z.number()})
    .optional(),
  clips: z.looseObject({count, sha256: z.string().regex(/^[0-9a-f]{64}$/)}).optional(),
  run: z.string().optional(),
  files: seals,
});

/** Inputs of a step. Those that JSON lacks become numbers again. */
const numbers = z.array(figure.transform(Number));
const scalars = z.record(z.string(), figure.transform(Number));

/** Of a record.json, versions 1 and 2. */
export const recordSchema = z.looseObject({
  version: count,
  kind: z.enum(['not finite', 'stopped']),
  reason: z.string(),
  step: count,
  steps: z.int().positive(),
  position,
  shape: z.looseObject({batch: z.int().positive(), height: z.int().positive(), width: z.int().positive()}),
  batches: z
    .array(
      z.looseObject({
        index: count,
        names: z.array(z.string()),
        gap: numbers,
        timestep: numbers,
        policy: z.looseObject({minGap: count, maxGap: count, gapWeights: z.array(z.number()).optional()}),
      }),
    )
    .nonempty(),
  loss: figure,
  gradNorm: figure,
  maxFlow: figure,
  terms: z.record(z.string(), figure),
  learningRate: figure.transform(Number),
  scalars,
  updateScalars: scalars.optional(),
  sequence: count.optional(),
  rng: z.looseObject({seed: z.number()}),
  model,
  config: configSummary,
  plugins: anyObject,
  metrics: z.array(anyObject),
  files: seals,
});

/** The first entry that is not as it must be, with its path; undefined where all are. */
export function entryProblem(schema: z.ZodType, value: unknown): string | undefined {
  const issue = schema.safeParse(value).error?.issues[0];
  return issue && `${issue.path.join('.')}: ${issue.message}`;
}

/** What is wrong with the entries of a state.json, of today's version. */
export const stateProblem = (state: unknown) => entryProblem(stateSchema, state);
