import '@tensorflow/tfjs-backend-cpu';
import {probeTrace} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {clampGradients, clipUnits} from '../index.js';
import {Clipping, expectClose, values} from './helpers/clipping.js';

tf.env().set('IS_TEST', true);

/** scale * sin(phase + 1.7 i) in a file layout [a,b,h,w], as the program holds it: [h,w,b,a]. */
function wave(shape: [number, number, number, number], phase: number, scale: number): tf.Tensor4D {
  const size = shape.reduce((a, b) => a * b);
  const file = Float32Array.from({length: size}, (_, i) => scale * Math.sin(phase + 1.7 * i));
  return tf.transpose(tf.tensor4d(file, shape), [2, 3, 1, 0]);
}
/** Multiplies one slice along an axis. */
function scaled(tensor: tf.Tensor4D, axis: number, slice: number, factor: number): tf.Tensor4D {
  const shape = tensor.shape.map((side, i) => (i === axis ? side : 1));
  const factors = Array.from({length: shape[axis]!}, (_, i) => (i === slice ? factor : 1));
  return tf.mul(tensor, tf.tensor(factors, shape));
}

describe('by value', () => {
  // torch.nn.utils.clip_grad_value_ (2.15) to 0.5.
  test("PyTorch's clip_grad_value_", async () => {
    const gradients = {a: tf.tensor1d([0.7, -1.9, 0.25, 3.1, -0.05, 1.3]), b: tf.tensor1d([-2.2, 0.4])};
    const {result, logs} = await new Clipping({mode: 'value', maxValue: 0.5}).step(gradients);
    expectClose(result['a']!, [0.5, -0.5, 0.25, 0.5, -0.05, 0.5]);
    expectClose(result['b']!, [-0.5, 0.4]);
    expect(logs['gradclip/factor']).toBeCloseTo(Math.sqrt(5 * 0.25 + 0.0625 + 0.0025 + 0.16) / 4.52382565, 6);
    expect(logs).toMatchObject({'gradclip/clipped': 1, 'gradclip/share': 1});
  });

  test('at or below the bound values come out bit for bit, and nothing counts as clipped', async () => {
    const gradients = {a: tf.tensor1d([0.1, 1 / 3, -0.5, 0.5, 1e-42])};
    const {result, logs} = await new Clipping({mode: 'value', maxValue: 0.5}).step(gradients);
    expect(result).toEqual(values(gradients));
    expect(logs).toMatchObject({'gradclip/factor': 1, 'gradclip/clipped': 0});
  });

  test('the pure function keeps NaN beside clipped values, and counts these', () => {
    const {gradients, count} = clampGradients({a: tf.tensor1d([NaN, 7, -7, 1])}, 2);
    expect(values(gradients)).toEqual({a: [NaN, 2, -2, 1]});
    expect(count.dataSync()[0]).toBe(2);
  });
});

describe('adaptive', () => {
  /**
   * A convolution with a unit of zeros, a transposed one, a bias; one unit of each has a small
   * gradient.
   */
  const parameters = {
    conv: scaled(wave([3, 2, 2, 2], 0.3, 0.5), 3, 1, 0),
    deconv: wave([2, 3, 2, 2], 0.3, 0.5),
    bias: tf.tensor1d([0, 1, 2].map(i => 0.1 * Math.sin(0.9 + 1.7 * i))),
  };
  const gradients = {
    conv: scaled(wave([3, 2, 2, 2], 1.1, 0.02), 3, 2, 0.01),
    deconv: scaled(wave([2, 3, 2, 2], 1.1, 0.02), 2, 2, 0.01),
    bias: tf.tensor1d([0, 1, 2].map(i => 0.3 * Math.sin(2.2 + 1.7 * i))),
  };
  const trace = {parameters, unitAxes: {conv: 3, deconv: 2}};

  // The published formula in PyTorch 2.15: norms over all axes of the file layout but the outputs',
  // 0 of OIHW and 1 of IOHW.
  const PUBLISHED = {
    conv: [
      0.00421689, 4.037e-6, -5.133e-6, 0.004726651, 2.251e-6, -0.000103252, 0.00158505, -3.046e-6,
      -0.000197606, -0.000824855, -4.464e-6, -0.000156555, -0.00462534, -3.252e-6, 5.6054e-5, -0.004514095,
      -1.101e-6, 0.000143595, -0.000393151, 3.884e-6, 0.000183162, 0.001988088, 4.748e-6, 0.000119552,
    ],
    deconv: [
      0.004448099, 0.002353994, 0.004991677, -0.000128239, 0.000169149, -0.000103252, 0.001671957,
      -0.00466772, -0.000871105, -0.004937162, -0.000127621, -0.000156555, -0.004878944, -0.001151174,
      -0.004767203, 0.001400491, -0.000136263, 0.000143595, -0.000414707, 0.004964365, 0.002099561,
      0.004576271, 0.000162735, 0.000119552,
    ],
    bias: [0.00085825636, -0.00073009561, -0.00067011872],
  };

  test('has the published values, for both layouts', async () => {
    const {result, logs} = await new Clipping({mode: 'adaptive'}).step(gradients, trace);
    for (const [name, expected] of Object.entries(PUBLISHED)) expectClose(result[name]!, expected, 8);
    expect(logs['gradclip/clipped']).toBe(1);
    expect(logs['gradclip/factor']).toBeLessThan(0.2);
  });

  test('a unit below its bound comes out bit for bit', () => {
    const {gradients: result, count} = clipUnits(gradients, probeTrace(trace).parameter, {
      ratio: 0.01,
      floor: 1e-3,
    });
    const unit = (tensor: tf.Tensor, axis: number) => [...tf.gather(tensor, [2], axis).dataSync()];
    expect(unit(result['conv']!, 3)).toEqual(unit(gradients.conv, 3));
    expect(unit(result['deconv']!, 2)).toEqual(unit(gradients.deconv, 2));
    expect(count.dataSync()[0]).toBe(5); // two units of each convolution, and the bias
  });

  test('with a large ratio nothing is clipped', async () => {
    const {result, logs} = await new Clipping({mode: 'adaptive', ratio: 1e6}).step(gradients, trace);
    expect(result).toEqual(values(gradients));
    expect(logs).toMatchObject({'gradclip/factor': 1, 'gradclip/clipped': 0});
  });
});
