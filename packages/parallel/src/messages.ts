/** Messages between replicas and the coordinator; all of them can be cloned. */
import type {ReplicaFailure} from '@rife-train/errors';

/** Call of a replica that ended. */
export const END = 'the end of its work';

/** From a replica to the coordinator. */
export type Up =
  | {type: 'call'; seq: number; kind: string; value: unknown}
  | {type: 'post'; message: unknown}
  | {type: 'returned'; seq: number; value: unknown}
  | {type: 'failed'; failure: ReplicaFailure};

/** From the coordinator to a replica. */
export type Down =
  | {type: 'values'; seq: number; values: unknown[]}
  | {type: 'lost'; failure: ReplicaFailure}
  | {type: 'abort'; reason: string};

/** Task of a replica. */
export interface Job {
  rank: number;
  count: number;
  /** File URL of the module. */
  entry: string;
  payload: unknown;
  device: string;
}
