/** RIFE 4.x as a network of the trainer: options, what files are distinguished, cost. */
import {createModel} from '../../networks.js';
import {deduceOptions, specsOf} from '../../deduceOptions.js';
import {RIFE4_VERSIONS} from '../architecture.js';
import {rife4Specs} from '../specs.js';

const options = (version: string) => ({name: 'RIFE4', version, scales: [], widths: []});
const create = (more: object = {}) => createModel({name: 'RIFE4', scales: [], widths: [], ...more});

// Counted by the authors of vs-rife's table of versions; the one of 4.0 is that of its published
// file.
test.each([
  ['4.0', 5_160_980],
  ['4.2', 5_156_420],
  ['4.5', 5_275_520],
  ['4.6', 5_306_256],
  ['4.9', 5_325_012],
  ['4.12', 5_364_312],
  ['4.12.lite', 2_631_804],
  ['4.14.lite', 2_968_152],
  ['4.17.lite', 2_616_476],
  ['4.20', 15_376_512],
  ['4.23', 9_322_416],
  ['4.22.lite', 4_866_052],
  ['4.26', 5_664_776],
  ['4.25.lite', 5_622_700],
  ['4.25.heavy', 21_663_528],
  ['4.26.heavy', 5_723_156],
])('%s predicts with %i parameters', (version, parameters) => {
  expect(createModel(options(version)).cost!.prediction.parameters).toBe(parameters);
});

test('4.25 is the default, and its options are written out', () => {
  expect(create().options).toEqual({
    name: 'RIFE4',
    version: '4.25',
    scales: [16, 8, 4, 2, 1],
    widths: [192, 128, 96, 64, 32],
  });
  expect(create()).toMatchObject({anyTimestep: true, cropMultiple: 64, minCrop: 64});
});

test.each([
  [{version: '4.99'}, /model\.version.*one of 4\.0, .*4\.26\.heavy, but got "4\.99"/],
  [{version: '4.0', scales: [4, 2, 1]}, /scales.*4 powers of two/],
  [{widths: [3, 3, 3, 3, 3]}, /widths.*5 even numbers/],
  [{norm: 'batch'}, /norm.*RIFE4 does not have it/],
  [{blocks: 4}, /model\.blocks.*left out \(there are name, .*version/],
  [{fusion: true}, /fusion.*RIFE4 does not have it/],
  [{distill: {stages: [1, 1]}}, /stages.*5 numbers/],
])('%j is refused', (more, message) => {
  expect(() => create(more)).toThrow(message);
});

/** The first version with the same tensors: files of the others look the same. */
const representative = (version: string) =>
  Object.keys(RIFE4_VERSIONS).find(other => {
    const [a, b] = [other, version].map(each =>
      JSON.stringify(rife4Specs(RIFE4_VERSIONS[each]!).map(({name, fileShape}) => [name, fileShape])),
    );
    return a === b;
  })!;

test.each(Object.keys(RIFE4_VERSIONS))('a file of %s is recognised by its tensors', version => {
  const specs = specsOf(options(version));
  const file = new Map(specs.map(({name, fileShape}) => [name, {shape: fileShape}]));
  expect(deduceOptions(file)).toMatchObject({name: 'RIFE4', version: representative(version)});
  // Published files hold no teacher.
  for (const name of [...file.keys()]) if (/^(teacher|block_tea)\./.test(name)) file.delete(name);
  expect(deduceOptions(file)).toMatchObject({version: representative(version)});
  file.delete('block0.conv0.0.0.weight');
  expect(deduceOptions(file)?.name).not.toBe('RIFE4');
});

test('file layout and program layout are each other inverse, pixel shuffle and all', () => {
  const model = createModel(options('4.22.lite'));
  for (const {name, fileShape} of model.parameters) {
    const values = Float32Array.from({length: fileShape.reduce((a, b) => a * b, 1)}, (_, i) => i);
    expect(model.toFile(name, model.fromFile(name, values))).toEqual(values);
  }
  // Output o = 4c + 2i + j of PyTorch is (2i + j) * 13 + c here.
  const bias = model.fromFile(
    'block0.lastconv.0.bias',
    Float32Array.from({length: 52}, (_, i) => i),
  );
  expect([...bias.slice(0, 3)]).toEqual([0, 4, 8]);
  expect(bias[13]).toBe(1);
});
