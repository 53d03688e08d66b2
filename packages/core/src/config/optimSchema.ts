/** The section `optim`: AdamW and its schedule. */
import * as z from 'zod';
import {option, whole} from './option.js';

const beta = z.number().gte(0).lt(1);

export const optimShape = {
  learningRate: option(z.number().positive().default(3e-4), {words: 'Peak learning rate.'}),
  finalLearningRate: option(z.number().gte(0).default(3e-6), {
    words: 'Learning rate at the end of the cosine.',
  }),
  warmupSteps: option(whole(0).default(2000), {
    words: 'Linear warm-up from a learning rate of 0.',
    unit: 'steps',
    defaultWords: '2000, but at most a tenth of `steps`',
  }),
  weightDecay: option(z.number().gte(0).default(1e-3), {
    words: 'Decoupled weight decay, on every parameter.',
  }),
  betas: option(z.tuple([beta, beta]).default([0.9, 0.999]), {
    words: 'Decay rates of the first and the second moment.',
    expected: 'two numbers from 0 to below 1',
  }),
  epsilon: option(z.number().positive().default(1e-8), {
    words: 'Added to the denominator, outside the bias correction, as in PyTorch.',
  }),
  microSteps: option(whole(1).default(1), {
    words: 'Forward and backward passes that are summed up for one update.',
    defaultWords: '1; with `globalBatch`, as many as reach it',
  }),
  globalBatch: option(whole(0).default(0), {
    words:
      'Triplets of one update over all devices and micro-steps: `data.batch` x devices x `microSteps`. It then decides `microSteps`, so that a run means the same on any number of devices.',
    expected: 'a whole number of triplets, a multiple of data.batch x devices (0: microSteps decides)',
    example: '64',
    unit: 'triplets',
    defaultWords: '0 (`microSteps` decides)',
  }),
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
