/** Work of a replica, in any thread or process. */
import type {ReplicaGroup} from '@rife-train/core';
import {noReplicaMain} from '@rife-train/errors';
import type {OpenBlocks} from './blocks.js';
import {HostGroup} from './group.js';
import {Link} from './link.js';
import type {Down, Job, Up} from './messages.js';

/** Input of a replica. */
export interface ReplicaContext {
  /** Number of this replica, from 0. */
  rank: number;
  /** Number of replicas. */
  count: number;
  group: ReplicaGroup;
  /** Aborted together with the signal of the launch. */
  signal: AbortSignal;
  payload: unknown;
  /** TensorFlow device for `createEngine`; '': TensorFlow decides. */
  device: string;
  /** Sends something that can be cloned to `onMessage` of the launch. */
  post(message: unknown): void;
}

/** Default export of an entry module. Its result must be something that can be cloned. */
export type ReplicaMain = (context: ReplicaContext) => Promise<unknown>;

/** A running replica. */
export interface OpenReplica {
  receive(message: Down): void;
  /** Reports something that was thrown outside its main function. */
  fail(error: unknown): void;
  /** Resolves when it has reported how it ended. */
  ended: Promise<void>;
}

export function openReplica(job: Job, send: (message: Up) => void, openBlocks: OpenBlocks): OpenReplica {
  const {rank, count, payload, device} = job;
  const link = new Link(rank, send);
  const controller = new AbortController();
  const group = new HostGroup(rank, count, link, openBlocks);
  const run = async () => {
    try {
      const main = await loadMain(job.entry);
      const post = (message: unknown) => link.post(message);
      link.returned(await main({rank, count, group, signal: controller.signal, payload, device, post}));
    } catch (error) {
      link.failed(error);
    } finally {
      group.close();
    }
  };
  return {
    receive: message =>
      message.type === 'abort' ? controller.abort(new Error(message.reason)) : link.receive(message),
    fail: error => link.failed(error),
    ended: run(),
  };
}

/** @throws RIFE_ERR_PARALLEL_ENTRY, or what the module throws */
async function loadMain(entry: string): Promise<ReplicaMain> {
  const {default: main} = (await import(entry)) as {default: unknown};
  if (typeof main !== 'function') throw noReplicaMain(entry, typeof main);
  return main as ReplicaMain;
}
