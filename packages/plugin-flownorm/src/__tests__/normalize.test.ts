/** Flow in other units. */
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import {RunningScale, scaleToImage} from '../index.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

describe('by size', () => {
  const ones = (height: number, width: number) => tf.ones([1, height, width, 4]) as tf.Tensor4D;

  test('x counts in widths, y in heights', () => {
    const result = scaleToImage(ones(112, 448), 224).arraySync();
    expect(result[0]![111]![447]).toEqual([2, 0.5, 2, 0.5]);
  });

  test('at the reference it is the flow itself', () => {
    const flow = ones(64, 64);
    expect(scaleToImage(flow, 64)).toBe(flow);
  });

  test('the gradient is scaled alike', () => {
    const grad = tf
      .grad(x => scaleToImage(x as tf.Tensor4D, 4))(ones(2, 8))
      .arraySync() as number[][][][];
    expect(grad[0]![0]![0]).toEqual([2, 0.5, 2, 0.5]);
  });
});

describe('by a running size', () => {
  const sizes = (block0: number) => ({block0, block1: 1});

  test('is 1 for what was not seen and for what is small', () => {
    const scale = new RunningScale(8, 4);
    expect(scale.factor('block0')).toBe(1);
    scale.observe(sizes(8));
    expect([scale.factor('block0'), scale.factor('block1')]).toEqual([1, 1]);
  });

  test('the first steps count alike, later ones by one part in `over`', () => {
    const scale = new RunningScale(1, 4);
    const seen = [2, 4, 6, 8, 15, 21].map(size => {
      scale.observe(sizes(size));
      return 1 / scale.factor('block0');
    });
    // means of 2; 2, 4; 2, 4, 6; 2, 4, 6, 8; then 5 + (15 - 5) / 4 and 7.5 + (21 - 7.5) / 4
    const expected = [2, 3, 4, 5, 7.5, 10.875];
    seen.forEach((size, i) => expect(size).toBeCloseTo(expected[i]!, 12));
  });

  test.each([NaN, Infinity])('a size of %p is left out', bad => {
    const scale = new RunningScale(1, 4);
    scale.observe(sizes(2));
    scale.observe({block0: bad});
    expect(scale.factor('block0')).toBe(0.5);
  });

  test('continues from its saved state to the bit, and starts afresh without one', () => {
    const scale = new RunningScale(1, 7);
    const observe = (target: RunningScale, from: number, to: number) => {
      for (let i = from; i < to; i++) target.observe(sizes(1 + Math.abs(Math.sin(i))));
    };
    observe(scale, 0, 5);
    const resumed = new RunningScale(1, 7);
    resumed.load(JSON.parse(JSON.stringify(scale.save())) as ReturnType<RunningScale['save']>);
    observe(scale, 5, 20);
    observe(resumed, 5, 20);
    expect(resumed.save()).toEqual(scale.save());
    resumed.load(undefined);
    expect(resumed.factor('block0')).toBe(1);
  });
});
