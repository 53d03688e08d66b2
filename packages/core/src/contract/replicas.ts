/**
 * The contract between the trainer and the replicas of one run: equal trainers, one per device,
 * each with its own part of the data. packages/parallel implements it for one machine; TensorFlow's
 * collectives, for NCCL and several machines, fit in as well (docs/parallel.md).
 */
import type {Program} from './program.js';

/** What {@link ReplicaGroup.meanOf} did. */
export interface ReduceReport {
  /** L2 norm of all the means, taken as one vector. The same bits on every replica. */
  norm: number;
  /** Milliseconds that this replica worked on it: reading, adding up, writing. */
  workMs: number;
  /** Milliseconds that it waited for others meanwhile. */
  waitMs: number;
}

/** One replica's view of all of them. Every replica makes the same calls in the same order. */
export interface ReplicaGroup {
  /** Number of this replica, from 0; replica 0 writes, logs and validates. */
  readonly rank: number;
  /** How many there are. */
  readonly count: number;
  /**
   * Hands a value to all, and waits for theirs. Values are copied as by `structuredClone`; small
   * ones, not tensors.
   * @returns the values by rank
   * @throws RIFE_ERR_PARALLEL_LOST when another replica has failed: then nothing can go on
   */
  gather<T>(value: T): Promise<T[]>;
  /**
   * Replaces float32 variables of each replica's program by their mean over the replicas, on every
   * one with the same bits. The order of the additions is that of the ranks, so a rerun gives the
   * same bits too.
   * @param variables the same names in the same order everywhere
   * @throws RIFE_ERR_PARALLEL_LOST
   */
  meanOf(program: Program, variables: readonly string[]): Promise<ReduceReport>;
}
