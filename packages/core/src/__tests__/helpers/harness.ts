/** Trainers on fakes, in a folder of their own. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {
  Batch,
  BatchSource,
  RifePlugin,
  StepMetrics,
  TrainerHooks,
  UserConfig,
} from '../../contract/index.js';
import {definePlugin} from '../../plugins/definePlugin.js';
import {Logger} from '../../log/logger.js';
import type {BatchRequest} from '../../run/openRun.js';
import {Trainer, type TrainerOptions} from '../../run/trainer.js';
import {TestEngine} from './eagerProgram.js';
import {fakeNetwork} from './fakeModel.js';

export const BATCH = 2;
export const SIDE = 2;

/** Batches that depend on seed, number and policy alone. */
export class FakeBatches implements BatchSource {
  readonly batchSize = BATCH;
  readonly crop = [SIDE, SIDE] as const;
  closed = false;
  /** Numbers of the batches that were handed out. */
  readonly given: number[] = [];
  private index: number;

  constructor(
    private readonly request: BatchRequest,
    private readonly poisoned: (index: number) => boolean,
    private readonly times: readonly number[],
  ) {
    this.index = request.startIndex;
  }

  async next(): Promise<Batch> {
    const index = this.index++;
    this.given.push(index);
    const policy = this.request.policyAt(index);
    const value = (i: number) => (Math.imul(index * 977 + i + this.request.seed, 2654435761) >>> 24) & 255;
    return {
      images: Uint8Array.from({length: BATCH * SIDE * SIDE * 9}, (_, i) => value(i)),
      gap: new Float32Array(BATCH).fill(policy.maxGap),
      timestep: Float32Array.from(this.times, time => (this.poisoned(index) ? NaN : time)),
      names: Array.from({length: BATCH}, (_, i) => `clip${index}/${i}`),
      index,
      policy,
    };
  }

  async seek(index: number): Promise<void> {
    this.index = index;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rife-core-'));
  folders.push(folder);
  return folder;
}
const folders: string[] = [];
afterAll(() => folders.forEach(folder => rmSync(folder, {recursive: true, force: true})));

export interface Setup {
  out?: string;
  config?: Partial<UserConfig>;
  plugins?: RifePlugin[];
  poisoned?: (index: number) => boolean;
  /** Timestep of each sample of a batch. */
  times?: readonly [number, number];
  options?: Partial<TrainerOptions>;
}

/** A trainer on fakes with everything that a test may look at. */
export function makeTrainer({
  out = temporaryFolder(),
  config = {},
  plugins = [],
  poisoned = () => false,
  times = [0.5, 0.5],
  options = {},
}: Setup = {}) {
  const engine = new TestEngine();
  const lines: string[] = [];
  const steps: StepMetrics[] = [];
  const sources: FakeBatches[] = [];
  const logger = new Logger({
    line: (text, level) => lines.push(level === 'warn' ? `warning: ${text}` : text),
    step: metrics => steps.push(structuredClone(metrics)),
  });
  const trainer = new Trainer({
    config: {
      data: {root: 'clips'},
      steps: 6,
      out,
      saveEvery: 2,
      optim: {learningRate: 0.01, warmupSteps: 1},
      plugins,
      ...config,
    },
    openEngine: async () => engine,
    networks: [fakeNetwork()],
    openBatches: async request => {
      const source = new FakeBatches(request, poisoned, times);
      sources.push(source);
      return source;
    },
    logger,
    ...options,
  });
  return {trainer, engine, lines, steps, sources, out};
}

/** A plugin that taps one hook. */
export function tapping<K extends keyof TrainerHooks>(
  hook: K,
  fn: Parameters<TrainerHooks[K]['tap']>[1],
  name = 'test:plugin',
): RifePlugin {
  return definePlugin({
    name,
    apply: ({hooks}) => (hooks[hook].tap as (name: string, fn: unknown) => void)('tap', fn),
  });
}

/** The error that a promise is rejected with. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & {code?: string; plugin?: string; hook?: string}> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );
}

export const metricsLines = (out: string) =>
  readFileSync(path.join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
