/** Where numbers that are not finite come from and go: every op that puts some out, and the ops that it got them from. */
import type {OpFinding} from '@rife-train/core';

/** What is known of a tensor's content. */
export interface Content {
  shape: readonly number[];
  isFinite(): boolean;
  /** Largest |value|. */
  largest(): number;
}

/** An op whose output is not finite. Numbers and names alone: no tensor is kept alive. */
interface BrokenOp {
  /** Ops that its input which is not finite came from, by index. */
  from: readonly number[];
  /** Present where it comes from this op: nothing that went in was made not finite by an op before. */
  origin?: OpFinding;
}

/** Index of an op whose output is finite. */
const SOUND = -1;

/** Tensors are known by their data: a clone or a variable that is set to an op's output has the same. */
export class Trail {
  private readonly ops: BrokenOp[] = [];
  /** Index of the op that made the data. */
  private readonly madeBy = new WeakMap<object, number>();
  private readonly names = new WeakMap<object, string>();
  /** Is it finite? Of data that no op made: weights are asked for again and again. */
  private readonly outside = new WeakMap<object, boolean>();

  constructor(private readonly contentOf: (data: object) => Content) {}

  /** Says what data is that comes from outside. */
  name(data: object, name: string): void {
    this.names.set(data, name);
  }

  /** Takes an op down. Returns what there is to say about it when numbers that are not finite come from it. */
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

  /** Index of the op that made data which is not finite. */
  indexOf(data: object): number | undefined {
    const index = this.madeBy.get(data);
    return index === SOUND ? undefined : index;
  }

  /** The ops that what some ops put out comes from, in the order in which they ran. */
  originsOf(indices: readonly number[]): OpFinding[] {
    const reached = new Set(indices);
    // A set that grows while it is walked is walked to its end.
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
