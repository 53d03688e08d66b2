/** The native TensorFlow runtime: found, installed or built, then loaded. */
import {join} from 'node:path';
import type {NodeBackend} from './nodeBackend.js';
import {registerBackend} from './registerBackend.js';

export type {NodeBackend, OpAttr, TensorData, TfBinding} from './nodeBackend.js';

/** Loads the runtime and makes it tfjs's current backend. */
export async function loadRuntime(): Promise<NodeBackend> {
  return registerBackend('@tensorflow/tfjs-node', join(process.env['RIFE_TRAIN_ENGINE'] ?? '', 'tfjs_binding.node'));
}
