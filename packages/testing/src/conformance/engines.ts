/** Engines that the kit can run on. */
import type {Engine} from '@rife-train/core';
import {createEngine, EagerProgram} from '@rife-train/engine';
import * as tf from '@tensorflow/tfjs-core';

export interface KitEngines {
  /** Undefined if TensorFlow's native runtime is missing. */
  captured?: Engine;
  /** On the native runtime, or on tfjs's JavaScript backend. */
  eager: Engine;
  /** Why there is no captured engine. */
  reason?: string;
}

async function nativeEngines(): Promise<KitEngines> {
  // A test must not download anything.
  const options = {allowInstall: false, log: () => {}};
  const captured = await createEngine({...options, execution: 'captured'});
  return {captured, eager: await createEngine({...options, execution: 'eager'})};
}

async function jsEngine(reason: string): Promise<KitEngines> {
  await import('@tensorflow/tfjs'); // gradients, and the backend in plain JavaScript
  await tf.setBackend('cpu');
  const eager: Engine = {
    description: 'tfjs (eager), cpu',
    createProgram: variables => new EagerProgram(variables),
  };
  return {eager, reason};
}

let found: Promise<KitEngines> | undefined;

/** Determined once. */
export function findEngines(): Promise<KitEngines> {
  found ??= nativeEngines().catch((error: unknown) =>
    jsEngine(error instanceof Error ? error.message : String(error)),
  );
  return found;
}
