import type * as tf from '@tensorflow/tfjs-core';

/** Declares a scalar of the plugin (`trace.scalar` under `gradclip.<name>`). */
export type DeclareScalar = (name: string, value: () => number) => tf.Scalar;

/** What a bound is computed from: norms of earlier updates. Lives on the host, of bounded size. */
export interface NormStatistic {
  /** Takes in the norm of an update; finite, before clipping. */
  add(norm: number): void;
  /** Traced: bound of this step's norm; Infinity where there is none. */
  bound(norm: tf.Scalar, declare: DeclareScalar): tf.Scalar;
  /** A JSON value. */
  save(): unknown;
  /** Takes over what `save` gave; undefined empties it. False, and nothing is changed, when it is something else. */
  load(saved: unknown): boolean;
}
