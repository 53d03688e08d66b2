import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ModelOptions} from '@rife-train/core';
import {createModel} from '@rife-train/model';
import {writeWeights, type WeightTensor} from '@rife-train/model/weights';
import {loadNetwork} from '../network.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-network-'));
afterAll(() => rmSync(folder, {recursive: true}));

const SMALL: ModelOptions = {name: 'IFNet_m', scales: [4, 2, 1], widths: [4, 6, 8]};

/** Writes fresh weights of a network to a file, without some of them. */
async function weightsFile(
  name: string,
  {
    options = SMALL,
    without = () => false,
  }: {options?: ModelOptions; without?: (tensor: string) => boolean} = {},
) {
  const model = createModel(options);
  const values = model.initialize(1);
  const tensors = new Map<string, WeightTensor>(
    [...model.parameters, ...(model.buffers ?? [])]
      .filter(spec => !without(spec.name))
      .map(spec => [
        spec.name,
        {
          dtype: 'F32',
          shape: [...spec.fileShape],
          bytes: new Uint8Array(model.toFile(spec.name, values.get(spec.name)!).buffer),
        },
      ]),
  );
  const file = join(folder, `${name}.safetensors`);
  await writeWeights(file, tensors, {format: 'safetensors'});
  return {file, values};
}

/**
 * Names of tensors that are not the same in both; jest's own comparison takes seconds for millions
 * of numbers.
 */
function differing(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): string[] {
  const bytes = (values: Float32Array = new Float32Array()) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const names = [...new Set([...a.keys(), ...b.keys()])];
  return names.filter(name => Buffer.compare(bytes(a.get(name)), bytes(b.get(name))) !== 0);
}

const failure = (path: string, name?: string) =>
  loadNetwork(path, {name}).then(
    () => 'it did not fail',
    ({code, message}: {code: string; message: string}) => `${code} ${message}`,
  );

test('name and widths come from the tensors, values in the layout of the program', async () => {
  const {file, values} = await weightsFile('all');
  const {model, weights, summary} = await loadNetwork(file);
  expect(model.options).toMatchObject(SMALL);
  expect(differing(weights, values)).toEqual([]);
  expect(summary).toBe(`IFNet_m, scales 4, 2, 1: ${file} (safetensors)`);
});

test('running statistics of batch norm come with the weights', async () => {
  const {file, values} = await weightsFile('norm', {options: {...SMALL, norm: 'batch'}});
  const {model, weights} = await loadNetwork(file);
  expect(model.options.norm).toBe('batch');
  expect(model.buffers!.length).toBeGreaterThan(0);
  expect(differing(weights, values)).toEqual([]);
});

test('so do the additions of plugin-multiscale, without the plugin', async () => {
  const options: ModelOptions = {
    name: 'IFNet',
    scales: [16, 8, 4, 2, 1],
    widths: [4, 4, 4, 6, 8],
    fusion: true,
    receptiveField: 'large-kernel',
  };
  const {file, values} = await weightsFile('multiscale', {options: {...options, zeroStages: 2}});
  const {model, weights, summary} = await loadNetwork(file);
  expect(model.options).toMatchObject(options);
  expect(differing(weights, values)).toEqual([]);
  expect(summary).toBe(`IFNet, scales 16, 8, 4, 2, 1: ${file} (safetensors)`);
});

test('the teacher may be missing', async () => {
  const {file, values} = await weightsFile('student', {without: name => name.startsWith('block_tea.')});
  const {weights} = await loadNetwork(file);
  expect(weights.size).toBe(values.size);
  expect(weights.get('block0.lastconv.bias')).toEqual(values.get('block0.lastconv.bias'));
  expect(weights.get('block_tea.lastconv.bias')).toEqual(new Float32Array(5));
});

test('what a prediction needs may not: it is named', async () => {
  const {file} = await weightsFile('torn', {without: name => name === 'unet.conv.bias'});
  expect(await failure(file)).toMatch(/^RIFE_ERR_PREDICT_WEIGHTS .*unet\.conv\.bias/);
});

test('another network than that of the weights is refused with the shapes', async () => {
  const {file} = await weightsFile('other');
  expect(await failure(file, 'IFNet')).toMatch(
    /^RIFE_ERR_PREDICT_WEIGHTS .*do not fit IFNet: .*block0.*\[2, 7, 3, 3\], not \[2, 6, 3, 3\]/,
  );
  expect(await failure(file, 'RIFE')).toMatch(/^RIFE_ERR_MODEL_UNKNOWN/);
});

test('a file of something else', async () => {
  const file = join(folder, 'foreign.safetensors');
  const bytes = new Uint8Array(4);
  await writeWeights(file, new Map([['w', {dtype: 'F32', shape: [1], bytes}]]), {format: 'safetensors'});
  expect(await failure(file)).toMatch(/^RIFE_ERR_PREDICT_WEIGHTS .*no tensor has a name of RIFE/);
});
