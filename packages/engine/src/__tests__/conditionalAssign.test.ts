import type {Program} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {CapturedProgram, EagerProgram, loadRuntime} from '../index.js';

const VARIABLES = [
  {name: 'w', shape: [2, 3]},
  {name: 'bias', shape: [4]},
  {name: 'grad/bias', shape: [4]},
];

async function make(kind: 'captured' | 'eager'): Promise<Program> {
  const backend = await loadRuntime();
  const program =
    kind === 'eager' ? new EagerProgram(VARIABLES) : new CapturedProgram(backend, VARIABLES, {device: ''});
  await program.writeVariables(
    new Map([
      ['w', Float32Array.of(1, -2, 3, 4, -5, 6)],
      ['bias', Float32Array.of(0.1, 0.2, 0.3, 0.4)],
    ]),
  );
  return program;
}

test.each(['captured', 'eager'] as const)(
  '%s program: an entry with a condition assigns all or nothing',
  async kind => {
    const program = await make(kind);
    program.define('guarded', {
      feeds: {},
      build: graph => {
        const factor = graph.scalar('factor');
        const [w, bias] = [tf.mul(graph.read('w'), factor), tf.add(graph.read('bias'), 1)];
        const largest = tf.max(tf.abs(w));
        graph.assign('w', w);
        graph.assignOnlyIf(tf.isFinite(largest) as tf.Scalar);
        // A variable that is assigned after the condition, and one that no read precedes.
        graph.assign('bias', bias);
        graph.assign('grad/bias', tf.ones([4]));
        return {largest};
      },
    });
    const state = async () =>
      Object.fromEntries([...(await program.readVariables())].map(([name, values]) => [name, [...values]]));
    const start = await state();
    for (const _again of [1, 2]) {
      const {largest} = await program.run('guarded', {}, {factor: 3e38 * 10});
      expect(largest!.values[0]).toBe(Infinity);
      expect(await state()).toEqual(start);
    }
    await program.run('guarded', {}, {factor: 2});
    const moved = await state();
    expect(moved['w']).toEqual(start['w']!.map(value => 2 * value));
    expect(moved['bias']).toEqual(start['bias']!.map(value => Math.fround(value + 1)));
    expect(moved['grad/bias']).toEqual([1, 1, 1, 1]);
    await program.run('guarded', {}, {factor: Infinity});
    expect(await state()).toEqual(moved);
    program.dispose();
  },
);
