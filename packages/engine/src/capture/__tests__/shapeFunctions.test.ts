/**
 * Every shape function against TensorFlow itself: ops are executed, and what came out is compared
 * with what was foretold.
 */
import * as tf from '@tensorflow/tfjs-core';
import {loadRuntime, type NodeBackend, type OpAttr} from '../../index.js';
import {hasOwnConvs, hasOwnKernels} from '../ownKernels.js';
import {SHAPE_FUNCTIONS} from '../shapeFunctions.js';
import {CASES} from './support/opCases.js';

let backend: NodeBackend;
const seen = new Set<string>();
/**
 * What went wrong in each case; all cases run before the tests, which may then come in any order.
 */
const wrong = new Map<string, string[]>();
let found: string[];

/** Values as the recorder would have them: only those that are still on the host. */
function foretell(op: string, attrs: OpAttr[], inputs: tf.TensorInfo[]) {
  const shaped = inputs.map(({dataId}) => {
    const {shape, dtype, values, id} = backend.tensorMap.get(dataId);
    const known = values ?? (shape.length < 3 ? backend.binding.tensorDataSync(id) : undefined);
    return {shape, dtype, values: known as ArrayLike<number> | undefined};
  });
  return SHAPE_FUNCTIONS[op]?.(shaped, name => attrs.find(a => a.name === name)?.value);
}

function check(op: string, attrs: OpAttr[], inputs: tf.TensorInfo[], results: tf.Tensor[]): void {
  const expected = foretell(op, attrs, inputs);
  if (!expected) return;
  seen.add(op);
  const actual = results.map(({dataId}) => {
    const {shape, dtype} = backend.tensorMap.get(dataId);
    return {shape, dtype};
  });
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    found.push(`${op}: foretold ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

beforeAll(async () => {
  backend = await loadRuntime();
  const {executeSingleOutput, executeMultipleOutputs} = backend;
  backend.executeMultipleOutputs = function (op, attrs, inputs, count) {
    const results = executeMultipleOutputs.call(backend, op, attrs, inputs, count);
    check(op, attrs, inputs, results);
    return results;
  };
  backend.executeSingleOutput = function (op, attrs, inputs) {
    const result = executeSingleOutput.call(backend, op, attrs, inputs);
    check(op, attrs, inputs, [result]);
    return result;
  };
  for (const [name, run] of Object.entries(CASES)) {
    wrong.set(name, (found = []));
    try {
      tf.tidy(() => {
        run();
        return tf.scalar(0);
      });
    } catch (error) {
      found.push(String(error));
    }
  }
});
afterAll(() => {
  const own = backend as Partial<NodeBackend>;
  delete own.executeSingleOutput;
  delete own.executeMultipleOutputs;
});

test.each(Object.keys(CASES))('%s', name => {
  expect(wrong.get(name)).toEqual([]);
});

test('every shape function was compared', () => {
  const missing = Object.keys(SHAPE_FUNCTIONS).filter(
    op =>
      !seen.has(op) &&
      (hasOwnKernels(backend) || !op.startsWith('Rife')) &&
      (hasOwnConvs(backend.binding) || !op.startsWith('RifeConv')),
  );
  expect(missing).toEqual([]);
});
