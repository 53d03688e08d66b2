import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '../contract/index.js';

/**
 * Carries tensors out of inner tidy scopes: what is made while a gradient is computed is disposed
 * at its end, unless it is the loss itself.
 */
export class Carry {
  private readonly held = new Map<string, tf.Tensor>();

  has(name: string): boolean {
    return this.held.has(name);
  }

  put(name: string, tensor: tf.Tensor): void {
    // A copy, since the caller's tensor may belong to the engine or to a plugin.
    this.held.set(name, tf.keep(tf.clone(tensor)));
  }

  /** Hands everything over to the current scope, which disposes it in its turn. */
  release(): NamedTensors {
    const released: NamedTensors = {};
    for (const [name, tensor] of this.held) {
      released[name] = tf.clone(tensor);
      tensor.dispose();
    }
    this.held.clear();
    return released;
  }
}
