/**
 * RIFE 4.x for programs that load strictly: bench/twin/rife4_load.py loads such files with PyTorch.
 */
import {join} from 'node:path';
import {readWeights, type WeightTensor, writeWeights} from '@rife-train/model/weights';
import {main} from '../../program.js';
import {floats, networkTensors, temporaryFolder, writeCheckpoint} from './files.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

async function convert(...argv: string[]) {
  const texts = {out: '', err: ''};
  const io = {
    cwd: folder,
    stdout: {write: (text: string) => (texts.out += text)},
    stderr: {write: (text: string) => (texts.err += text)},
  };
  const code = await main(['weights', 'convert', ...argv], io);
  return {code, ...texts};
}
const shapesOf = (tensors: ReadonlyMap<string, WeightTensor>) =>
  Object.fromEntries([...tensors].map(([name, {shape}]) => [name, shape]));
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

// Shapes as vs-rife's classes of these versions have them.
const RELEASED = [
  {
    version: '4.0',
    dropped: 44,
    values: 5_160_980,
    modules: {block0: 32, block1: 32, block2: 32, block3: 32},
    shapes: {
      'block0.conv0.0.0.weight': [96, 7, 3, 3],
      'block1.conv0.0.0.weight': [64, 12, 3, 3],
      'block3.convblock.7.1.weight': [64],
      'block0.lastconv.weight': [192, 5, 4, 4],
    },
  },
  {
    version: '4.25',
    dropped: 30,
    values: 5_664_776,
    modules: {block0: 30, block1: 30, block2: 30, block3: 30, block4: 30, encode: 8},
    shapes: {
      'block0.conv0.0.0.weight': [96, 15, 3, 3],
      'block4.conv0.0.0.weight': [16, 28, 3, 3],
      'block2.convblock.0.beta': [1, 96, 1, 1],
      'block0.lastconv.0.weight': [192, 52, 4, 4],
      'encode.cnn0.weight': [16, 3, 3, 3],
      'encode.cnn3.weight': [16, 4, 4, 4],
    },
  },
];

describe.each(RELEASED)('$version', ({version, dropped, values, modules, shapes}) => {
  const options = {name: 'RIFE4', version, scales: [], widths: []};
  const tensors = networkTensors(options);
  // What upstream's file of 4.0 holds beside the network.
  if (version === '4.0') {
    for (let i = 0; i < 6; i++)
      tensors.set(
        `contextnet.${i}`,
        floats([1], () => i),
      );
    for (let i = 0; i < 6; i++)
      tensors.set(
        `unet.${i}`,
        floats([1], () => i),
      );
  }

  test.each([
    [['--prefix', 'none'], ''],
    [[], 'module.'],
  ])('%j', async (flags, prefix) => {
    await writeWeights(at('all.safetensors'), tensors, {format: 'safetensors'});
    const {code, out} = await convert('all.safetensors', 'out.pkl', '--prediction-only', '--force', ...flags);
    expect(code).toBe(0);
    expect(out).toContain(`, ${dropped} that only training reads left out\n`);
    const written = (await readWeights(at('out.pkl'))).tensors;
    const expected = Object.entries(shapes).map(([name, shape]) => [prefix + name, shape] as const);
    expect(shapesOf(written)).toMatchObject(Object.fromEntries(expected));
    expect([...written.values()].reduce((sum, {shape}) => sum + sizeOf(shape), 0)).toBe(values);
    const counts: Record<string, number> = {};
    for (const name of written.keys()) {
      expect(name.startsWith('module.')).toBe(prefix !== '');
      const module = name.slice(prefix.length).split('.', 1)[0]!;
      counts[module] = (counts[module] ?? 0) + 1;
    }
    expect(counts).toEqual(modules);
    const name = 'block0.conv0.0.0.weight';
    expect(Buffer.compare(written.get(prefix + name)!.bytes, tensors.get(name)!.bytes)).toBe(0);
  });
});

test('a checkpoint of widths that no release has', async () => {
  const options = {name: 'RIFE4', version: '4.0', scales: [8, 4, 2, 1], widths: [8, 8, 8, 8]};
  await writeCheckpoint(at('run/checkpoints/step-00000003'), 3, options);
  const {code, out} = await convert('run', 'narrow.pkl', '--prediction-only');
  expect([code, out]).toEqual([0, expect.stringMatching(/: 128 tensors, .* 32 that only training/)]);
});

test('IFNet keeps the refinement that its predictions need', async () => {
  await writeCheckpoint(at('paper/checkpoints/step-00000003'), 3);
  const {out} = await convert('paper', 'paper.pkl', '--prediction-only');
  expect(out).toContain('126 tensors');
  expect((await readWeights(at('paper.pkl'))).tensors.has('module.unet.conv.bias')).toBe(true);
});
