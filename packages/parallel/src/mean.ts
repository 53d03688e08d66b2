/** The mean of variables over replicas, to the same bits on all of them. */
import {performance} from 'node:perf_hooks';
import type {Program, ReduceReport} from '@rife-train/core';
import {replicasLayout} from '@rife-train/errors';
import type {Blocks, OpenBlocks, Place} from './blocks.js';
import type {Link} from './link.js';

/** Floats that are added up at a time: with their sums they fit in a core's own cache. */
const PIECE = 1 << 15;
/** Parts begin at a multiple of it, so that no two replicas write to one line of the cache. */
const LINE = 16;

/** What a replica says about the variables that it names. */
interface Layout {
  names: readonly string[];
  sizes: readonly number[];
}

/** The floats that replica `rank` adds up: [from, to). */
export function partOf(rank: number, count: number, total: number): [number, number] {
  const each = Math.ceil(total / count / LINE) * LINE;
  return [Math.min(rank * each, total), Math.min((rank + 1) * each, total)];
}

/** @throws RIFE_ERR_PARALLEL_LAYOUT unless all are the same */
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

/** Takes the mean of one list of variables, again and again, in the same memory. */
export class MeanOf {
  readonly #result: Float32Array;
  readonly #values: Map<string, Float32Array>;
  readonly #sums = new Float64Array(PIECE);
  readonly #scratch = new Float32Array(PIECE);

  private constructor(
    private readonly link: Link,
    private readonly place: Place,
    private readonly id: number,
    private readonly layout: Layout,
    private readonly blocks: Blocks,
  ) {
    let total = 0;
    const starts = layout.sizes.map(size => (total += size) - size);
    this.#result = new Float32Array(total);
    this.#values = new Map(
      layout.names.map((name, i) => [name, this.#result.subarray(starts[i]!, starts[i]! + layout.sizes[i]!)]),
    );
  }

  /** Every replica calls it at the same time. */
  static async open(link: Link, place: Place, id: number, layout: Layout, openBlocks: OpenBlocks) {
    const all = await link.call('meanOf(): variables', layout);
    checkLayouts(all);
    const total = layout.sizes.reduce((sum, size) => sum + size, 0);
    const blocks = await openBlocks(link, place, total);
    return new MeanOf(link, place, id, layout, blocks);
  }

  async run(program: Program, values: ReadonlyMap<string, Float32Array>): Promise<ReduceReport> {
    const start = performance.now();
    let waitMs = 0;
    const meet = async <T>(kind: string, value: T) => {
      const since = performance.now();
      const all = await this.link.call(kind, value);
      waitMs += performance.now() - since;
      return all;
    };
    this.#write(values);
    const lists = await meet('meanOf(): values', this.id);
    if (lists.some(id => id !== this.id))
      throw replicasLayout(`lists ${lists.join(', ')} of variables were named, by rank`);
    const squares = await meet('meanOf(): means', this.#reduce());
    this.#fetch();
    await program.writeVariables(this.#values);
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    return {norm, workMs: performance.now() - start - waitMs, waitMs};
  }

  close(): void {
    this.blocks.close();
  }

  /** @throws RIFE_ERR_PARALLEL_LAYOUT when a variable has another size than at first */
  #write(values: ReadonlyMap<string, Float32Array>): void {
    let at = 0;
    this.layout.names.forEach((name, i) => {
      const own = values.get(name)!;
      if (own.length !== this.layout.sizes[i])
        throw replicasLayout(`"${name}" had ${this.layout.sizes[i]} values, and now has ${own.length}`);
      this.blocks.write(this.place.rank, at, own);
      at += own.length;
    });
  }

  /** Adds up this replica's part of all blocks. @returns sum of the squares of its means */
  #reduce(): number {
    const {rank: own, count} = this.place;
    const [from, to] = partOf(own, count, this.#result.length);
    let squares = 0;
    for (let at = from; at < to; at += PIECE) {
      const length = Math.min(PIECE, to - at);
      const scratch = this.#scratch.subarray(0, length);
      const sums = this.#sums.subarray(0, length);
      sums.fill(0);
      for (let rank = 0; rank < count; rank++) add(sums, this.blocks.read(rank, at, scratch));
      squares = means(sums, count, scratch, squares);
      this.blocks.write(count, at, scratch);
    }
    return squares;
  }

  /** Copies the result: the program may hold on to what it is given. */
  #fetch(): void {
    const read = this.blocks.read(this.place.count, 0, this.#result);
    if (read !== this.#result) this.#result.set(read);
  }
}

function add(sums: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
}

/** Divides, and adds squares of the means, as rounded, to `squares`. */
function means(sums: Float64Array, count: number, into: Float32Array, squares: number): number {
  for (let i = 0; i < sums.length; i++) {
    const mean = Math.fround(sums[i]! / count);
    into[i] = mean;
    squares += mean * mean;
  }
  return squares;
}
