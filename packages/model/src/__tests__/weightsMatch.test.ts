import {specsOf} from '../deduceOptions.js';
import type {WeightTensor} from '../weights/types.js';
import {matchLines, matchWeights, moduleOf, printable, someOf} from '../weightsMatch.js';

const specs = specsOf({name: 'IFNet', scales: [2, 1], widths: [6, 4]});
const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** A tensor whose values count up from `first`. */
function tensor(shape: readonly number[], first = 0): WeightTensor {
  const values = new Float32Array(count(shape));
  for (let i = 0; i < values.length; i++) values[i] = first + i;
  return {dtype: 'F32', shape: [...shape], bytes: new Uint8Array(values.buffer)};
}
const whole = () => new Map(specs.map(({name, fileShape}, i) => [name, tensor(fileShape, i)] as const));
const match = (tensors: ReadonlyMap<string, WeightTensor>) => matchWeights(specs, tensors);
const linesOf = (tensors: ReadonlyMap<string, WeightTensor>) => matchLines(specs, match(tensors));

test('a file that fits is loaded whole, in the order of the network', () => {
  const reversed = new Map([...whole()].reverse());
  const {loaded, missing, extra, misshaped} = match(reversed);
  expect([missing, extra, misshaped]).toEqual([[], [], []]);
  expect([...loaded.keys()]).toEqual(specs.map(({name}) => name));
  expect(
    [...loaded.get('block1.lastconv.bias')!].map(x => x - loaded.get('block1.lastconv.bias')![0]!),
  ).toEqual([0, 1, 2, 3, 4]);
  expect(linesOf(reversed)).toEqual({missing: [], extra: [], misshaped: []});
});

test("an encoder's target that the file lacks starts as the encoder", () => {
  const options = {name: 'RIFE4', version: '4.25', scales: [], widths: [8, 8, 8, 8, 8], terms: {encode: 0.1}};
  const own = specsOf(options);
  const published = own.filter(({name}) => !name.startsWith('encode_target.'));
  const tensors = new Map(published.map(({name, fileShape}, i) => [name, tensor(fileShape, i)] as const));
  const {loaded, missing, extra} = matchWeights(own, tensors);
  expect([own.length - published.length, missing, extra]).toEqual([8, [], []]);
  expect(loaded.get('encode_target.cnn3.weight')).toEqual(loaded.get('encode.cnn3.weight'));
  const moved = own.map(({name, fileShape}, i) => [name, tensor(fileShape, i)] as const);
  const both = matchWeights(own, new Map(moved)).loaded;
  expect(both.get('encode_target.cnn3.weight')).not.toEqual(both.get('encode.cnn3.weight'));
});

test('the prefix module. does not count', () => {
  const prefixed = new Map([...whole()].map(([name, values]) => [`module.${name}`, values]));
  const {loaded, missing, extra} = match(prefixed);
  expect([[...loaded.keys()], missing, extra]).toEqual([specs.map(({name}) => name), [], []]);
  expect(loaded.get('unet.conv.bias')).toEqual(match(whole()).loaded.get('unet.conv.bias'));
});

test('other float types become float32; integers are no weights', () => {
  const tensors = whole();
  const bias = 'unet.conv.bias';
  tensors.set(bias, {dtype: 'F64', shape: [3], bytes: new Uint8Array(Float64Array.of(0.5, -2, 3).buffer)});
  expect(match(tensors).loaded.get(bias)).toEqual(Float32Array.of(0.5, -2, 3));
  tensors.set(bias, {dtype: 'BF16', shape: [3], bytes: Uint8Array.of(0x80, 0x3f, 0, 0, 0, 0xc0)});
  expect(match(tensors).loaded.get(bias)).toEqual(Float32Array.of(1, 0, -2));
  tensors.set(bias, {dtype: 'I32', shape: [3], bytes: new Uint8Array(12)});
  expect(match(tensors).loaded.has(bias)).toBe(false);
  expect(linesOf(tensors).misshaped).toEqual([
    'unet: 1 of 38 tensors with another shape: unet.conv.bias is I32 [3], not [3]',
  ]);
});

test('a module that is missing as a whole takes one line, single tensors are named', () => {
  const tensors = whole();
  for (const name of [...tensors.keys()].filter(name => name.startsWith('block_tea.'))) tensors.delete(name);
  tensors.delete('unet.conv.bias');
  for (let i = 0; i < 4; i++) tensors.delete(`block1.convblock.${i}.0.bias`);
  tensors.delete('block1.convblock.4.0.bias');
  expect(match(tensors).missing).toHaveLength(32 + 1 + 5);
  expect(linesOf(tensors).missing).toEqual([
    'block1: 5 of 32 tensors missing: block1.convblock.0.0.bias, block1.convblock.1.0.bias and 3 more',
    'block_tea: 32 of 32 tensors missing',
    'unet: 1 of 38 tensors missing: unet.conv.bias',
  ]);
});

test('another shape is reported with both, and is not loaded; the same size is not enough', () => {
  const tensors = whole();
  tensors.set('block0.conv0.0.0.weight', tensor([3, 7, 3, 3]));
  tensors.set('unet.conv.weight', tensor([16, 3, 3, 3]));
  expect(match(tensors).misshaped).toEqual([
    {name: 'block0.conv0.0.0.weight', expected: [3, 6, 3, 3], got: [3, 7, 3, 3], dtype: 'F32'},
    {name: 'unet.conv.weight', expected: [3, 16, 3, 3], got: [16, 3, 3, 3], dtype: 'F32'},
  ]);
  expect(linesOf(tensors).misshaped).toEqual([
    'block0: 1 of 32 tensors with another shape: block0.conv0.0.0.weight is [3, 7, 3, 3], not [3, 6, 3, 3]',
    'unet: 1 of 38 tensors with another shape: unet.conv.weight is [16, 3, 3, 3], not [3, 16, 3, 3]',
  ]);
});

test('another width takes a line per block', () => {
  const wider = specsOf({name: 'IFNet', scales: [2, 1], widths: [6, 8]});
  const {misshaped} = matchLines(wider, matchWeights(wider, whole()));
  expect(misshaped).toEqual([
    'block1: 31 of 32 tensors with another shape: block1.conv0.0.0.weight is [2, 17, 3, 3], not [4, 17, 3, 3], block1.conv0.0.0.bias is [2], not [4] and 29 more',
    'block_tea: 31 of 32 tensors with another shape: block_tea.conv0.0.0.weight is [2, 20, 3, 3], not [4, 20, 3, 3], block_tea.conv0.0.0.bias is [2], not [4] and 29 more',
  ]);
});

test('extra tensors: by name in a module of the network, counted elsewhere; thousands take few lines', () => {
  const tensors = whole();
  tensors.set('unet.conv.scale', tensor([3]));
  for (let i = 0; i < 3; i++) tensors.set(`encode.${i}`, tensor([1]));
  expect(linesOf(tensors).extra).toEqual([
    'unet.conv.scale',
    'encode: 3 tensors (encode.0, encode.1 and 1 more)',
  ]);
  for (let i = 0; i < 3000; i++) tensors.set(`m${i % 1000}.t${i}`, tensor([1]));
  const {extra} = linesOf(tensors);
  expect(extra).toHaveLength(13);
  expect(extra.at(-1)).toBe('2970 tensors of 990 more modules');
});

test('names of strangers can neither steer a terminal nor fill it', () => {
  expect(printable('block0.conv0.0.0.weight')).toBe('block0.conv0.0.0.weight');
  expect(printable('a\x1b[2Jb')).toBe('"a\\u001b[2Jb"');
  expect(printable('x'.repeat(1e6)).length).toBeLessThan(100);
  const hostile = linesOf(new Map([['\x1b]0;evil\x07', tensor([1])]])).extra.join();
  expect(hostile).not.toMatch(/[\x00-\x1f]/);
});

test('helpers', () => {
  expect(moduleOf('block0.conv0.weight')).toBe('block0');
  expect(moduleOf('weight')).toBe('weight');
  expect(someOf(['a', 'b'], 2)).toBe('a, b');
  expect(someOf(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
});
