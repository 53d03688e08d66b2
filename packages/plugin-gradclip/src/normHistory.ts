/**
 * AutoClip (Seetharaman et al. 2020): the bound is a percentile of the norms so far, the current
 * one included.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {DeclareScalar, NormStatistic} from './statistic.js';

/** Represents "no such norm" where a number must be finite: the largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Index of the first value that is not below `value`. */
function positionOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Neighbours of the percentile's position in a list into which one more value will be inserted. */
interface Neighbours {
  below: number;
  at: number;
  above: number;
  /** Weight of the upper one of the two values between which the percentile is. */
  weight: number;
}

/** The last norms, in order of arrival and in order of size. */
export class NormHistory implements NormStatistic {
  private norms: number[] = [];
  private sorted: number[] = [];

  /**
   * @param percentile 0 to 100
   * @param size number of norms, including the current one
   */
  constructor(
    private readonly percentile: number,
    private readonly size: number,
  ) {}

  add(norm: number): void {
    this.norms.push(norm);
    this.sorted.splice(positionOf(this.sorted, norm), 0, norm);
    if (this.norms.length < this.size) return;
    const oldest = this.norms.shift()!;
    this.sorted.splice(positionOf(this.sorted, oldest), 1);
  }

  /**
   * The percentile of the norms so far and `norm`, with linear interpolation as in NumPy. The graph
   * can't sort. With `norm` inserted, the percentile is the middle one of `norm` and its two
   * neighbours, so three of the sorted norms are enough.
   */
  bound(norm: tf.Scalar, declare: DeclareScalar): tf.Scalar {
    const below = declare('below', this.readBelow);
    const at = declare('at', this.readAt);
    const above = declare('above', this.readAbove);
    const weight = declare('weight', this.readWeight);
    const lower = tf.minimum<tf.Scalar>(tf.maximum(norm, below), at);
    const upper = tf.minimum<tf.Scalar>(tf.maximum(norm, at), above);
    return tf.add(lower, tf.mul(tf.sub(upper, lower), weight));
  }

  save(): number[] {
    return [...this.norms];
  }

  load(saved: unknown): boolean {
    const norms = (saved ?? []) as number[];
    if (!Array.isArray(norms) || !norms.every(Number.isFinite)) return false;
    this.norms = norms.slice(-(this.size - 1));
    this.sorted = [...this.norms].sort((a, b) => a - b);
    return true;
  }

  // Created once: a declared scalar keeps its function.
  private readonly readBelow = () => this.neighbours().below;
  private readonly readAt = () => this.neighbours().at;
  private readonly readAbove = () => this.neighbours().above;
  private readonly readWeight = () => this.neighbours().weight;

  private neighbours(): Neighbours {
    const {sorted} = this;
    const place = (this.percentile / 100) * sorted.length;
    const index = Math.floor(place);
    return {
      below: sorted[index - 1] ?? 0,
      at: sorted[index] ?? LARGEST,
      above: sorted[index + 1] ?? LARGEST,
      weight: place - index,
    };
  }
}
