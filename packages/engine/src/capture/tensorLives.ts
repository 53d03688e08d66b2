/**
 * How many bytes of an entry's tensors are alive at once, if its nodes run in the order of
 * recording.
 */
import {DT} from './graphDef.js';

const BYTES: Readonly<Record<number, number>> = {
  [DT.float32]: 4,
  [DT.int32]: 4,
  [DT.int64]: 8,
  [DT.uint8]: 1,
  [DT.bool]: 1,
  [DT.bfloat16]: 2,
};

/** Ops whose output is their first input with another shape: TensorFlow copies nothing. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'ExpandDims', 'Squeeze', 'StopGradient']);

interface Life {
  bytes: number;
  from: number;
  /** Time of the last use. */
  to: number;
}

const bytesOf = (shape: readonly number[], dtype: number) =>
  shape.reduce((a, b) => a * b, 1) * (BYTES[dtype] ?? 4);

/**
 * When each tensor is created and last used. Time is the number of ops so far. Excludes variables,
 * and memory that kernels use for themselves while they run.
 */
export class TensorLives {
  private readonly lives: Life[] = [];
  private readonly byRef = new Map<string, Life>();
  private now = 0;

  /** A tensor of its own: an op's output, or a feed. */
  made(ref: string, shape: readonly number[], dtype: number): void {
    const life = {bytes: bytesOf(shape, dtype), from: this.now, to: this.now};
    this.lives.push(life);
    this.byRef.set(ref, life);
  }

  /** A constant: it stays in memory for as long as the graph does. */
  constant(ref: string, shape: readonly number[], dtype: number): void {
    if (this.byRef.has(ref)) return;
    this.made(ref, shape, dtype);
    this.byRef.get(ref)!.from = 0;
    this.byRef.get(ref)!.to = Infinity;
  }

  used(ref: string): void {
    const life = this.byRef.get(ref);
    if (life) life.to = Math.max(life.to, this.now);
  }

  /** An op has been recorded. */
  ran(
    op: string,
    inputs: readonly string[],
    outputs: readonly (readonly [string, readonly number[], number])[],
  ) {
    this.now++;
    for (const ref of inputs) this.used(ref);
    const source = VIEWS.has(op) ? this.byRef.get(inputs[0]!) : undefined;
    for (const output of outputs)
      if (source) this.byRef.set(output[0], source);
      else this.made(...output);
  }

  /** The peak of the bytes that are alive. */
  peakBytes(): number {
    const changes = new Float64Array(this.now + 2);
    for (const {bytes, from, to} of this.lives) {
      changes[from]! += bytes;
      if (to <= this.now) changes[to + 1]! -= bytes;
    }
    let [alive, peak] = [0, 0];
    for (const change of changes) peak = Math.max(peak, (alive += change));
    return peak;
  }
}
