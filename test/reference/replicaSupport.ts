/** Replicas of the whole trainer, on real clips and RIFE's network, in one thread. */
import {createHash} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  Logger,
  type Program,
  resolveConfig,
  type StepMetrics,
  Trainer,
  type UserConfig,
} from '@rife-train/core';
import {openBatchSource} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {inlineGroups} from '@rife-train/parallel';

const CLIPS = join(__dirname, '../../examples/quickstart/clips');

/** Number of replicas, and their data. */
export interface Split {
  devices: number;
  batch: number;
  microSteps?: number;
  /**
   * Exchange data through files, where own kernels compute the mean. @default false: in JavaScript
   */
  files?: boolean;
}

/** Results of a run: metrics of replica 0, and the variables of each. */
export interface SplitRun {
  steps: StepMetrics[];
  programs: ReadonlyMap<string, Float32Array>[];
}

function configOf({devices, batch, microSteps = 1}: Split, steps: number, out: string): UserConfig {
  return {
    // Epochs count the samples of all replicas; previews and checkpoints are not compared.
    data: {root: CLIPS, crop: 64, batch, gaps: [1, 4], workers: 1, epoch: 'full'},
    model: {widths: [24, 16, 16]},
    optim: {microSteps, learningRate: 3e-4, warmupSteps: 10},
    ...{steps, out, devices, previewEvery: 0, saveEvery: 1000},
  };
}

/** Trains some steps, with `devices` replicas that take turns. */
export async function trainSplit(split: Split, steps: number): Promise<SplitRun> {
  const engine = await createEngine();
  const groups = inlineGroups(split.devices, {files: split.files ?? false});
  const out = mkdtempSync(join(tmpdir(), 'rife-replicas-'));
  const programs: Program[] = [];
  const run: SplitRun = {steps: [], programs: []};
  try {
    const config = configOf(split, steps, out);
    await Promise.all(
      groups.map(async (group, rank) => {
        const trainer = new Trainer({
          config,
          openEngine: async () => ({
            ...engine,
            createProgram: variables => (programs[rank] = engine.createProgram(variables)),
          }),
          networks: NETWORKS,
          openBatches: ({data, seed, policyAt, shard, origin}) =>
            openBatchSource({...data, seed, policyAt, shard, origin}),
          logger: new Logger({
            line: () => {},
            step: metrics => void (rank === 0 && run.steps.push(structuredClone(metrics))),
          }),
          ...(split.devices > 1 && {replicas: group}),
        });
        trainer.hooks.done.tapPromise('test', async () => {
          run.programs[rank] = await programs[rank]!.readVariables();
        });
        await trainer.run();
      }),
    );
    expect(resolveConfig(config).devices).toBe(split.devices);
    return run;
  } finally {
    groups.forEach(group => group.close());
    rmSync(out, {recursive: true, force: true});
  }
}

/** |a - b| / |b| over all variables with a matching name, as one vector. */
export function distance(a: SplitRun, b: SplitRun, fits: (name: string) => boolean): number {
  let [difference, size] = [0, 0];
  for (const [name, values] of b.programs[0]!) {
    if (!fits(name)) continue;
    const other = a.programs[0]!.get(name)!;
    values.forEach((value, i) => {
      difference += (other[i]! - value) ** 2;
      size += value ** 2;
    });
  }
  return Math.sqrt(difference / size);
}

export const isGradient = (name: string) => name.startsWith('grad/');

/** Of every bit of every variable. */
export function checksumOf(variables: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256');
  for (const [name, values] of variables)
    hash.update(name).update(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}
