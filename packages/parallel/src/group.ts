import type {Program, ReduceReport, ReplicaGroup} from '@rife-train/core';
import type {OpenBlocks} from './blocks.js';
import type {Link} from './link.js';
import {MeanOf} from './mean.js';
import {sizeOf} from './ways.js';

/** A group over a {@link Link} that computes means on the host. */
export class HostGroup implements ReplicaGroup {
  private readonly means = new Map<string, MeanOf>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly rank: number,
    readonly count: number,
    private readonly link: Link,
    private readonly openBlocks: OpenBlocks,
  ) {}

  gather<T>(value: T): Promise<T[]> {
    return this.inTurn(() => this.link.call('gather()', value));
  }

  meanOf(program: Program, variables: readonly string[]): Promise<ReduceReport> {
    return this.inTurn(() => this.meanNow(program, variables));
  }

  close(): void {
    this.means.forEach(mean => mean.close());
    this.means.clear();
  }

  private async meanNow(program: Program, variables: readonly string[]): Promise<ReduceReport> {
    const key = variables.join('\n');
    let mean = this.means.get(key);
    if (!mean) {
      mean = await this.openMean(program, variables);
      this.means.set(key, mean);
    }
    return mean.run(program);
  }

  private async openMean(program: Program, names: readonly string[]): Promise<MeanOf> {
    const values = await program.readVariables(names);
    const layout = {names: [...names], sizes: names.map(name => sizeOf(name, values))};
    return MeanOf.open(this.link, this, this.means.size, layout, this.openBlocks);
  }

  /** A mean is several calls, which those of another mean must not interrupt. */
  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.last.then(act);
    this.last = result.catch(() => {});
    return result;
  }
}
