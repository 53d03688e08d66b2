import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {decodeWeights, readWeights} from '../readWeights.js';
import {contiguousStrides} from '../torch/statePickle.js';
import type {WeightTensor, WeightsDtype, WeightsFormat} from '../types.js';
import {encodeWeights, writeWeights} from '../writeWeights.js';
import {code} from './support/codes.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-weights-'));
afterAll(() => rmSync(folder, {recursive: true}));

const FORMATS: WeightsFormat[] = ['zip', 'legacy', 'safetensors'];
const fixture = (name: string) => join(__dirname, 'fixtures', name);
const float = (...values: number[]): WeightTensor => ({
  dtype: 'F32',
  shape: [values.length],
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});
const encoded = (tensors: Map<string, WeightTensor>, format: WeightsFormat, prefix?: string) =>
  Buffer.concat([...encodeWeights('x', tensors, {format, prefix})]);
const plain = (tensors: ReadonlyMap<string, WeightTensor>) =>
  [...tensors].map(([name, {dtype, shape, bytes}]) => [
    name,
    dtype,
    shape,
    Buffer.from(bytes).toString('hex'),
  ]);

test.each(['sample_zip.pkl', 'sample_legacy.pkl'])(
  '%s goes through every format and comes back to the byte',
  async sample => {
    const {tensors} = await readWeights(fixture(sample));
    let current = tensors;
    for (const format of [...FORMATS, ...FORMATS.toReversed()]) {
      const file = join(folder, `round-trip.${format}`);
      await writeWeights(file, current, {format});
      const read = await readWeights(file);
      expect(read.format).toBe(format);
      current = read.tensors;
    }
    expect(plain(current)).toEqual(plain(tensors));
  },
);

test.each(FORMATS)('%s holds every dtype, scalars, empty tensors and unusual names', format => {
  const dtypes: [WeightsDtype, number][] = [
    ['F64', 8],
    ['F32', 4],
    ['F16', 2],
    ['BF16', 2],
    ['I64', 8],
    ['I32', 4],
    ['I16', 2],
    ['I8', 1],
    ['U8', 1],
    ['BOOL', 1],
  ];
  const tensors = new Map<string, WeightTensor>(
    dtypes.map(([dtype, size]) => [
      dtype,
      {dtype, shape: [2, 1], bytes: Uint8Array.from(Array(2 * size).keys())},
    ]),
  );
  tensors.set('scalar', {...float(7), shape: []});
  tensors.set('empty', {...float(), shape: [0, 3]});
  tensors.set('', float(1));
  tensors.set('10', float(2));
  tensors.set('2', float(3));
  tensors.set('__proto__', float(4));
  tensors.set('é "π"\n', float(5));
  tensors.set('large', {dtype: 'U8', shape: [3, 70_000], bytes: new Uint8Array(210_000)});
  expect(plain(decodeWeights(encoded(tensors, format, ''), 'x').tensors)).toEqual(plain(tensors));
});

test('names get the prefix of the format, once', () => {
  const tensors = new Map([
    ['a', float(1)],
    ['module.b', float(2)],
  ]);
  const names = (format: WeightsFormat, prefix?: string) => [
    ...decodeWeights(encoded(tensors, format, prefix), 'x').tensors.keys(),
  ];
  expect(names('zip')).toEqual(['module.a', 'module.b']);
  expect(names('legacy')).toEqual(['module.a', 'module.b']);
  expect(names('safetensors')).toEqual(['a', 'module.b']);
  expect(names('zip', '')).toEqual(['a', 'module.b']);
  expect(names('safetensors', 'module.')).toEqual(['module.a', 'module.b']);
});

test('a prefix that makes two names one is refused, and nothing is written', async () => {
  const tensors = new Map([
    ['a', float(1)],
    ['module.a', float(2)],
  ]);
  const file = join(folder, 'collision.pkl');
  await expect(writeWeights(file, tensors, {format: 'zip'})).rejects.toThrow(code('WEIGHTS_NAME'));
  expect(readdirSync(folder).filter(name => name.startsWith('collision'))).toEqual([]);
});

test.each(FORMATS)('the same tensors give the same bytes of %s, and others give others', format => {
  const make = (value: number) => encoded(new Map([['a', float(value)]]), format);
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
});

test('a view of a larger buffer is written alone', () => {
  const bytes = Uint8Array.from(Array(12).keys());
  const tensors = new Map([['a', {dtype: 'F32' as const, shape: [1], bytes: bytes.subarray(5, 9)}]]);
  for (const format of FORMATS)
    expect([...decodeWeights(encoded(tensors, format, ''), 'x').tensors.get('a')!.bytes]).toEqual([
      5, 6, 7, 8,
    ]);
});

test('data of an archive starts at multiples of 64, as torch writes it', () => {
  const tensors = new Map(Array.from({length: 20}, (_, i) => ['w'.repeat(i + 1), float(1000 + i)]));
  const file = encoded(tensors, 'zip');
  for (const {bytes} of tensors.values()) expect(file.indexOf(bytes) % 64).toBe(0);
});

test('an archive is laid out like that of torch.save, byte for byte around the pickle', async () => {
  const sample = readFileSync(fixture('sample_zip.pkl'));
  const {tensors} = await readWeights(fixture('sample_zip.pkl'));
  const ours = encoded(tensors, 'zip');
  const kinds = (file: Buffer) =>
    [...file.toString('latin1').matchAll(/PK(\x01\x02|\x03\x04|\x05\x06|\x06\x06|\x06\x07|\x07\x08)/g)].map(
      match => match[1],
    );
  expect(kinds(ours)).toEqual(kinds(sample));
  const names = (file: Buffer) =>
    [...file.toString('latin1').matchAll(/(?:archive|sample_zip)\/([.\w/]+?)(?=FB|PK)/g)].map(
      match => match[1],
    );
  expect(names(ours)).toEqual(names(sample));
  // End records up to sizes and offsets, which depend on the names.
  expect(ours.subarray(-98, -98 + 40)).toEqual(sample.subarray(-98, -98 + 40));
});

test.each([
  [
    [2, 3, 4],
    [12, 4, 1],
  ],
  [
    [2, 0, 3],
    [3, 3, 1],
  ],
  [[], []],
])('strides of %j are %j, as in torch', (shape, strides) => {
  expect(contiguousStrides(shape)).toEqual(strides);
});

test('metadata is kept by safetensors', async () => {
  const file = join(folder, 'metadata.safetensors');
  await writeWeights(file, new Map([['a', float(1)]]), {format: 'safetensors', metadata: {network: 'IFNet'}});
  expect((await readWeights(file)).metadata).toEqual({network: 'IFNet'});
});

test('a name that safetensors reserves is refused there', () => {
  const tensors = new Map([['__metadata__', float(1)]]);
  expect(() => encodeWeights('x', tensors, {format: 'safetensors'})).toThrow(code('WEIGHTS_NAME'));
  expect(decodeWeights(encoded(tensors, 'zip', ''), 'x').tensors.has('__metadata__')).toBe(true);
});

test('tensors that do not fill their shape, or fill no memory, are refused', () => {
  const short = new Map([['a', {...float(1), shape: [2]}]]);
  expect(() => encodeWeights('x', short, {format: 'zip', prefix: ''})).toThrow(
    new RangeError('"a" has 4 bytes, F32 of [2] has 8'),
  );
});

test('more than can be read again is not written', () => {
  // Never touched, so no memory is taken for it.
  const huge: WeightTensor = {dtype: 'U8', shape: [2 ** 30], bytes: new Uint8Array(2 ** 30)};
  const tensors = new Map([
    ['a', huge],
    ['b', float(1)],
  ]);
  expect(() => encodeWeights('x', tensors, {format: 'zip'})).toThrow(code('WEIGHTS_SIZE'));
});

test('a failed write leaves the old file and nothing beside it', async () => {
  const inFolder = join(folder, 'failed');
  await expect(writeWeights(join(inFolder, 'x.pkl'), new Map(), {format: 'zip'})).rejects.toThrow(
    code('WEIGHTS_WRITE'),
  );
  // A folder in the place of the file: renaming onto it fails after everything was written.
  const occupied = join(folder, 'occupied');
  writeFileSync(join(mkdtempSync(`${occupied}-`), 'kept'), 'old');
  const target = join(
    folder,
    readdirSync(folder).find(name => name.startsWith('occupied-'))!,
  );
  await expect(writeWeights(target, new Map([['a', float(1)]]), {format: 'zip'})).rejects.toThrow(
    code('WEIGHTS_WRITE'),
  );
  expect(readFileSync(join(target, 'kept'), 'utf8')).toBe('old');
  expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([]);
});
