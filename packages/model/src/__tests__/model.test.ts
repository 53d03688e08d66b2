/**
 * Parameters, layouts, initialisation, options; and that the fixtures' generator makes what the
 * reference was given.
 */
import {crc32} from 'node:zlib';
import {createModel} from '../index.js';
import {createIfNet, readJson} from './support/fixture.js';
import {fixtureWeights, fixtureFrame, fixtureImages} from '@rife-train/testing';

interface Checksums {
  weights: Record<string, Record<string, number>>;
  frames: Record<string, number>;
  batches: Record<string, number>;
}
const checksums = readJson<Checksums>('crc32.json');
const checksum = (values: Float32Array | Uint8Array) => crc32(new Uint8Array(values.buffer));

describe("the fixtures' generator", () => {
  test.each(['IFNet', 'IFNet_m'])('weights of %s', name => {
    const got = [...fixtureWeights(createIfNet(name))].map(([parameter, values]) => [
      parameter,
      checksum(values),
    ]);
    expect(Object.fromEntries(got)).toEqual(checksums.weights[name]);
  });

  test('frames', () => {
    const got = Object.keys(checksums.frames).map(key => {
      const [, k, h, w, t] = /^k(\d+)_(\d+)x(\d+)_t([\d.]+)$/.exec(key)!.map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      return [key, checksum(fixtureFrame(k, h, w, t))];
    });
    expect(Object.fromEntries(got)).toEqual(checksums.frames);
  });

  test.each([
    ['1x64x64', [1, 64, 64, 0.5]],
    ['2x96x64', [2, 96, 64, 0.5]],
    ['m_1x64x64', [1, 64, 64, 0.25]],
  ] as const)('first batches of %s', (tag, [n, h, w, t]) => {
    for (const step of [0, 1, 19]) {
      expect(checksum(fixtureImages(step, n, h, w, t))).toBe(checksums.batches[`${tag}_s${step}`]);
    }
  });
});

describe('parameters', () => {
  test.each(['IFNet', 'IFNet_m'])("names, shapes and order of %s are the reference's", name => {
    const got = createIfNet(name).parameters.map(p => [p.name, p.fileShape.join('x')]);
    expect(got).toEqual(readJson<Record<string, string[][]>>('parameters.json')[name]);
  });

  test('layouts: a convolution, a transposed one, a vector', () => {
    const model = createIfNet();
    const shapeOf = (name: string) => model.parameters.find(p => p.name === name)!.shape;
    const conv = 'block0.conv0.0.0.weight';
    expect(shapeOf(conv)).toEqual([3, 3, 6, 120]);
    const file = Float32Array.from({length: 120 * 6 * 9}, (_, i) => i);
    const program = model.fromFile(conv, file);
    // out 7, in 4, row 2, column 1
    expect(program[((2 * 3 + 1) * 6 + 4) * 120 + 7]).toBe(((7 * 6 + 4) * 3 + 2) * 3 + 1);
    expect(model.toFile(conv, program)).toEqual(file);
    const deconv = 'block2.lastconv.weight';
    expect(shapeOf(deconv)).toEqual([4, 4, 5, 90]);
    const transposed = Float32Array.from({length: 90 * 5 * 16}, (_, i) => i);
    // in 8, out 3, row 2, column 1
    expect(model.fromFile(deconv, transposed)[((2 * 4 + 1) * 5 + 3) * 90 + 8]).toBe(
      ((8 * 5 + 3) * 4 + 2) * 4 + 1,
    );
    const bias = Float32Array.of(1, 2, 3, 4, 5);
    expect(model.toFile('block2.lastconv.bias', model.fromFile('block2.lastconv.bias', bias))).toEqual(bias);
  });

  test('other widths and scales change the blocks alone', () => {
    const model = createModel({name: 'IFNet', scales: [16, 4, 2, 1], widths: [32, 16, 16, 8]});
    const shapes = Object.fromEntries(model.parameters.map(p => [p.name, p.fileShape]));
    expect(shapes['block3.lastconv.weight']).toEqual([8, 5, 4, 4]);
    expect(shapes['block_tea.conv0.0.0.weight']).toEqual([4, 20, 3, 3]);
    expect(shapes['unet.conv.weight']).toEqual([3, 16, 3, 3]);
    expect([model.cropMultiple, model.minCrop]).toEqual([64, 64]);
    expect([createIfNet().cropMultiple, createIfNet().minCrop]).toEqual([32, 64]);
  });
});

describe('initialisation', () => {
  const model = createIfNet();
  const values = model.initialize(1234);

  test('is the same for the same seed, and another for another', () => {
    const small = createModel({name: 'IFNet', scales: [1], widths: [2]});
    const sums = (seed: number) => [...small.initialize(seed).values()].map(checksum);
    expect(sums(1)).toEqual(sums(1));
    expect(sums(1)).not.toEqual(sums(2));
  });

  test('covers every parameter in order; slopes are 0.25', () => {
    expect([...values.keys()]).toEqual(model.parameters.map(p => p.name));
    expect(new Set(values.get('unet.up0.1.weight'))).toEqual(new Set([0.25]));
  });

  // fan of a transposed convolution is out * 16, in PyTorch: 5 * 16 and 128 * 16.
  test.each([
    ['block0.convblock.3.0', 240 * 9],
    ['block0.lastconv', 80],
    ['unet.up0.0', 2048],
    ['contextnet.conv1.conv1.0', 27],
  ])('%s is uniform within 1/sqrt(%i)', (name, fan) => {
    const bound = 1 / Math.sqrt(fan);
    const weight = values.get(`${name}.weight`)!;
    const moment = (power: number) =>
      weight.reduce((sum, x) => sum + (x / bound) ** power, 0) / weight.length;
    // Five standard errors of the mean and of the mean square of a uniform distribution.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / 3 / weight.length));
    expect(Math.abs(moment(2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / weight.length));
    const largest = weight.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(bound * 0.98);
    const bias = values.get(`${name}.bias`)!;
    expect(bias.every(x => Math.abs(x) <= bound)).toBe(true);
    expect(new Set(bias).size).toBe(bias.length);
  });
});

describe('refuses', () => {
  const options = {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90]};
  const model = createIfNet();
  test.each<[string, string, () => unknown]>([
    ['an unknown name', 'RIFE_ERR_MODEL_UNKNOWN', () => createModel({...options, name: 'IFNet_HD'})],
    [
      'a name of Object.prototype',
      'RIFE_ERR_MODEL_UNKNOWN',
      () => createModel({...options, name: 'constructor'}),
    ],
    ['a width too few', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, widths: [240, 150]})],
    ['no blocks', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, scales: [], widths: []})],
    ['an odd width', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, widths: [240, 150, 91]})],
    ['a width of 0', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, widths: [240, 0, 90]})],
    ['a scale of 3', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, scales: [4, 3, 1]})],
    ['a scale of -1', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, scales: [4, 2, -1]})],
    ['no list of scales', 'RIFE_ERR_MODEL_OPTION', () => createModel({...options, scales: 4 as never})],
    [
      'a parameter that does not exist',
      'RIFE_ERR_MODEL_PARAMETER',
      () => model.toFile('block9.bias', new Float32Array(1)),
    ],
    [
      'too few values',
      'RIFE_ERR_MODEL_PARAMETER',
      () => model.fromFile('unet.conv.bias', new Float32Array(2)),
    ],
  ])('%s', (_, code, f) => expect(f).toThrow(expect.objectContaining({code})));

  test('an unknown name lists the known ones', () => {
    expect(() => createModel({...options, name: 'RIFE'})).toThrow(
      '"RIFE". The networks are IFNet, IFNet_m, RIFE4. Set "model.name"',
    );
  });
});
