import type * as tf from '@tensorflow/tfjs-core';

/** Declares a scalar of the plugin (`trace.scalar` under `gradclip.<name>`). */
export type DeclareScalar = (name: string, value: () => number) => tf.Scalar;

/** Basis of a bound: norms of earlier updates. On the host, of bounded size. */
export interface NormStatistic {
  /** Records the norm of an update; finite, before clipping. */
  add(norm: number): void;
  /** Traced: bound of this step's norm; Infinity for none. */
  bound(norm: tf.Scalar, declare: DeclareScalar): tf.Scalar;
  /** A JSON value. */
  save(): unknown;
  /**
   * Restores what `save` returned; undefined clears it. Returns false, and changes nothing, for
   * anything else.
   */
  load(saved: unknown): boolean;
}
