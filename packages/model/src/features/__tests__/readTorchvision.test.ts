/** Files of VGG-19, of AlexNet, and of others. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ModelOptions} from '@rife-train/core';
import {ALEX_SPECS} from '../../lpips/alexNet.js';
import {readAlexNet} from '../../lpips/openLpips.js';
import {createModel} from '../../networks.js';
import {writeWeights} from '../../weights/writeWeights.js';
import type {WeightsFormat, WeightTensor} from '../../weights/types.js';
import {featureSpecs} from '../featurePlan.js';
import {readTorchvision} from '../readTorchvision.js';
import {vgg19} from '../vgg19.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-vgg-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** Narrow: what is wanted is a parameter of the reader. */
const specs = featureSpecs(vgg19(2)).slice(0, 28);
const ramp = (shape: readonly number[], from = 0): WeightTensor => {
  const values = Float32Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => from + i / 8);
  return {dtype: 'F32', shape: [...shape], bytes: new Uint8Array(values.buffer)};
};
const whole = () =>
  new Map(featureSpecs(vgg19(2)).map(({name, fileShape}) => [name, ramp(fileShape)] as const));

let files = 0;
async function written(
  tensors: ReadonlyMap<string, WeightTensor>,
  format: WeightsFormat = 'zip',
  prefix = '',
) {
  const file = join(folder, `${files++}.pth`);
  await writeWeights(file, tensors, {format, prefix});
  return file;
}

const refused = async (tensors: ReadonlyMap<string, WeightTensor>) => {
  const file = await written(tensors);
  return readTorchvision('vgg19', file, specs, 'model.vgg').then(
    () => 'taken',
    (error: Error & {code: string}) => `${error.code} ${error.message.replace(file, 'FILE')}`,
  );
};

test.each([
  ['zip', ''],
  ['zip', 'module.'],
  ['legacy', ''],
  ['safetensors', ''],
] as const)('format %s, names with "%s": what is wanted, in program layout', async (format, prefix) => {
  const classifier = ['classifier.0.weight', ramp([4, 4])] as const;
  const file = await written(new Map([...whole(), classifier]), format, prefix);
  const values = await readTorchvision('vgg19', file, specs, 'model.vgg');
  expect([...values.keys()]).toEqual(specs.map(({name}) => name));
  // [O,I,K,K] to [K,K,I,O].
  const [first] = values.values();
  expect([...first!.subarray(0, 6)]).toEqual([0, 27, 9, 36, 18, 45].map(i => i / 8));
});

const shapes = (all: Record<string, number[]>) =>
  new Map(Object.entries(all).map(([name, shape]) => [name, ramp(shape)] as const));
const renamed = (rename: (name: string) => string | undefined) =>
  new Map([...whole()].flatMap(([name, x]) => (rename(name) ? [[rename(name)!, x] as const] : [])));
const zeros = (shape: readonly number[]): WeightTensor => {
  const bytes = new Uint8Array(4 * shape.reduce((a, b) => a * b, 1));
  return {dtype: 'F32', shape: [...shape], bytes};
};
const rife = (options: Partial<ModelOptions>) => {
  const {parameters} = createModel(options);
  return new Map(parameters.map(spec => [spec.name, zeros(spec.fileShape)] as const));
};

describe('another network is named', () => {
  // VGG-16 lacks the fourth convolution of each of the last three stages.
  const vgg16 = () => {
    const kept = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
    const [all, own] = [[...whole()], new Map<string, WeightTensor>()];
    kept.forEach((at, i) => {
      own.set(`features.${at}.weight`, all[2 * i]![1]);
      own.set(`features.${at}.bias`, all[2 * i + 1]![1]);
    });
    return own;
  };

  test.each([
    ['VGG-16', vgg16],
    [
      'VGG-19 with batch norm',
      () =>
        new Map([
          ...renamed(name => name.replace(/\d+/, i => String(3 * Number(i)))),
          ['features.1.running_mean', ramp([2])] as const,
        ]),
    ],
    ['AlexNet', () => shapes({'features.0.weight': [64, 3, 11, 11], 'features.0.bias': [64]})],
    ['a ResNet', () => shapes({'conv1.weight': [64, 3, 7, 7], 'layer1.0.conv1.weight': [64, 64, 3, 3]})],
    ['RIFE 4.12.lite', () => rife({name: 'RIFE4', version: '4.12.lite'})],
    ['IFNet', () => rife({name: 'IFNet', scales: [4, 2, 1], widths: [8, 8, 8]})],
  ])('%s', async (name, tensors) => {
    const text = await refused(tensors());
    expect(text).toContain('RIFE_ERR_WEIGHTS_NETWORK');
    expect(text).toContain(`"FILE", which "model.vgg" names, holds weights of ${name}: "features.`);
    expect(text).toContain("torchvision.models.vgg19(weights='IMAGENET1K_V1').state_dict()");
  });

  test('as far as it can be', async () => {
    expect(await refused(shapes({'head.weight': [2, 2]}))).toContain(
      'holds 1 tensors, the first of which is "head.weight"',
    );
    const features = renamed(name => name.replace('features.', ''));
    expect(await refused(features)).toContain(
      'holds 32 tensors, the first of which is "0.weight": "features.0.weight" is missing',
    );
  });

  test('a tensor of VGG-19 that is missing, or of another shape', async () => {
    const short = whole();
    short.delete('features.28.bias');
    expect(await refused(short)).toContain('holds weights of VGG-19: "features.28.bias" is missing');
    const wide = whole().set('features.5.weight', ramp([9, 2, 3, 3]));
    expect(await refused(wide)).toContain('"features.5.weight" has shape [9, 2, 3, 3], not [4, 2, 3, 3]');
  });
});

test('numbers that are not finite are refused', async () => {
  const broken = whole().set('features.2.bias', ramp([2], NaN));
  expect(await refused(broken)).toMatch(
    /RIFE_ERR_WEIGHTS_CORRUPT .*"features.2.bias" has numbers that are not finite/,
  );
});

test('a file that is not there', async () => {
  await expect(readTorchvision('vgg19', join(folder, 'none.pth'), specs, 'model.vgg')).rejects.toMatchObject({
    code: 'RIFE_ERR_WEIGHTS_READ',
  });
});

describe('AlexNet', () => {
  const alexNet = () => new Map(ALEX_SPECS.map(({name, fileShape}) => [name, ramp(fileShape)] as const));
  const read = async (tensors: ReadonlyMap<string, WeightTensor>) => {
    const file = await written(tensors);
    return readAlexNet(file, '--lpips').catch((error: Error & {code: string}) =>
      Promise.reject(new Error(`${error.code} ${error.message.replace(file, 'FILE')}`)),
    );
  };

  test('its convolutions in program layout, without the classifier', async () => {
    const classifier = ['classifier.1.weight', ramp([4, 4])] as const;
    const values = await read(new Map([...alexNet(), classifier]));
    expect([...values.keys()]).toEqual(
      [0, 3, 6, 8, 10].flatMap(i => [`features.${i}.weight`, `features.${i}.bias`]),
    );
    // [64,3,11,11] to [11,11,3,64].
    const first = values.get('features.0.weight')!;
    expect([first[0], first[1], first[64], first[3 * 64]]).toEqual([0, 363, 121, 1].map(i => i / 8));
    expect(values.get('features.10.bias')).toHaveLength(256);
  });

  test('another network is named, and how to save AlexNet', async () => {
    await expect(read(whole())).rejects.toThrow(
      'RIFE_ERR_WEIGHTS_NETWORK [rife:weights] "FILE", which "--lpips" names, holds weights of VGG-19: ' +
        '"features.0.weight" has shape [2, 3, 3, 3], not [64, 3, 11, 11]. Expected torchvision\'s AlexNet. ' +
        "Save it in Python: torch.save(torchvision.models.alexnet(weights='IMAGENET1K_V1').state_dict(), 'alexnet.pth')",
    );
  });

  test('a tensor that is missing is named', async () => {
    const short = alexNet();
    short.delete('features.8.bias');
    await expect(read(short)).rejects.toThrow('holds weights of AlexNet: "features.8.bias" is missing');
  });
});
