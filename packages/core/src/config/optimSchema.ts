/** The section `optim`: AdamW and its schedule. */
import * as z from 'zod';
import {MOST_RATE, option, whole} from './option.js';

const beta = z.number().gte(0).lt(1);
const rate = z.number().gte(0).lte(MOST_RATE);
/** All micro-batches of a step are held at once. */
export const MOST_MICRO_STEPS = 1024;

export const optimShape = {
  /** Peak learning rate. @default 3e-4 */
  learningRate: option(rate.default(3e-4), {
    words: 'Peak learning rate.',
    expected: 'a number above 0, or 0',
  }),
  /** Learning rate at the end of the cosine. @default 3e-6 */
  finalLearningRate: option(rate.default(3e-6), {
    words: 'Learning rate at the end of the cosine.',
  }),
  /** Linear warm-up from a learning rate of 0. @default 2000, but at most a tenth of `steps` */
  warmupSteps: option(whole(0).default(2000), {
    words: 'Linear warm-up from a learning rate of 0.',
    unit: 'steps',
    defaultWords: '2000, but at most a tenth of `steps`',
  }),
  /** Decoupled weight decay, on every parameter. @default 1e-3 */
  weightDecay: option(rate.default(1e-3), {
    words: 'Decoupled weight decay, on every parameter.',
  }),
  /** Decay rates of the first and the second moment. @default [0.9, 0.999] */
  betas: option(z.tuple([beta, beta]).default([0.9, 0.999]), {
    words: 'Decay rates of the first and the second moment.',
    expected: 'two numbers from 0 to below 1',
  }),
  /** Added to the denominator, outside the bias correction, as in PyTorch. @default 1e-8 */
  epsilon: option(z.number().positive().lte(1).default(1e-8), {
    words: 'Added to the denominator, outside the bias correction, as in PyTorch.',
  }),
  /**
   * Forward and backward passes that are summed up for one update. @default 1; with `globalBatch`,
   * as many as reach it
   */
  microSteps: option(whole(1).lte(MOST_MICRO_STEPS).default(1), {
    words: 'Forward and backward passes that are summed up for one update.',
    defaultWords: '1; with `globalBatch`, as many as reach it',
  }),
  /**
   * Triplets of one update over all devices and micro-steps: `data.batch` x devices x
   * `microSteps`. It then decides `microSteps`, so that a run means the same on any number of
   * devices. @default 0 (`microSteps` decides)
   */
  globalBatch: option(
    whole(0)
      .lte(2 ** 28)
      .default(0),
    {
      words:
        'Triplets of one update over all devices and micro-steps: `data.batch` x devices x `microSteps`. It then decides `microSteps`, so that a run means the same on any number of devices.',
      expected: 'a whole number of triplets, a multiple of data.batch x devices (0: microSteps decides)',
      example: '64',
      unit: 'triplets',
      defaultWords: '0 (`microSteps` decides)',
    },
  ),
  /**
   * Multiply the learning rate by devices / 4, as RIFE's own trainer does; it was tuned for four.
   * @default false
   */
  scaleWithDevices: option(z.boolean().default(false), {
    words: "Multiply the learning rate by devices / 4, as RIFE's own trainer does; it was tuned for four.",
    example: 'true',
  }),
};

export const optimSchema = option(z.strictObject(optimShape), {
  words: 'AdamW and its learning rate: linear warm-up, then half a cosine.',
  expected: 'an object with options',
  example: '{}',
  isSection: true,
});
