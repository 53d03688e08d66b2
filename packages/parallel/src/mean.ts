/** The mean of variables over replicas, with the same bits on all of them. */
import {performance} from 'node:perf_hooks';
import type {Program, ReduceReport, SharedFiles} from '@rife-train/core';
import {replicasLayout} from '@rife-train/errors';
import type {Blocks, OpenBlocks, Place} from './blocks.js';
import type {Link} from './link.js';
import {fileWay, HostWay, type Layout, onLine, startsOf, type Way} from './ways.js';

/**
 * The range [from, to) of floats that replica `rank` sums. No two replicas write to the same cache
 * line.
 */
export function partOf(rank: number, count: number, total: number): [number, number] {
  const each = onLine(total / count);
  return [Math.min(rank * each, total), Math.min((rank + 1) * each, total)];
}

/** @throws RIFE_ERR_PARALLEL_LAYOUT unless all are equal */
function checkLayouts(all: readonly Layout[]): void {
  const text = ({names, sizes}: Layout, i: number) =>
    names[i] === undefined ? 'missing' : `"${names[i]}" (${sizes[i]} values)`;
  all.forEach((layout, rank) => {
    const length = Math.max(layout.names.length, all[0]!.names.length);
    for (let i = 0; i < length; i++) {
      const [first, other] = [text(all[0]!, i), text(layout, i)];
      if (first !== other)
        throw replicasLayout(`variable ${i} is ${first} on replica 0, ${other} on replica ${rank}`);
    }
  });
}

/** Computes the mean of one list of variables repeatedly, in the same memory. */
export class MeanOf {
  private readonly host: HostWay;
  private files: SharedFiles | undefined;

  private constructor(
    private readonly link: Link,
    private readonly place: Place,
    private readonly id: number,
    private readonly layout: Layout,
    private readonly blocks: Blocks,
  ) {
    this.host = new HostWay(layout, place, blocks);
  }

  /** Every replica calls it at the same time. */
  static async open(link: Link, place: Place, id: number, layout: Layout, openBlocks: OpenBlocks) {
    const all = await link.call('meanOf(): variables', layout);
    checkLayouts(all);
    const blocks = await openBlocks(link, place, startsOf(layout.sizes).total);
    return new MeanOf(link, place, id, layout, blocks);
  }

  async run(program: Program): Promise<ReduceReport> {
    const start = performance.now();
    let waitMs = 0;
    const meet = async <T>(kind: string, value: T) => {
      const since = performance.now();
      const all = await this.link.call(kind, value);
      waitMs += performance.now() - since;
      return all;
    };
    const way = this.wayOf(program);
    await way.put(program);
    const lists = await meet('meanOf(): values', this.id);
    if (lists.some(id => id !== this.id))
      throw replicasLayout(`lists ${lists.join(', ')} of variables were named, by rank`);
    const {rank, count} = this.place;
    const own = partOf(rank, count, startsOf(this.layout.sizes).total);
    const squares = await meet('meanOf(): means', way.mean(...own));
    await way.take(program);
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    return {norm, workMs: performance.now() - start - waitMs, waitMs};
  }

  close(): void {
    this.files?.forget(this.blocks.files!);
    this.blocks.close();
  }

  private wayOf({files}: Program): Way {
    if (!files || !this.blocks.files) return this.host;
    this.files = files;
    return fileWay(files, this.blocks.files, this.layout, this.place);
  }
}
