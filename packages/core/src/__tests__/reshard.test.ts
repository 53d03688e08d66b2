/** Runs that go on with more or fewer replicas than they began with. */
import type {UserConfig} from '../contract/index.js';
import {temporaryFolder} from './helpers/harness.js';
import {replicas} from './helpers/replicas.js';
import {stateOf} from './helpers/runs.js';

const OPTIM = {learningRate: 0.01, warmupSteps: 2};
const config = (optim: UserConfig['optim'], data: Partial<UserConfig['data']> = {}): Partial<UserConfig> => ({
  data: {root: 'clips', batch: 2, ...data},
  optim: {...OPTIM, ...optim},
  steps: 12,
  saveEvery: 4,
});

describe('a run that goes on with other replicas', () => {
  test.each<[number, number, UserConfig['optim'], Partial<UserConfig['data']>?]>([
    [4, 2, {}],
    [2, 3, {}],
    [1, 4, {}],
    [4, 1, {globalBatch: 8}],
    [2, 4, {globalBatch: 8}],
    [2, 3, {}, {mirror: true}],
  ])('from %i to %i is fed every sample once', async (before, after, optim, data = {}) => {
    const out = temporaryFolder();
    const settings = config(optim, data);
    const aborts = Array.from({length: before}, () => new AbortController());
    const first = replicas(before, {out, config: settings, signal: rank => aborts[rank]!.signal});
    first.parts[0]!.trainer.hooks.afterStep.tap('stop', ({progress}) => {
      if (progress.step === 4) aborts[0]!.abort();
    });
    await first.run();
    const second = replicas(after, {out, config: settings, resume: true});
    await second.run();
    const fed = [...first.parts, ...second.parts].flatMap(({given}) => given).sort((a, b) => a - b);
    expect(fed).toEqual(fed.map((_, i) => i));
    expect(second.steps[0]!.progress.step).toBe(5);
    expect(second.lines.join('\n')).toContain(`devices: ${before} -> ${after}`);
    // Steps keep their batches' numbers: a schedule by steps does not jump.
    const {microSteps} = stateOf(out, 12).sharding!;
    expect(second.steps.map(({batches}) => batches[0])).toEqual(
      second.steps.map(({progress}) => progress.step * microSteps),
    );
  });
});
