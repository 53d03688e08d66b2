/**
 * Where numbers that are not finite come from: every op that outputs some, and the ops that it got
 * them from.
 */
import type {OpFinding} from '@rife-train/core';

/** What is known about a tensor's content. */
export interface Content {
  shape: readonly number[];
  isFinite(): boolean;
  /** Largest |value|. */
  largest(): number;
}

/** An op whose output is not finite. Numbers and names alone: no tensor is kept alive. */
interface BrokenOp {
  /** Indices of the ops from which it received inputs that are not finite. */
  from: readonly number[];
  /**
   * Present if the values originate in this op: no earlier op made any of its inputs not finite.
   */
  origin?: OpFinding;
}

/** Index of an op whose output is finite. */
const SOUND = -1;

/**
 * Tensors are identified by their data: a clone or a variable that is set to an op's output has the
 * same.
 */
export class Trail {
  private readonly ops: BrokenOp[] = [];
  /** Index of the op that made the data. */
  private readonly madeBy = new WeakMap<object, number>();
  private readonly names = new WeakMap<object, string>();
  /**
   * Whether data is finite. Cached for data that no op made, since weights are checked again and
   * again.
   */
  private readonly outside = new WeakMap<object, boolean>();

  constructor(private readonly contentOf: (data: object) => Content) {}

  /** Names data that comes from outside. */
  name(data: object, name: string): void {
    this.names.set(data, name);
  }

  /**
   * Records an op. Returns a description of the op if numbers that are not finite originate in it.
   */
  add(
    op: string,
    scope: string,
    inputs: readonly object[],
    outputs: readonly object[],
  ): OpFinding | undefined {
    const sound = outputs.every(data => this.contentOf(data).isFinite());
    for (const data of outputs) this.madeBy.set(data, sound ? SOUND : this.ops.length);
    if (sound) return undefined;
    const broken = inputs.filter(data => !this.isSound(data));
    const from = broken.flatMap(data => this.madeBy.get(data) ?? []);
    const origin = from.length > 0 ? undefined : this.describe(op, scope, inputs, broken);
    this.ops.push({from, ...(origin && {origin})});
    return origin;
  }

  /** Index of the op that created data which is not finite. */
  indexOf(data: object): number | undefined {
    const index = this.madeBy.get(data);
    return index === SOUND ? undefined : index;
  }

  /** The ops from which the outputs of some ops derive, in the order in which they ran. */
  originsOf(indices: readonly number[]): OpFinding[] {
    const reached = new Set(indices);
    // The set grows while it is walked; the loop visits what is added.
    for (const index of reached) this.ops[index]!.from.forEach(before => reached.add(before));
    return [...reached].sort((a, b) => a - b).flatMap(index => this.ops[index]!.origin ?? []);
  }

  private isSound(data: object): boolean {
    const made = this.madeBy.get(data);
    if (made !== undefined) return made === SOUND;
    const known = this.outside.get(data);
    if (known !== undefined) return known;
    const isFinite = this.contentOf(data).isFinite();
    this.outside.set(data, isFinite);
    return isFinite;
  }

  private describe(
    op: string,
    scope: string,
    inputs: readonly object[],
    broken: readonly object[],
  ): OpFinding {
    const sound = inputs.filter(data => !broken.includes(data));
    const sources = new Set(broken.map(data => this.names.get(data) ?? 'a constant'));
    return {
      op,
      scope,
      inputs: inputs.map(data => [...this.contentOf(data).shape]),
      largestInput: sound.reduce((most, data) => Math.max(most, this.contentOf(data).largest()), 0),
      fromOutside: broken.length > 0,
      ...(sources.size > 0 && {source: [...sources].join(', ')}),
    };
  }
}
