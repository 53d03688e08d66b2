import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {readWeights} from '../readWeights.js';
import {MODULE_PREFIX, stripPrefix} from '../stripPrefix.js';
import {toFloat32} from '../toFloat32.js';
import type {WeightsDtype} from '../types.js';
import {zip} from './support/archives.js';
import {asm, pickle} from './support/assembler.js';
import {code, refusal} from './support/codes.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-weights-'));
afterAll(() => rmSync(folder, {recursive: true}));

test.each<[string, string | Uint8Array, string]>([
  ['nothing', '', 'an empty file'],
  ['a web page', '\n<!DOCTYPE html><html><head>', 'a web page (HTML)'],
  ['an XML message', '<?xml version="1.0"?><Error><Code>AccessDenied', 'an XML message'],
  ['a git-lfs pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:ab', 'a git-lfs pointer'],
  ['an ONNX file', '\x08\x07\x12\x07pytorch\x1a\x051.9', 'an ONNX file'],
  ['a gzip archive', gzipSync('x'), 'a gzip archive'],
  ['a tar archive', `${'a'.repeat(257)}ustar`, 'a tar archive'],
  ['a Keras file', '\x89HDF\r\n\x1a\n', 'an HDF5 file'],
  ['a NumPy array', '\x93NUMPY\x01\x00', 'a NumPy array'],
  ['an image', '\x89PNG\r\n\x1a\n', 'an image'],
  ['JSON', '{"weights": {"a": 1}}', 'JSON text'],
  ['text with a brace as its ninth character', 'weights {"a": 1}', 'plain text'],
  ['another pickle', pickle('}'), 'a Python pickle that torch.save did not write'],
  ['binary data', Buffer.from([1, 2, 3, 255, 0]), 'binary data of another kind'],
  [
    'a ZIP archive of something else',
    zip([{name: 'a.npy', content: Buffer.of(1)}]),
    'a ZIP archive of something else',
  ],
  ['a ZIP archive of nothing', zip([]), 'a ZIP archive of something else'],
  [
    'a TorchScript program',
    zip([
      {name: 'm/data.pkl', content: pickle('}')},
      {name: 'm/code/__torch__.py', content: Buffer.of(1)},
    ]),
    'a TorchScript program',
  ],
])('%s is recognised', (_, content, kind) => {
  expect(refusal(asm(content), 'WEIGHTS_FORMAT')).toContain(
    `"x.pkl" is not a weights file: it looks like ${kind}`,
  );
});

function safetensors(header: string, length: bigint = BigInt(Buffer.byteLength(header))): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(length);
  return asm(bytes, Buffer.from(header));
}

test.each([10n ** 6n, 2n ** 40n, 2n ** 64n - 1n])(
  'a safetensors header of %d bytes in a file of 10 is refused',
  length => {
    expect(refusal(safetensors('{}', length), 'SAFETENSORS')).toContain(
      `its header claims ${length} bytes of 10`,
    );
  },
);

test('a missing file, and a folder, are reported', async () => {
  await expect(readWeights(join(folder, 'none.pkl'))).rejects.toThrow(code('WEIGHTS_READ'));
  await expect(readWeights(folder)).rejects.toThrow(code('WEIGHTS_READ'));
});

test('a file of more than 1 GiB is refused before it is read', async () => {
  const file = join(folder, 'large.pkl');
  writeFileSync(file, 'PK\x03\x04');
  truncateSync(file, 2 ** 30 + 1);
  await expect(readWeights(file)).rejects.toThrow(code('WEIGHTS_SIZE'));
});

test('the name of a file does not decide its format', async () => {
  const file = join(folder, 'weights.safetensors');
  writeFileSync(file, zip([]));
  await expect(readWeights(file)).rejects.toThrow('looks like a ZIP archive');
});

test.each([
  ['a named pipe', () => spawnSync('mkfifo', [join(folder, 'pipe.pkl')]) && join(folder, 'pipe.pkl')],
  ['a device', () => '/dev/zero'],
])('%s is refused: reading it would not end', async (kind, make) => {
  await expect(readWeights(make())).rejects.toMatchObject({
    code: 'RIFE_ERR_WEIGHTS_READ',
    message: expect.stringContaining(`it is ${kind}, and only regular files are read`),
  });
});

const tensor = (dtype: WeightsDtype, array: ArrayBufferView<ArrayBuffer>) => {
  // At an odd offset, as tensors are in files.
  const bytes = Buffer.concat([Buffer.alloc(1), Buffer.from(array.buffer)]).subarray(1);
  return {dtype, shape: [], bytes};
};

test('floating-point tensors become float32', () => {
  const values = [0, -0, 1.5, -2.25, Infinity, -Infinity, NaN];
  expect(toFloat32(tensor('F32', Float32Array.from(values)))).toEqual(Float32Array.from(values));
  expect(toFloat32(tensor('F64', Float64Array.of(0.1, -0, 1e300, 1e-60)))).toEqual(
    Float32Array.of(0.1, -0, Infinity, 0),
  );
  const brain = Uint16Array.of(0x0000, 0x8000, 0x3fc0, 0xc010, 0x7f80, 0xff80, 0x7fc0);
  expect(toFloat32(tensor('BF16', brain))).toEqual(Float32Array.from(values));
  const half = Uint16Array.of(0x0000, 0x8000, 0x3e00, 0xc080, 0x7c00, 0xfc00, 0x7e00);
  expect(toFloat32(tensor('F16', half))).toEqual(Float32Array.from(values));
});

test('halves are exact at the ends of their range', () => {
  const half = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x3c01, 0x7bff, 0xfbff);
  const expected = [2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1 + 2 ** -10, 65504, -65504];
  expect([...toFloat32(tensor('F16', half))]).toEqual(expected);
});

test.each<WeightsDtype>(['I64', 'I32', 'I16', 'I8', 'U8', 'BOOL'])('%s is no weight', dtype => {
  expect(() => toFloat32(tensor(dtype, new Uint8Array(8)))).toThrow(code('WEIGHTS_DTYPE'));
});

test.each<[string[], string[], string]>([
  [['module.a', 'module.b'], ['a', 'b'], MODULE_PREFIX],
  [['a', 'b'], ['a', 'b'], ''],
  [['module.a', 'b'], ['a', 'b'], MODULE_PREFIX],
  [['module.module.a', 'x.module.b'], ['a', 'x.b'], 'module.module.'],
  [['modules.a'], ['modules.a'], ''],
  [['_orig_mod.module.a'], ['a'], '_orig_mod.module.'],
  [['module._orig_mod.a', '_orig_mod.b'], ['a', 'b'], 'module._orig_mod.'],
  [['flownet.block0.a', 'flownet.encode.a'], ['block0.a', 'encode.a'], 'flownet.'],
  [
    ['model._orig_mod.module.block_tea.a', 'loss.vgg.a', 'n'],
    ['block_tea.a', 'loss.vgg.a', 'n'],
    'model._orig_mod.module.',
  ],
  [['block0.unet.a', 'contextnet.block1.a'], ['block0.unet.a', 'contextnet.block1.a'], ''],
  [['a.module'], ['a.module'], ''],
])('%j loses its prefix: %j', (names, short, prefix) => {
  const stripped = stripPrefix(new Map(names.map(name => [name, name])));
  expect([...stripped.tensors]).toEqual(short.map((name, i) => [name, names[i]]));
  expect(stripped.prefix).toBe(prefix);
});

test('of two networks in one file the key chooses; without one they are listed', () => {
  const names = ['a.block0.x', 'a.unet.x', 'ema.module.block0.x', 'ema.module.unet.x', 'step'];
  const tensors = new Map(names.map(name => [name, name]));
  expect(() => stripPrefix(tensors)).toThrow(code('WEIGHTS_AMBIGUOUS'));
  for (const key of ['ema', 'ema.module'])
    expect([...stripPrefix(tensors, {key}).tensors]).toEqual([
      ['block0.x', 'ema.module.block0.x'],
      ['unet.x', 'ema.module.unet.x'],
      ['step', 'step'],
    ]);
  expect(() => stripPrefix(tensors, {key: 'b'})).toThrow(code('WEIGHTS_KEY'));
  expect(() => stripPrefix(new Map([['x', 1]]), {key: 'b'})).toThrow(code('WEIGHTS_KEY'));
});

test('a few names of another network beside it make no question', () => {
  const names = ['net.block0.x', 'net.block1.x', 'net.unet.x', 'head.block0.y'];
  expect([...stripPrefix(new Map(names.map(name => [name, 1]))).tensors.keys()]).toEqual([
    'block0.x',
    'block1.x',
    'unet.x',
    'head.block0.y',
  ]);
});

test('two tensors that would have one name are refused', () => {
  expect(() =>
    stripPrefix(
      new Map([
        ['a', 1],
        ['module.a', 2],
      ]),
    ),
  ).toThrow(code('WEIGHTS_NAME'));
});
