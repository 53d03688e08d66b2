/** Replicas in one thread, which take turns at each `await`. */
import type {ReplicaGroup} from '@rife-train/core';
import {openSharedBlocks} from './blocks.js';
import {Coordinator} from './coordinator.js';
import {openFileBlocks} from './fileBlocks.js';
import {HostGroup} from './group.js';
import {Link} from './link.js';
import type {Down, Job, Up} from './messages.js';
import {openReplica} from './replica.js';

/** Such a replica can't be killed: one that hangs is abandoned. */
export function startInline(coordinator: Coordinator, job: Job): void {
  const {rank} = job;
  const send = (message: Up) => {
    const copy = structuredClone(message);
    queueMicrotask(() => coordinator.receive(rank, copy));
  };
  const replica = openReplica({...job, payload: structuredClone(job.payload)}, send, openSharedBlocks);
  coordinator.attach(rank, {
    send: message => replica.receive(structuredClone(message)),
    kill: () => {},
  });
  void replica.ended.then(() => queueMicrotask(() => coordinator.gone(rank, 'it ended without a message')));
}

/** Options of {@link inlineGroups}. */
export interface InlineOptions {
  /** Seconds that replicas wait for one of them; 0: forever. @default 0 */
  timeout?: number;
  /**
   * Meet in files, as processes do; the engine's own kernels take means there.
   * @default false: in memory
   */
  files?: boolean;
}

/** A group that its creator must close. */
export interface InlineGroup extends ReplicaGroup {
  /** Releases the memory of its means. */
  close(): void;
}

/** Groups of replicas in one thread, for tests and for replicas that the caller starts. */
export function inlineGroups(count: number, options: InlineOptions = {}): InlineGroup[] {
  const coordinator = new Coordinator({count, timeoutMs: (options.timeout ?? 0) * 1000, graceMs: 0});
  return Array.from({length: count}, (_, rank) => {
    const link = new Link(rank, message => {
      const copy = structuredClone(message);
      queueMicrotask(() => coordinator.receive(rank, copy));
    });
    const receive = (message: Down) => message.type !== 'abort' && link.receive(structuredClone(message));
    coordinator.attach(rank, {send: receive, kill: () => {}});
    return new HostGroup(rank, count, link, options.files ? openFileBlocks : openSharedBlocks);
  });
}
