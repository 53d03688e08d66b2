import {performance} from 'node:perf_hooks';
import type {Program, ReduceReport, ReplicaGroup} from '@rife-train/core';
import {unknownVariable} from '@rife-train/errors';
import type {OpenBlocks} from './blocks.js';
import type {Link} from './link.js';
import {MeanOf} from './mean.js';

/** A group over a {@link Link}, that takes means on the host. */
export class HostGroup implements ReplicaGroup {
  readonly #means = new Map<string, MeanOf>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly rank: number,
    readonly count: number,
    private readonly link: Link,
    private readonly openBlocks: OpenBlocks,
  ) {}

  gather<T>(value: T): Promise<T[]> {
    return this.#inTurn(() => this.link.call('gather()', value));
  }

  meanOf(program: Program, variables: readonly string[]): Promise<ReduceReport> {
    return this.#inTurn(() => this.#meanOf(program, variables));
  }

  close(): void {
    this.#means.forEach(mean => mean.close());
    this.#means.clear();
  }

  async #meanOf(program: Program, variables: readonly string[]): Promise<ReduceReport> {
    const start = performance.now();
    const values = await program.readVariables(variables);
    const readMs = performance.now() - start;
    const mean = await this.#meanFor(variables, values);
    const report = await mean.run(program, values);
    return {...report, workMs: report.workMs + readMs};
  }

  async #meanFor(names: readonly string[], values: ReadonlyMap<string, Float32Array>): Promise<MeanOf> {
    const key = names.join('\n');
    const known = this.#means.get(key);
    if (known) return known;
    const layout = {names: [...names], sizes: names.map(name => sizeOf(name, values))};
    const mean = await MeanOf.open(this.link, this, this.#means.size, layout, this.openBlocks);
    this.#means.set(key, mean);
    return mean;
  }

  /** A mean is several calls: those of another one must not come between them. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#last.then(act);
    this.#last = result.catch(() => {});
    return result;
  }
}

function sizeOf(name: string, values: ReadonlyMap<string, Float32Array>): number {
  const value = values.get(name);
  if (!value) throw unknownVariable(name);
  return value.length;
}
