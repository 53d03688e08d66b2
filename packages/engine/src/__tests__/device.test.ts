import * as tf from '@tensorflow/tfjs-core';
import {createEngine, deviceName, loadRuntime} from '../index.js';

test.each([
  ['', ''],
  ['cpu', '/device:CPU:0'],
  ['CPU:0', '/device:CPU:0'],
  ['/cpu:0', '/device:CPU:0'],
  ['gpu', '/device:GPU:0'],
  ['cuda:1', '/device:GPU:1'],
  ['GPU:3', '/device:GPU:3'],
  ['/device:gpu:1', '/device:GPU:1'],
  ['/job:localhost/replica:0/task:0/device:GPU:1', '/device:GPU:1'],
])('%p is %p', (written, name) => expect(deviceName(written)).toBe(name));

test.each(['foo', 'cpu0', 'GPU:', 'GPU:x', '0', 'TPU:0', 'xcpu'])('%p is no device', name => {
  expect(() => deviceName(name)).toThrow(expect.objectContaining({code: 'RIFE_ERR_ENGINE_DEVICE_NAME'}));
});

test.each(['cpu', 'CPU:0'])('a step runs on %p', async device => {
  const engine = await createEngine({device});
  expect(engine.description).toMatch(/, \/device:CPU:0$/);
  const program = engine.createProgram([{name: 'w', shape: [2]}]);
  program.define('x', {feeds: {}, build: graph => ({one: tf.add(graph.read('w'), 1)})});
  expect([...(await program.run('x', {}, {}))['one']!.values]).toEqual([1, 1]);
  program.dispose();
});

test('a device that does not exist is reported before anything is captured', async () => {
  const before = tf.memory().numTensors;
  await expect(createEngine({device: 'CPU:7'})).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_DEVICE',
    message: expect.stringMatching(/no device CPU:7 here\. It has CPU:0/) as string,
  });
  const {isUsingGpuDevice} = await loadRuntime();
  // A machine of 100 GPUs is none that we know.
  await expect(createEngine({device: isUsingGpuDevice ? 'GPU:99' : 'GPU:0'})).rejects.toMatchObject({
    code: 'RIFE_ERR_ENGINE_DEVICE',
    message: expect.stringMatching(
      isUsingGpuDevice ? /GPU:99 here/ : /GPU:0 here\. It has CPU:0: there is no GPU/,
    ) as string,
  });
  expect(tf.memory().numTensors).toBe(before);
});
