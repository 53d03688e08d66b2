import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Model} from '@rife-train/core';
import {fixtureWeights} from '@rife-train/testing';
import {decodeWeights, readWeights} from '../readWeights.js';
import {toFloat32} from '../toFloat32.js';
import {SIX, torchEntries, torchLegacy, torchZip, zip} from './support/archives.js';
import {
  asm,
  call,
  dict,
  global,
  int,
  oneTensor,
  orderedDict,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  u64,
} from './support/assembler.js';
import {decode, refusal} from './support/codes.js';

const fixture = (name: string) => join(__dirname, 'fixtures', name);
/** The tensors of the samples, and their shapes. */
const SAMPLE: [string, number[]][] = [
  ['block2.lastconv.weight', [90, 5, 4, 4]],
  ['block2.lastconv.bias', [5]],
  ['contextnet.conv1.conv1.0.weight', [16, 3, 3, 3]],
  ['contextnet.conv1.conv1.0.bias', [16]],
  ['contextnet.conv1.conv1.1.weight', [16]],
  ['unet.up3.0.weight', [64, 16, 4, 4]],
  ['unet.up3.0.bias', [16]],
  ['unet.up3.1.weight', [16]],
  ['unet.conv.weight', [3, 16, 3, 3]],
  ['unet.conv.bias', [3]],
];

test.each(['zip', 'legacy'])('a %s file of torch.save holds the values that went into it', async format => {
  const {tensors, ...rest} = await readWeights(fixture(`sample_${format}.pkl`));
  expect(rest).toEqual({format, metadata: {}});
  expect([...tensors.keys()]).toEqual(SAMPLE.map(([name]) => `module.${name}`));
  const parameters = SAMPLE.map(([name, fileShape]) => ({name, fileShape, shape: fileShape}));
  const expected = fixtureWeights({parameters} as Partial<Model> as Model);
  for (const [name, shape] of SAMPLE) {
    const tensor = tensors.get(`module.${name}`)!;
    expect(tensor).toMatchObject({dtype: 'F32', shape});
    expect(toFloat32(tensor)).toEqual(expected.get(name));
  }
});

const values = (content: Uint8Array) => [...toFloat32(decode(content).tensors.get('w')!)];
const one = oneTensor();
const entries = torchEntries(one);

test.each<[string, Uint8Array]>([
  ['stored', torchZip(one)],
  ['deflated', zip(entries.map(entry => ({...entry, deflated: true})))],
  ['with zip64 fields', zip(entries, {zip64: true})],
  ['with sizes after the data', zip(entries, {descriptors: true})],
  [
    'deflated, with sizes after the data and zip64',
    zip(
      entries.map(e => ({...e, deflated: true})),
      {zip64: true, descriptors: true},
    ),
  ],
  ['with a comment', zip(entries, {comment: 'PK\x05\x06 by hand'})],
  ['with folders as entries', zip([{name: 'm/', content: Buffer.alloc(0)}, ...entries])],
  ['without a folder', zip(entries.map(entry => ({...entry, name: entry.name.slice(2)})))],
  [
    'that says that it is little-endian',
    zip([...entries, {name: 'm/byteorder', content: Buffer.from('little')}]),
  ],
  ['legacy', torchLegacy(oneTensor({view: 'N'}))],
])('an archive %s is read', (_, content) => {
  expect(values(content)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a parameter as older files hold it is a tensor', () => {
  const rebuilt = call(
    global('torch._utils', '_rebuild_tensor'),
    storage({view: 'N'}),
    int(0),
    tuple(int(2), int(3)),
    tuple(int(3), int(1)),
  );
  const state = tuple('\x88', '\x89', orderedDict);
  const parameter = asm(global('torch.nn.parameter', 'Parameter'), rebuilt, '\x85\x81', state, 'b');
  expect(values(torchLegacy(pickle(dict([text('w'), parameter]))))).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a content that begins within a larger buffer is read', () => {
  for (const content of [torchZip(one), torchLegacy(one)])
    expect(values(Buffer.concat([Buffer.alloc(3), content]).subarray(3))).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each<[string, string, Buffer, (bytes: Buffer) => Buffer]>([
  ['FloatStorage', 'F32', Buffer.from(Float32Array.of(1.5, -2).buffer), bytes => bytes.swap32()],
  ['HalfStorage', 'F16', Buffer.from(Uint16Array.of(0x3e00, 0xc000).buffer), bytes => bytes.swap16()],
  ['DoubleStorage', 'F64', Buffer.from(Float64Array.of(1.5, -2).buffer), bytes => bytes.swap64()],
  ['CharStorage', 'I8', Buffer.of(1, 255), bytes => bytes],
])('big-endian %s is turned around', (storage, dtype, little, swap) => {
  const data = oneTensor({storage, length: 2, shape: [2], strides: [1]});
  const order = {name: 'm/byteorder', content: Buffer.from('big')};
  const big = swap(Buffer.from(little));
  const read = decode(zip([...torchEntries(data, {'0': big}), order])).tensors.get('w')!;
  expect(read.dtype).toBe(dtype);
  expect(Buffer.from(read.bytes)).toEqual(little);
});

test('an unknown byte order is refused', () => {
  const content = zip([...entries, {name: 'm/byteorder', content: Buffer.from('middle')}]);
  expect(refusal(content, 'WEIGHTS_CORRUPT')).toContain('neither little nor big');
});

test.each([
  ['DoubleStorage', 'F64', 8],
  ['FloatStorage', 'F32', 4],
  ['HalfStorage', 'F16', 2],
  ['BFloat16Storage', 'BF16', 2],
  ['LongStorage', 'I64', 8],
  ['IntStorage', 'I32', 4],
  ['ShortStorage', 'I16', 2],
  ['CharStorage', 'I8', 1],
  ['ByteStorage', 'U8', 1],
  ['BoolStorage', 'BOOL', 1],
])('%s is %s', (storage, dtype, size) => {
  const bytes = Buffer.from(Array.from({length: 2 * size}, (_, i) => i));
  const data = oneTensor({storage, length: 2, shape: [2], strides: [1]});
  expect(decode(torchZip(data, {'0': bytes})).tensors.get('w')).toEqual({dtype, shape: [2], bytes});
});

test.each<[string, Parameters<typeof oneTensor>[0], number[]]>([
  ['transposed', {shape: [3, 2], strides: [1, 3]}, [0, 3, 1, 4, 2, 5]],
  ['with an offset', {shape: [2], strides: [1], offset: 4}, [4, 5]],
  ['with an offset and strides', {shape: [2, 2], strides: [1, 2], offset: 1}, [1, 3, 2, 4]],
  ['repeated by a stride of 0', {shape: [2, 2], strides: [0, 1], offset: 2}, [2, 3, 2, 3]],
  ['with overlapping rows', {shape: [3, 2], strides: [2, 1]}, [0, 1, 2, 3, 4, 5]],
  ['with any stride at a side of 1', {shape: [1, 6, 1], strides: [77, 1, 99]}, [0, 1, 2, 3, 4, 5]],
  ['a scalar', {shape: [], strides: [], offset: 5}, [5]],
  ['empty', {shape: [0, 3], strides: [3, 1]}, []],
  ['empty, at the end', {shape: [0], strides: [1], offset: 6}, []],
  ['of eight axes', {shape: [1, 1, 1, 1, 1, 1, 2, 3], strides: [6, 6, 6, 6, 6, 6, 3, 1]}, [0, 1, 2, 3, 4, 5]],
  ['on a GPU', {location: 'cuda:0'}, [0, 1, 2, 3, 4, 5]],
])('a view %s is read', (_, view, expected) => {
  expect(values(torchZip(oneTensor(view)))).toEqual(expected);
  expect(values(torchLegacy(oneTensor(view)))).toEqual(expected);
});

test('channels_last, [N,C,H,W] with strides of [N,H,W,C], is read as [N,C,H,W]', () => {
  const [n, c, h, w] = [2, 3, 4, 5];
  const length = n * c * h * w;
  // The element at (n,c,h,w) is its row-major index, put where channels_last keeps it.
  const stored = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const [x, y, channel] = [i % w, Math.floor(i / w) % h, Math.floor(i / (w * h)) % c];
    stored[((Math.floor(i / (c * h * w)) * h + y) * w + x) * c + channel] = i;
  }
  const data = oneTensor({length, shape: [n, c, h, w], strides: [h * w * c, 1, w * c, c]});
  const read = decode(torchZip(data, {'0': Buffer.from(stored.buffer)})).tensors.get('w')!;
  expect([...toFloat32(read)]).toEqual(Array.from({length}, (_, i) => i));
});

test('contiguous tensors are not copied', () => {
  const content = torchZip(oneTensor({shape: [1, 6, 1], strides: [77, 1, 99]}));
  const {bytes} = decode(content).tensors.get('w')!;
  content.fill(255, content.indexOf(SIX), content.indexOf(SIX) + SIX.length);
  expect(bytes.every(byte => byte === 255)).toBe(true);
});

test('tensors may share a storage', () => {
  const data = pickle(
    dict([text('all'), tensor()], [text('row'), tensor({shape: [3], strides: [1], offset: 3})]),
  );
  const {tensors} = decode(torchZip(data));
  expect([...tensors].map(([name, t]) => [name, [...toFloat32(t)]])).toEqual([
    ['all', [0, 1, 2, 3, 4, 5]],
    ['row', [3, 4, 5]],
  ]);
});

test('a legacy storage may be a view of another', () => {
  const view = tuple(text('view'), int(2), int(3));
  const data = oneTensor({view, shape: [2], strides: [1], offset: 1});
  expect(values(torchLegacy(data))).toEqual([3, 4]);
  const outside = oneTensor({view, shape: [3], strides: [1], offset: 1});
  expect(refusal(torchLegacy(outside), 'WEIGHTS_TENSOR')).toContain('needs 4 elements of a storage of 3');
  const wrong = oneTensor({view: tuple(text('view'), int(4), int(3))});
  expect(refusal(torchLegacy(wrong), 'WEIGHTS_PICKLE')).toContain('a view extends outside its storage');
});

test('an OrderedDict with attributes, and parameters in it, are read', () => {
  const parameter = call(global('torch._utils', '_rebuild_parameter'), tensor(), '\x88', orderedDict);
  const metadata = dict([text('_metadata'), orderedDict]);
  const data = pickle(orderedDict, text('w'), parameter, 's', metadata, 'b');
  expect(values(torchZip(data))).toEqual([0, 1, 2, 3, 4, 5]);
});

test('protocol 4 is read: frames, short strings, a memo without numbers, names on the stack', () => {
  const short = (value: string) => asm('\x8c', Buffer.of(value.length), value, '\x94');
  const named = (module: string, name: string) => asm(short(module), short(name), '\x93\x94');
  const dictionary = asm(named('collections', 'OrderedDict'), ')R\x94');
  const id = asm(
    '(',
    short('storage'),
    named('torch', 'FloatStorage'),
    short('0'),
    short('cpu'),
    'K\x06t\x94Q',
  );
  const w = asm(
    named('torch._utils', '_rebuild_tensor_v2'),
    '(',
    id,
    'K\x00K\x02K\x03\x86\x94K\x03K\x01\x86\x94\x89',
    dictionary,
    't\x94R\x94',
  );
  const body = asm(dictionary, short('w'), w, 's.');
  const data = asm('\x80\x04\x95', u64(BigInt(body.length)), body);
  expect(values(torchZip(data))).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each(['state_dict', 'model'])('a state_dict under "%s" of a checkpoint is read', key => {
  const optimizer = dict(
    [text('state'), dict([int(0), dict([text('exp_avg'), tensor()])])],
    [text('param_groups'), ']'],
  );
  const content = torchZip(
    pickle(
      dict([text('epoch'), int(3)], [text(key), dict([text('w'), tensor()])], [text('optimizer'), optimizer]),
    ),
  );
  expect(values(content)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(decode(content).metadata).toEqual({state_dict: key});
});

test('the same dict under two keys is one state_dict', () => {
  const data = pickle(dict([text('a'), asm(dict([text('w'), tensor()]), 'q\x01')], [text('b'), 'h\x01']));
  expect(values(torchZip(data))).toEqual([0, 1, 2, 3, 4, 5]);
});

test('several state_dicts are listed by their keys', () => {
  const state = dict([text('w'), tensor()]);
  const message = refusal(
    torchZip(pickle(dict([text('model'), state], [text('ema'), state]))),
    'WEIGHTS_AMBIGUOUS',
  );
  expect(message).toContain('"model", "ema"');
  const mixed = refusal(
    torchZip(pickle(dict([text('w'), tensor()], [text('ema'), state]))),
    'WEIGHTS_AMBIGUOUS',
  );
  expect(mixed).toContain('"(top)", "ema"');
});

test.each<[string, Buffer, string]>([
  ['an empty dict', pickle('}'), 'an empty dict'],
  ['a list', pickle(']'), 'a list of 0'],
  ['a single tensor', pickle(tensor()), 'a tensor'],
  ['numbers', pickle(dict([text('epoch'), int(3)], [int(1), 'N'])), '"epoch": a number, a number: None'],
])('%s is reported instead of tensors', (_, data, holds) => {
  expect(refusal(torchZip(data), 'WEIGHTS_EMPTY')).toContain(holds);
});

test('only what a tensor needs is read: another damaged storage does not matter', () => {
  const content = zip([...entries, {name: 'm/data/1', content: SIX, crc: 1}]);
  expect(values(content)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('what comes out does not depend on the file being there', () => {
  const content = readFileSync(fixture('sample_zip.pkl'));
  expect(decodeWeights(content, 'no such file').tensors.size).toBe(10);
});
