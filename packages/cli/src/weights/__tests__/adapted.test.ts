import {join} from 'node:path';
import type {AdaptWeights, Model} from '@rife-train/core';
import {specsOf, writeWeights, type WeightTensor} from '@rife-train/model/weights';
import {adapted} from '../adapted.js';
import {readInitial} from '../initial.js';
import type {WeightsSource} from '../source.js';
import {floats, networkTensors, SMALL, temporaryFolder} from './files.js';

const folder = temporaryFolder();
const half: WeightTensor = {dtype: 'F16', shape: [2], bytes: Uint8Array.of(0, 0x3c, 0, 0xc0)};
const whole: WeightTensor = {dtype: 'I64', shape: [1], bytes: new Uint8Array(8)};
const source = {
  file: 'a.pkl',
  tensors: new Map([
    ['half', half],
    ['count', whole],
    ['single', floats([2, 1], i => i)],
  ]),
} as unknown as WeightsSource;

test('floating-point tensors are unpacked for plugins; what they leave alone keeps its type', () => {
  const seen: unknown[] = [];
  const tensors = adapted(source, (given, file) => {
    seen.push(
      file,
      [...given].map(([name, {shape, values}]) => [name, shape, [...values]]),
    );
    return given;
  });
  expect(seen).toEqual([
    'a.pkl',
    [
      ['half', [2], [1, -2]],
      ['single', [2, 1], [0, 1]],
    ],
  ]);
  expect(Object.fromEntries(tensors)).toEqual(Object.fromEntries(source.tensors));
});

test('new, renamed and dropped tensors', () => {
  const tensors = adapted(source, given => {
    const values = Float32Array.of(9, 5, 6).subarray(1);
    return new Map([
      ['moved', given.get('half')!],
      ['count', {shape: [2], values}],
    ]);
  });
  expect([...tensors.keys()].sort()).toEqual(['count', 'moved']);
  expect(tensors.get('moved')).toBe(half);
  expect(tensors.get('count')).toEqual(floats([2], i => 5 + i));
});

test('readInitial matches what the plugins made of the file', async () => {
  const model = {name: 'IFNet', parameters: specsOf(SMALL)} as unknown as Model;
  const file = join(folder, 'old.safetensors');
  const prefixed = [...networkTensors()].map(([name, tensor]) => [`old_${name}`, tensor] as const);
  await writeWeights(file, new Map(prefixed), {format: 'safetensors'});
  const rename: AdaptWeights = tensors =>
    new Map([...tensors].map(([name, tensor]) => [name.replace('old_', ''), tensor]));
  expect((await readInitial(file, model)).values.size).toBe(0);
  expect((await readInitial(file, model, rename)).values.size).toBe(158);
});
