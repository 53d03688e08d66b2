/**
 * Which samples the batches of a run hold. Samples are numbered through the whole run; a batch is a
 * range of them, shared among the replicas. Where a run is resumed with another number of replicas
 * or another batch size, the numbers of samples continue without a gap, and batches are counted
 * from a new origin.
 */
import type {Ranges} from './avoided.js';
import type {CheckpointState, RunPosition} from './state.js';
import {drawnPerBatch} from '../config/dataSchema.js';
import type {TrainConfig} from '../contract/index.js';

/** A batch, and the number of its first sample; later batches follow. */
export interface DataOrigin {
  batch: number;
  sample: number;
}

/** How samples become batches, as a checkpoint keeps it. */
export interface Sharding {
  /** Samples of a batch of all replicas together, without mirrored copies. */
  perBatch: number;
  microSteps: number;
  origin: DataOrigin;
}

const FIRST: DataOrigin = {batch: 0, sample: 0};

/** How samples become batches in a run that begins. */
export const firstSharding = ({data, optim}: TrainConfig, count: number): Sharding => ({
  perBatch: drawnPerBatch(data) * count,
  microSteps: optim.microSteps,
  origin: FIRST,
});

/** The sharding of a checkpoint; those of older releases were of one device. */
export function shardingOf({sharding, config}: Pick<CheckpointState, 'sharding' | 'config'>): Sharding {
  const [perBatch, microSteps] = [config.data['batch'], config.optim['microSteps']].map(Number);
  return sharding ?? {perBatch: perBatch || 1, microSteps: microSteps || 1, origin: FIRST};
}

/** Number of the first sample of a batch. */
export const firstSample = ({perBatch, origin}: Sharding, batch: number) =>
  origin.sample + (batch - origin.batch) * perBatch;

/**
 * The sharding of a resumed run, from a batch of the old sharding on. Batches are numbered so that
 * steps keep their numbers, and with them what plugins decide by the step.
 * @param dataIndex number of the next batch, of the old sharding
 */
export function reshard(
  old: Sharding,
  {perBatch, microSteps}: Omit<Sharding, 'origin'>,
  dataIndex: number,
): Sharding {
  if (old.perBatch === perBatch && old.microSteps === microSteps) return old;
  const batch = Math.ceil(dataIndex / old.microSteps) * microSteps;
  return {perBatch, microSteps, origin: {batch, sample: firstSample(old, dataIndex)}};
}

/**
 * A position of the old sharding in the new one. The position at the change is exact. A range
 * elsewhere that does not begin and end with a batch of the new sharding is widened to whole
 * batches.
 */
export function translate(position: RunPosition, old: Sharding, now: Sharding): RunPosition {
  const at = (batch: number, round: (value: number) => number) =>
    Math.max(0, now.origin.batch + round((firstSample(old, batch) - now.origin.sample) / now.perBatch));
  const avoided: Ranges = position.avoided.map(
    ([from, to]) => [at(from, Math.floor), at(to, Math.ceil)] as const,
  );
  return {...position, dataIndex: at(position.dataIndex, Math.ceil), avoided};
}
