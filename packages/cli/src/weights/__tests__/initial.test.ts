import {join} from 'node:path';
import type {Model} from '@rife-train/core';
import {specsOf, writeWeights} from '@rife-train/model/weights';
import {readInitial} from '../initial.js';
import {sha256OfFile} from '@rife-train/files';
import {floats, networkTensors, SMALL, temporaryFolder, without} from './files.js';

const folder = temporaryFolder();
const model = {name: 'IFNet', parameters: specsOf(SMALL)} as unknown as Model;

/** Writes tensors and reads them for the model. */
async function initialOf(name: string, tensors: ReturnType<typeof networkTensors>, prefix = '') {
  const file = join(folder, `${name}.safetensors`);
  await writeWeights(file, tensors, {format: 'safetensors', prefix});
  return readInitial(file, model);
}

test('a whole file', async () => {
  const {file, report, values, sha256} = await initialOf('whole', networkTensors(), 'module.');
  expect(report).toBe(`init: all 158 tensors from ${file} (safetensors, prefix module.)`);
  expect(values.size).toBe(158);
  expect(values.get('unet.conv.bias')).toEqual(
    new Float32Array(networkTensors().get('unet.conv.bias')!.bytes.buffer),
  );
  expect(sha256).toBe(await sha256OfFile(file));
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('what stays fresh and what is not used is reported, a line each', async () => {
  const tensors = without(networkTensors(), /^block_tea\.|^unet\.conv\.bias/);
  tensors.set(
    'block0.lastconv.bias',
    floats([7], i => i),
  );
  tensors.set(
    'encode.weight',
    floats([2], i => i),
  );
  const {file, report, values} = await initialOf('partial', tensors);
  expect(report.split('\n')).toEqual([
    `init: 124 of 158 tensors from ${file} (safetensors)`,
    '  stays fresh: block_tea: 32 of 32 tensors missing',
    '  stays fresh: unet: 1 of 38 tensors missing: unet.conv.bias',
    '  stays fresh: block0: 1 of 32 tensors with another shape: block0.lastconv.bias is [7], not [5]',
    '  not used: encode: 1 tensor (encode.weight)',
  ]);
  expect(values.has('block0.lastconv.bias')).toBe(false);
});

test('buffers are tensors like others', async () => {
  const norm = {...SMALL, norm: 'batch' as const};
  const isBuffer = ({name}: {name: string}) => /running_/.test(name);
  const specs = specsOf(norm);
  const withNorm = {
    name: 'IFNet',
    parameters: specs.filter(spec => !isBuffer(spec)),
    buffers: specs.filter(isBuffer),
  } as unknown as Model;
  const file = join(folder, 'norm.safetensors');
  await writeWeights(file, without(networkTensors(norm), /^block1\..*running_/), {format: 'safetensors'});
  const {values, report} = await readInitial(file, withNorm);
  expect(values.get('block0.conv0.0.norm.running_var')).toHaveLength(3);
  expect(report).toContain(
    'stays fresh: block1: 20 of 72 tensors missing: block1.conv0.0.norm.running_mean, block1.conv0.0.norm.running_var and 18 more',
  );
});
