/** Weights of another network: where a run starts from them, and where they predict. */
import {join} from 'node:path';
import type {ModelOptions} from '@rife-train/core';
import {createModel} from '@rife-train/model';
import {specsOf, type WeightTensor, writeWeights} from '@rife-train/model/weights';
import {loadNetwork} from '../../predict/network.js';
import {readInitial} from '../initial.js';
import {floats, SMALL, temporaryFolder, without, writeCheckpoint} from './files.js';

const folder = temporaryFolder();
const rife4 = (version: string, widths: number[] = []): ModelOptions => ({
  name: 'RIFE4',
  version,
  scales: [],
  widths,
});
const IFNET: ModelOptions = {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90]};
const written = new Map<string, Promise<string>>();

/** Zeros: only names and shapes count here. */
const networkTensors = (options: ModelOptions): Map<string, WeightTensor> =>
  new Map(
    specsOf(options).map(({name, fileShape}) => {
      const bytes = new Uint8Array(4 * fileShape.reduce((a, b) => a * b, 1));
      return [name, {dtype: 'F32', shape: [...fileShape], bytes}];
    }),
  );

/** Published weights: without the teacher of RIFE4. */
function fileOf(options: ModelOptions): Promise<string> {
  const key = `${options.name}-${options.version}-${options.widths?.join('-')}`;
  const write = async () => {
    const file = join(folder, `${key}.safetensors`);
    const tensors =
      options.name === 'RIFE4'
        ? without(networkTensors(options), /^(block_tea|teacher)\./)
        : networkTensors(options);
    await writeWeights(file, tensors, {format: 'safetensors'});
    return file;
  };
  if (!written.has(key)) written.set(key, write());
  return written.get(key)!;
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    ({code, message}: {code: string; message: string}) => `${code} ${message}`,
  );
const initOf = async (file: string, options: ModelOptions) =>
  outcome(readInitial(file, createModel(options)));

test.each([
  [
    rife4('4.2'),
    rife4('4.0'),
    'weights of RIFE 4.2, but the network is RIFE4 4.0',
    "{name: 'RIFE4', version: '4.2'}",
  ],
  [rife4('4.0'), rife4('4.2'), 'weights of RIFE 4.0, but the network is RIFE4 4.2', "version: '4.0'"],
  [rife4('4.6'), rife4('4.7'), 'weights of RIFE 4.6, but the network is RIFE4 4.7', "version: '4.6'"],
  [rife4('4.25.lite'), rife4('4.25.heavy'), 'weights of RIFE 4.25.lite, but', "version: '4.25.lite'"],
  [rife4('4.25.lite'), rife4('4.26'), 'weights of RIFE 4.25.lite, but', "version: '4.25.lite'"],
  [rife4('4.0'), IFNET, 'weights of RIFE 4.0, but the network is IFNet', "{name: 'RIFE4', version: '4.0'}"],
  [IFNET, rife4('4.0'), 'weights of IFNet, but the network is RIFE4 4.0', "model: {name: 'IFNet'} in"],
  [
    {name: 'IFNet_m', scales: [2, 1], widths: [8, 4]},
    rife4('4.0'),
    'weights of IFNet_m, but',
    "{name: 'IFNet_m', scales: [2, 1], widths: [8, 4]}",
  ],
])('%j as %j', async (given, wanted, what, fix) => {
  const message = await initOf(await fileOf(given), wanted);
  expect(message).toMatch(/^RIFE_ERR_WEIGHTS_NETWORK /);
  expect(message).toContain(what);
  expect(message).toContain(fix);
});

test.each([
  [rife4('4.25'), rife4('4.26')],
  [rife4('4.25'), rife4('4.25')],
  [rife4('4.25.lite'), rife4('4.25', [192, 128, 96, 64, 24])],
  [
    {...SMALL, scales: [4, 2, 1], widths: [8, 6, 4]},
    {name: 'IFNet_m', scales: [4, 2, 1], widths: [8, 6, 4]},
  ],
])('%j starts %j', async (given, wanted) => {
  expect(await initOf(await fileOf(given), wanted)).toBe('accepted');
});

test("upstream's file of 4.0, whose context net and U-net fit IFNet", async () => {
  const tensors = new Map([...networkTensors(IFNET), ...networkTensors(rife4('4.0'))]);
  const file = join(folder, 'upstream.safetensors');
  await writeWeights(file, tensors, {format: 'safetensors'});
  expect(await initOf(file, IFNET)).toMatch(
    /^RIFE_ERR_WEIGHTS_NETWORK .*RIFE 4\.0, but the network is IFNet/,
  );
  expect(await outcome(loadNetwork(file))).toBe('accepted');
});

test('the network of a checkpoint is what it says', async () => {
  const narrow = {...rife4('4.6', [8, 8, 8, 8]), scales: [8, 4, 2, 1]};
  const checkpoint = await writeCheckpoint(join(folder, 'run'), 2, narrow);
  expect(await initOf(checkpoint, rife4('4.7', [8, 8, 8, 8]))).toMatch(
    /^RIFE_ERR_WEIGHTS_NETWORK .*RIFE 4\.6/,
  );
  expect(await initOf(checkpoint, narrow)).toBe('accepted');
});

test.each([
  [rife4('4.0'), 'IFNet', 'weights of RIFE 4.0, but the network is IFNet'],
  [IFNET, 'RIFE4', 'weights of IFNet, but the network is RIFE4'],
])('predictions of %j as %s', async (given, name, what) => {
  const message = await outcome(loadNetwork(await fileOf(given), {name}));
  expect(message).toMatch(/^RIFE_ERR_WEIGHTS_NETWORK /);
  expect(message).toContain(what);
});

test('a configuration of 4.2 does not predict with a file of 4.0, which has all its tensors', async () => {
  const plugins = {modelOptions: () => createModel(rife4('4.2')).options};
  const options = {plugins: () => Promise.resolve(plugins as never)};
  expect(await outcome(loadNetwork(await fileOf(rife4('4.0')), options))).toMatch(
    /^RIFE_ERR_WEIGHTS_NETWORK /,
  );
});

test('what is of no network here is left to the trainer', async () => {
  const file = join(folder, 'other.safetensors');
  await writeWeights(file, new Map([['conv.weight', floats([2], i => i)]]), {format: 'safetensors'});
  expect(await initOf(file, rife4('4.0'))).toBe('accepted');
});
