/** Gradient clipping by global norm that never hides a NaN, and never spreads one. */
import {definePlugin, optionError, type NamedTensors, type RifePlugin, type Trace} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

declare module '@rife-train/core' {
  interface LogKeyRegistry {
    /** Global norm before clipping. */
    'gradclip/norm': true;
    /** 1 when this step was clipped, else 0. */
    'gradclip/clipped': true;
  }
}

export interface GradClipOptions {
  /** Upper bound of the global L2 norm of all gradients; above 0. @default 1 */
  maxNorm?: number;
}

export const NAME = 'rife:gradclip';

/** L2 norm of all gradients taken as one vector. NaN or Infinity in, NaN or Infinity out. */
export function globalNorm(gradients: NamedTensors): tf.Scalar {
  return tf.sqrt(tf.addN(Object.values(gradients).map(gradient => tf.sum<tf.Scalar>(tf.square(gradient)))));
}

/**
 * Scales all gradients by one factor, so that their global norm is at most `maxNorm` and their direction stays. At or below
 * the bound they come out bit for bit. Where the norm is not finite no factor means anything: NaN would spread into every
 * gradient, `maxNorm / Infinity` would silence them all. They come out as they went in, for whoever checks later.
 */
export function clipByNorm(gradients: NamedTensors, norm: tf.Scalar, maxNorm: number): NamedTensors {
  const bounded = tf.div(maxNorm, tf.maximum(norm, maxNorm)); // exactly 1 when norm <= maxNorm
  // By selection, since a product can't take NaN out.
  const factor = tf.where(tf.isFinite(norm), bounded, tf.onesLike(norm));
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]),
  );
}

/** 1 when `clipByNorm` changes the gradients, else 0. */
export function isClipped(norm: tf.Scalar, maxNorm: number): tf.Scalar {
  const clipped = tf.logicalAnd<tf.Scalar>(tf.isFinite(norm), tf.greater(norm, maxNorm));
  return tf.cast(clipped, 'float32');
}

/**
 * Plugin that clips gradients by their global norm; logs `gradclip/norm` (before clipping) and `gradclip/clipped` (0 or 1).
 * @throws RIFE_ERR_PLUGIN_OPTION
 */
export function gradClip(options: GradClipOptions = {}): RifePlugin {
  const maxNorm = checkOptions(options);
  // Runs after all-reduce and the finite guard: this norm is that of the whole batch, on every replica.
  const clip = (gradients: NamedTensors, trace: Trace) => {
    const norm = globalNorm(gradients);
    trace.log('gradclip/norm', norm);
    trace.log('gradclip/clipped', isClipped(norm, maxNorm));
    return clipByNorm(gradients, norm, maxNorm);
  };
  return definePlugin({name: NAME, apply: ({hooks}) => hooks.gradients.tap(NAME, clip)});
}

function checkOptions(options: GradClipOptions): number {
  if (typeof options !== 'object' || options === null)
    throw optionError(NAME, 'options', options, 'an object such as {maxNorm: 1}');
  const unknown = Object.entries(options).find(([key]) => key !== 'maxNorm');
  if (unknown) throw optionError(NAME, unknown[0], unknown[1], 'left out (there is maxNorm alone)');
  const {maxNorm = 1} = options;
  if (!(typeof maxNorm === 'number' && maxNorm > 0 && maxNorm < Infinity))
    throw optionError(NAME, 'maxNorm', maxNorm, 'a finite number above 0');
  return maxNorm;
}
