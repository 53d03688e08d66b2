/**
 * How a replica's variables get into its block, blocks become means, and means variables: by the
 * engine itself, or through the host.
 */
import type {FILE_LINE as Line, FILE_PIECE as Piece, Program, SharedFiles} from '@rife-train/core';
import {replicasLayout, unknownVariable} from '@rife-train/errors';
import type {Blocks, Place} from './blocks.js';

// Copies of the contract's numbers, which the compiler checks: a replica would otherwise load all
// of core and tfjs for them.
const FILE_LINE: typeof Line = 16;
const FILE_PIECE: typeof Piece = 32_768;

/** What a replica reports about the variables that it names. */
export interface Layout {
  names: readonly string[];
  sizes: readonly number[];
}

/**
 * Both ways put the same floats at the same places and give the same bits, so replicas may use
 * different ones.
 */
export interface Way {
  /** Copies the variables into this replica's block. */
  put(program: Program): Promise<void>;
  /**
   * Computes the means of the floats [from, to) of all blocks.
   * @returns sum of their squares
   */
  mean(from: number, to: number): number;
  /** Sets the variables to the means. */
  take(program: Program): Promise<void>;
}

/** The next multiple of a cache line. */
export const onLine = (floats: number) => Math.ceil(floats / FILE_LINE) * FILE_LINE;

/** Offsets of variables in a block, and its length. */
export function startsOf(sizes: readonly number[]): {starts: number[]; total: number} {
  let total = 0;
  const starts = sizes.map(size => (total += onLine(size)) - onLine(size));
  return {starts, total};
}

export function sizeOf(name: string, values: ReadonlyMap<string, Float32Array>): number {
  const value = values.get(name);
  if (!value) throw unknownVariable(name);
  return value.length;
}

/** The engine's own way: gradients never become JavaScript arrays. */
export const fileWay = (
  files: SharedFiles,
  blocks: readonly number[],
  {names}: Layout,
  {rank, count}: Place,
): Way => ({
  put: async () => files.write(names, blocks[rank]!),
  mean: (from, to) => files.mean(blocks.slice(0, count), blocks[count]!, from, to),
  take: async () => files.read(names, blocks[count]!),
});

/** In JavaScript, for any engine and any memory. */
export class HostWay implements Way {
  private readonly starts: readonly number[];
  private readonly sums = new Float64Array(FILE_PIECE);
  private readonly scratch = new Float32Array(FILE_PIECE);

  constructor(
    private readonly layout: Layout,
    private readonly place: Place,
    private readonly blocks: Blocks,
  ) {
    this.starts = startsOf(layout.sizes).starts;
  }

  /** @throws RIFE_ERR_PARALLEL_LAYOUT if the size of a variable has changed */
  async put(program: Program): Promise<void> {
    const {names, sizes} = this.layout;
    const values = await program.readVariables(names);
    names.forEach((name, i) => {
      if (sizeOf(name, values) !== sizes[i])
        throw replicasLayout(`"${name}" had ${sizes[i]} values, and now has ${sizeOf(name, values)}`);
      this.blocks.write(this.place.rank, this.starts[i]!, values.get(name)!);
    });
  }

  mean(from: number, to: number): number {
    const {count} = this.place;
    let squares = 0;
    for (let at = from; at < to; at += FILE_PIECE) {
      const length = Math.min(FILE_PIECE, to - at);
      const scratch = this.scratch.subarray(0, length);
      const sums = this.sums.subarray(0, length);
      sums.fill(0);
      for (let rank = 0; rank < count; rank++) add(sums, this.blocks.read(rank, at, scratch));
      squares += means(sums, count, scratch);
      this.blocks.write(count, at, scratch);
    }
    return squares;
  }

  /** Copies the means: the program may keep what it is given. */
  async take(program: Program): Promise<void> {
    const {names, sizes} = this.layout;
    const values = names.map((name, i) => {
      const own = new Float32Array(sizes[i]!);
      const read = this.blocks.read(this.place.count, this.starts[i]!, own);
      if (read !== own) own.set(read);
      return [name, own] as const;
    });
    await program.writeVariables(new Map(values));
  }
}

function add(sums: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
}

/** Divides. @returns sum of the squares of the means, as rounded */
function means(sums: Float64Array, count: number, into: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < sums.length; i++) {
    const mean = Math.fround(sums[i]! / count);
    into[i] = mean;
    squares += mean * mean;
  }
  return squares;
}
