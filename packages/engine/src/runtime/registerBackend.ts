import {createRequire} from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import type {NodeBackend, TfBinding} from './nodeBackend.js';

const require = createRequire(import.meta.url);

/**
 * Registers tfjs-node's backend with a binding that was built or found elsewhere, and makes it
 * current. Does what `require('@tensorflow/tfjs-node')` does, except for the search for the binding
 * in its own folder.
 * Every module is required before the first await: until then the caller may redirect module
 * resolution.
 * @param tfjsNode folder or package name of tfjs-node(-gpu); its JavaScript is the same for both
 * @param bindingPath absolute path of `tfjs_binding.node`
 */
export async function registerBackend(tfjsNode: string, bindingPath: string): Promise<NodeBackend> {
  if (tf.findBackendFactory('tensorflow') == null) {
    require(`${tfjsNode}/dist/register_all_kernels.js`);
    const {NodeJSKernelBackend} = require(`${tfjsNode}/dist/nodejs_kernel_backend.js`) as {
      NodeJSKernelBackend: new (binding: TfBinding, name: string) => NodeBackend & tf.KernelBackend;
    };
    const binding = require(bindingPath) as TfBinding;
    tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, tfjsNode), 3);
  }
  if (!(await tf.setBackend('tensorflow'))) throw new Error('tfjs did not accept the backend');
  return tf.backend() as unknown as NodeBackend;
}
