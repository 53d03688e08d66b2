/** Names of devices: those that people write, and TensorFlow's own. */
import * as tf from '@tensorflow/tfjs-core';
import {engineDeviceError, engineDeviceNameError, messageOf} from '@rife-train/errors';
import {CapturedProgram} from './capture/index.js';
import type {NodeBackend} from './runtime/index.js';

const NAME = /^(?:\/job:[^/]+\/replica:\d+\/task:\d+)?\/?(?:device:)?(cpu|gpu|cuda)(?::(\d+))?$/i;

/**
 * TensorFlow's name of a device: `/device:GPU:1` for `gpu:1`, `GPU:1`, `/gpu:1` and itself; ''
 * (TensorFlow decides) for ''.
 * @throws RIFE_ERR_ENGINE_DEVICE_NAME
 */
export function deviceName(device: string): string {
  if (device === '') return '';
  const [, kind, number = '0'] = NAME.exec(device) ?? [];
  if (kind === undefined) throw engineDeviceNameError(device);
  return `/device:${kind.toUpperCase() === 'CPU' ? 'CPU' : 'GPU'}:${Number(number)}`;
}

/** `available devices are [ /job:localhost/.../device:CPU:0 ]`. */
const devicesIn = (text: string): string[] =>
  [...(/available devices are \[(.*?)\]/s.exec(text)?.[1] ?? '').matchAll(/device:(\w+:\d+)/g)].map(
    ([, name]) => name!,
  );

/**
 * Tries a device with a graph of one node. The binding can't list devices, and TensorFlow's own
 * error would name a node of the step.
 * @throws RIFE_ERR_ENGINE_DEVICE
 */
export async function checkDevice(backend: NodeBackend, device: string): Promise<void> {
  if (device === '') return;
  const program = new CapturedProgram(backend, [{name: 'probe', shape: [1]}], {device, plainOps: true});
  try {
    program.define('probe', {feeds: {}, build: graph => ({sum: tf.sum(graph.read('probe'))})});
    await program.run('probe', {}, {});
  } catch (error) {
    throw engineDeviceError(device.slice('/device:'.length), devicesIn(messageOf(error)), error);
  } finally {
    program.dispose();
  }
}
