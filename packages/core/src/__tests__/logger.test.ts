import type {StepMetrics} from '../contract/index.js';
import {Logger, formatStep, plainSink} from '../log/logger.js';
import {metricsLines, temporaryFolder} from './helpers/harness.js';

const metrics = (step: number, more: Partial<StepMetrics> = {}): StepMetrics => ({
  progress: {step, steps: 25, fraction: step / 25},
  learningRate: 3e-4,
  samples: ['a', 'b'],
  policy: {minGap: 1, maxGap: 4},
  batches: [step, step + 1],
  loss: 0.123456,
  terms: {reconstruction: 0.1, distill: 2},
  gradNorm: 1,
  maxFlow: 12,
  logs: {'gradclip/norm': 0.5},
  perSample: [
    {gap: 1, timestep: 0.5, loss: 0.1},
    {gap: 4, timestep: 0.5, loss: 0.2},
  ],
  updated: true,
  stepMs: 250,
  dataMs: 1,
  ...more,
});

test('a step is one line', () => {
  expect(formatStep(metrics(11))).toBe(
    'step 12/25  loss 0.1235  reconstruction 0.1000  distill 2.000  lr 3.000e-4  gap 1-4  8.0 images/s',
  );
  expect(formatStep(metrics(0, {loss: NaN, updated: false, policy: {minGap: 2, maxGap: 2}}))).toBe(
    'step 1/25  loss NaN  reconstruction 0.1000  distill 2.000  lr 3.000e-4  gap 2  8.0 images/s  NOT FINITE, no update',
  );
});

test('plain lines: every tenth step, the last, and those that were not applied', () => {
  const lines: string[] = [];
  const logger = new Logger(plainSink(10, line => lines.push(line)));
  logger.info('hello');
  logger.warn('careful');
  logger.plugin('a:b', 'hi');
  for (let step = 0; step < 25; step++) logger.step(metrics(step, {updated: step !== 4}));
  expect(lines.slice(0, 3)).toEqual(['hello', 'warning: careful', '[a:b] hi']);
  expect(lines.slice(3).map(line => line.split('  ')[0])).toEqual([
    'step 5/25',
    'step 10/25',
    'step 20/25',
    'step 25/25',
  ]);
});

test('lines go to standard output unless another sink is given', () => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => {});
  new Logger().info('hello');
  expect(log.mock.calls).toEqual([['hello']]);
  log.mockRestore();
});

describe('metrics.jsonl', () => {
  test('has one record a step; numbers that JSON lacks are strings', async () => {
    const out = temporaryFolder();
    const logger = new Logger({line: () => {}});
    await logger.open(out, 0);
    logger.step(metrics(0));
    logger.step(metrics(1, {loss: -Infinity, gradNorm: NaN, updated: false}));
    expect(metricsLines(out)).toEqual([
      {
        step: 0,
        learningRate: 3e-4,
        loss: 0.123456,
        terms: {reconstruction: 0.1, distill: 2},
        gradNorm: 1,
        maxFlow: 12,
        logs: {'gradclip/norm': 0.5},
        updated: true,
        stepMs: 250,
        dataMs: 1,
        batches: [0, 1],
        gaps: [1, 4],
        perSample: [
          [1, 0.5, 0.1],
          [4, 0.5, 0.2],
        ],
      },
      expect.objectContaining({
        step: 1,
        loss: '-Infinity',
        gradNorm: 'NaN',
        updated: false,
        samples: ['a', 'b'],
      }),
    ]);
    logger.close();
  });

  test('keeps what lies before the resumed step, also where a stretch was run twice', async () => {
    const out = temporaryFolder();
    const write = async (from: number, steps: number[]) => {
      const logger = new Logger({line: () => {}});
      await logger.open(out, from);
      for (const step of steps) logger.step(metrics(step));
      logger.close();
    };
    await write(0, [0, 1, 2, 3, 1, 2, 3, 4]);
    await write(3, [3]);
    expect(metricsLines(out).map(({step}) => step)).toEqual([0, 1, 2, 1, 2, 3]);
  });
});
