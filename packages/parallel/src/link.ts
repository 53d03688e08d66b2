/** A replica's end of the connection to the coordinator. */
import {replicaFailure, replicaLost} from '@rife-train/errors';
import type {Down, Up} from './messages.js';

interface Waiting {
  resolve(values: unknown[]): void;
  reject(error: Error): void;
}

export class Link {
  private readonly waiting = new Map<number, Waiting>();
  private seq = 0;
  private lost: Error | undefined;

  constructor(
    private readonly rank: number,
    private readonly send: (message: Up) => void,
  ) {}

  /**
   * Sends a value to all, and waits for theirs.
   * @param kind name of the call, the same on every replica; for messages
   * @throws RIFE_ERR_PARALLEL_LOST
   */
  async call<T>(kind: string, value: T): Promise<T[]> {
    if (this.lost) throw this.lost;
    const seq = this.seq++;
    const values = new Promise<unknown[]>((resolve, reject) => this.waiting.set(seq, {resolve, reject}));
    try {
      this.send({type: 'call', seq, kind, value});
    } catch (error) {
      this.waiting.delete(seq);
      throw error;
    }
    return (await values) as T[];
  }

  post(message: unknown): void {
    this.send({type: 'post', message});
  }

  returned(value: unknown): void {
    this.send({type: 'returned', seq: this.seq, value});
  }

  failed(error: unknown): void {
    this.send({type: 'failed', failure: replicaFailure(error)});
  }

  receive(message: Exclude<Down, {type: 'abort'}>): void {
    if (message.type === 'lost') {
      this.lost = replicaLost(this.rank, message.failure);
      for (const {reject} of this.waiting.values()) reject(this.lost);
      return this.waiting.clear();
    }
    this.waiting.get(message.seq)?.resolve(message.values);
    this.waiting.delete(message.seq);
  }
}
