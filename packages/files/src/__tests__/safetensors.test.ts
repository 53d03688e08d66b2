import {decodeSafetensors, encodeSafetensors, type SafetensorsValues} from '../safetensors.js';

const encode = (tensors: Record<string, [number[], SafetensorsValues]>, metadata?: Record<string, string>) =>
  Buffer.concat(
    encodeSafetensors(
      new Map(Object.entries(tensors).map(([name, [shape, values]]) => [name, {shape, values}])),
      metadata,
    ),
  );

/** A file with a header of our choice. */
function fileOf(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

test('what is written is read back to the bit, in order, with metadata', () => {
  const values = Float32Array.of(0, -0, 1e-45, 3.4028235e38, Infinity, NaN);
  const file = encode(
    {
      b: [[2, 3], values],
      a: [[], Float32Array.of(7)],
      'é/π': [[0, 4], new Float32Array(0)],
      i: [[2], Int32Array.of(-1, 2 ** 31 - 1)],
      l: [[1], BigInt64Array.of(-(2n ** 60n))],
      d: [[1], Float64Array.of(Math.PI)],
      u: [[3], Uint8Array.of(0, 128, 255)],
    },
    {format: 'pt'},
  );
  const {tensors, metadata} = decodeSafetensors(file, 'x');
  expect([...tensors.keys()]).toEqual(['b', 'a', 'é/π', 'i', 'l', 'd', 'u']);
  expect(metadata).toEqual({format: 'pt'});
  expect(tensors.get('b')).toMatchObject({dtype: 'F32', shape: [2, 3]});
  const bits = (array: Float32Array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
  expect(bits(tensors.get('b')!.values as Float32Array)).toBe(bits(values));
  expect(tensors.get('l')!.values).toEqual(BigInt64Array.of(-(2n ** 60n)));
  expect(tensors.get('d')!.values).toEqual(Float64Array.of(Math.PI));
  expect(tensors.get('u')!.values).toEqual(Uint8Array.of(0, 128, 255));
});

test('the layout is that of the format: little-endian length, JSON, data at a multiple of 8', () => {
  const file = encode({w: [[2], Float32Array.of(1, 2)]});
  const length = Number(file.readBigUInt64LE());
  expect((8 + length) % 8).toBe(0);
  expect(JSON.parse(file.toString('utf8', 8, 8 + length))).toEqual({
    w: {dtype: 'F32', shape: [2], data_offsets: [0, 8]},
  });
  expect(file.subarray(8 + length).toString('hex')).toBe('0000803f00000040');
});

test('a view into a larger, unaligned buffer is read right, and the result does not share its memory', () => {
  const file = encode({w: [[2], Float32Array.of(1, 2)]});
  const larger = Buffer.concat([Buffer.alloc(3), file]);
  const {tensors} = decodeSafetensors(larger.subarray(3), 'x');
  larger.fill(0);
  expect(tensors.get('w')!.values).toEqual(Float32Array.of(1, 2));
});

test('a view that is part of a larger array is written alone', () => {
  const {tensors} = decodeSafetensors(encode({w: [[2], Float32Array.of(9, 1, 2, 9).subarray(1, 3)]}), 'x');
  expect(tensors.get('w')!.values).toEqual(Float32Array.of(1, 2));
});

test('names that are special in JavaScript stay names', () => {
  const {tensors} = decodeSafetensors(
    fileOf('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    'x',
  );
  expect([...tensors.keys()]).toEqual(['__proto__']);
});

test('values that do not fill the shape are not written', () => {
  expect(() => encode({w: [[3], Float32Array.of(1)]})).toThrow(RangeError);
});

const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: offsets,
});

test.each<[string, Buffer, string]>([
  ['an empty file', Buffer.alloc(0), 'it has 0 bytes'],
  [
    'a header longer than the file',
    fileOf({}, 0).fill(255, 0, 8),
    'its header claims 18446744073709551615 bytes',
  ],
  ['a header that is cut', fileOf({w: entry([1], [0, 4])}, 4).subarray(0, 20), 'its header claims'],
  ['no JSON', fileOf('{"w":', 0), 'not a JSON object'],
  ['a list', fileOf([], 0), 'not a JSON object'],
  ['an unknown dtype', fileOf({w: entry([1], [0, 4], 'F8')}, 4), '"w" has dtype "F8"'],
  ['a dtype from the prototype', fileOf({w: entry([1], [0, 4], 'toString')}, 4), '"w" has dtype "toString"'],
  ['an entry that is null', fileOf({w: null}, 0), '"w" has dtype undefined'],
  ['a negative side', fileOf({w: entry([-1], [0, 4])}, 4), '"w" has shape [-1]'],
  ['a huge shape', fileOf({w: entry([2 ** 40, 2 ** 40], [0, 4])}, 4), '"w" has 4 bytes, its shape asks for'],
  ['offsets that run backwards', fileOf({w: entry([1], [4, 0])}, 4), '"w" has data_offsets [4,0]'],
  ['offsets that are no pair', fileOf({w: entry([1], [0])}, 4), '"w" has data_offsets [0]'],
  [
    'too few bytes for the shape',
    fileOf({w: entry([2], [0, 4])}, 4),
    '"w" has 4 bytes, its shape asks for 8',
  ],
  ['offsets after the end', fileOf({w: entry([2], [0, 8])}, 4), 'cover 8 of 4 bytes'],
  ['a rest', fileOf({w: entry([1], [0, 4])}, 8), 'cover 4 of 8 bytes'],
  [
    'a hole',
    fileOf({a: entry([1], [0, 4]), b: entry([1], [8, 12])}, 12),
    'the data of "b" begins at 8, not at 4',
  ],
  [
    'an overlap',
    fileOf({a: entry([1], [0, 4]), b: entry([1], [2, 6])}, 6),
    'the data of "b" begins at 2, not at 4',
  ],
])('%s is refused', (_, file, problem) => {
  expect(() => decodeSafetensors(file, 'some.safetensors')).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_SAFETENSORS',
      message: expect.stringMatching(/some\.safetensors/),
    }),
  );
  expect(() => decodeSafetensors(file, 'x')).toThrow(problem);
});

test('every truncation of a sound file is refused', () => {
  const file = encode({a: [[2], Float32Array.of(1, 2)], b: [[1], Uint8Array.of(3)]});
  for (let length = 0; length < file.length; length++)
    expect(() => decodeSafetensors(file.subarray(0, length), 'x')).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_SAFETENSORS'}),
    );
});
