import {
  decodeSafetensors,
  decodeSafetensorsBytes,
  safetensorsHeader,
  SAFETENSORS_BYTES,
  type RawSafetensorsDtype,
} from '../safetensors.js';

/** A file with a header of our choice. */
function fileOf(header: string | Buffer, dataBytes = 0): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

const byte = (begin: number) => `{"dtype":"U8","shape":[1],"data_offsets":[${begin},${begin + 1}]}`;

test('every dtype comes out as it lies in the file', () => {
  const dtypes = Object.keys(SAFETENSORS_BYTES) as RawSafetensorsDtype[];
  const specs = dtypes.map(dtype => ({name: dtype, shape: [2], dtype}));
  const data = dtypes.map(dtype => Buffer.alloc(2 * SAFETENSORS_BYTES[dtype], dtype));
  const {tensors} = decodeSafetensorsBytes(Buffer.concat([safetensorsHeader(specs), ...data]), 'x');
  expect([...tensors]).toEqual(dtypes.map((dtype, i) => [dtype, {dtype, shape: [2], bytes: data[i]}]));
});

test('tensors are views of the content', () => {
  const content = fileOf(`{"w":${byte(0)}}`, 1);
  const {tensors} = decodeSafetensorsBytes(content, 'x');
  content[content.length - 1] = 7;
  expect([...tensors.get('w')!.bytes]).toEqual([7]);
});

test('typed arrays are not made of dtypes that JavaScript has none for', () => {
  const content = fileOf('{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', 2);
  expect(() => decodeSafetensors(content, 'x')).toThrow(
    '"w" has dtype BF16; F32, F64, I32, I64, U8 are expected',
  );
});

test('the order is that of the header, also for names that are numbers', () => {
  const names = ['10', 'b', '2', 'a'];
  const header = safetensorsHeader(names.map(name => ({name, shape: [1], dtype: 'U8'})));
  const {tensors} = decodeSafetensorsBytes(Buffer.concat([header, Buffer.from([1, 2, 3, 4])]), 'x');
  expect([...tensors].map(([name, {bytes}]) => [name, bytes[0]])).toEqual(
    names.map((name, i) => [name, i + 1]),
  );
});

test('names that are special in JavaScript stay names, in metadata too', () => {
  const header = `{"__metadata__":{"__proto__":"a"},"constructor":${byte(0)},"__proto__":${byte(1)}}`;
  const {tensors, metadata} = decodeSafetensorsBytes(fileOf(header, 2), 'x');
  expect([...tensors.keys()]).toEqual(['constructor', '__proto__']);
  expect(Object.entries(metadata)).toEqual([['__proto__', 'a']]);
  expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
});

test('the name that the format reserves is not written', () => {
  expect(() => safetensorsHeader([{name: '__metadata__', shape: [1]}])).toThrow(RangeError);
});

test.each<[string, Buffer, string]>([
  ['a name twice', fileOf(`{"w":${byte(0)},"w":${byte(0)}}`, 1), 'its header holds "w" twice'],
  [
    'a name twice, once escaped',
    fileOf(`{"w":${byte(0)},"\\u0077" :${byte(0)}}`, 1),
    'its header holds "w" twice',
  ],
  [
    'a name twice, with space',
    fileOf(`{"w"${' '.repeat(99)}:${byte(0)},"w"\n:${byte(0)}}`, 1),
    'holds "w" twice',
  ],
  [
    'a field twice',
    fileOf('{"w":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,1]}}', 1),
    '"dtype" twice',
  ],
  ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), '"__metadata__" twice'],
  ['metadata that is a list', fileOf('{"__metadata__":[]}'), '__metadata__ is not a map of strings'],
  ['metadata with a number', fileOf('{"__metadata__":{"a":1}}'), '__metadata__ is not a map of strings'],
  ['metadata that is null', fileOf('{"__metadata__":null}'), '__metadata__ is not a map of strings'],
  ['lists in lists', fileOf('['.repeat(100_000)), 'nested more than 3 deep'],
  ['objects in objects', fileOf('{"a":{"b":{"c":{'), 'nested more than 3 deep'],
  ['a byte that is no UTF-8', fileOf(Buffer.from('{"\xff":0}', 'latin1')), 'not UTF-8'],
  ['a byte order mark', fileOf('\ufeff{}'), 'not a JSON object'],
  ['two objects', fileOf('{}{}'), 'not a JSON object'],
  ['a string without end', fileOf('{"w\\'), 'not a JSON object'],
  [
    'nine axes',
    fileOf('{"w":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}', 1),
    '"w" has 9 axes',
  ],
  [
    'a side beyond 2^53',
    fileOf('{"w":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1),
    'has shape',
  ],
  [
    'sides whose product is not exact',
    fileOf(
      '{"w":{"dtype":"U8","shape":[9007199254740991,9007199254740991],"data_offsets":[0,9007199254740991]}}',
    ),
    'its shape asks for 8.1',
  ],
  [
    'a shape that is a string',
    fileOf('{"w":{"dtype":"U8","shape":"1","data_offsets":[0,1]}}', 1),
    'has shape "1"',
  ],
  ['a header of more than 16 MiB', fileOf(' '.repeat(2 ** 24 + 1)), 'at most 16777216 can be read'],
])('%s is refused', (_, content, problem) => {
  expect(() => decodeSafetensorsBytes(content, 'x')).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_SAFETENSORS', message: expect.stringContaining(problem)}),
  );
});

test('a shape with an empty side has no elements, however large the others are', () => {
  const content = fileOf(
    '{"w":{"dtype":"F32","shape":[9007199254740991,9007199254740991,0],"data_offsets":[0,0]}}',
  );
  expect(decodeSafetensorsBytes(content, 'x').tensors.get('w')!.bytes.length).toBe(0);
});

test('what a file says is cut and escaped in messages', () => {
  const name = `\u001b[2J${'x'.repeat(100_000)}`;
  const content = fileOf(`{${JSON.stringify(name)}:null}`);
  const message = (() => {
    try {
      decodeSafetensorsBytes(content, 'x');
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  })();
  expect(message).toContain('"\\u001b[2Jxxx');
  expect(message.length).toBeLessThan(400);
});
