import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {writeWeights} from '@rife-train/model/weights';
import {locateWeights, readSource} from '../source.js';
import {networkTensors, SMALL, temporaryFolder, writeCheckpoint} from './files.js';

const root = temporaryFolder();
const at = (...names: string[]) => join(root, ...names);
const folder = (...names: string[]) => {
  mkdirSync(at(...names), {recursive: true});
  return at(...names);
};

test('a file is itself, whether or not it is there', () => {
  expect(locateWeights(at('a.pkl'))).toBe(at('a.pkl'));
});

test('a run: the checkpoint that `latest` names, else the newest; also by its folder of checkpoints', async () => {
  for (const step of [9, 10]) await writeCheckpoint(at(`run/checkpoints/step-${step}`), step);
  mkdirSync(at('run/checkpoints/.new-step-11'));
  expect(locateWeights(at('run'))).toBe(at('run/checkpoints/step-10/weights.safetensors'));
  writeFileSync(at('run/checkpoints/latest'), 'step-9\n');
  expect(locateWeights(at('run'))).toBe(at('run/checkpoints/step-9/weights.safetensors'));
  expect(locateWeights(at('run/checkpoints'))).toBe(at('run/checkpoints/step-9/weights.safetensors'));
  writeFileSync(at('run/checkpoints/latest'), '../../../etc\n');
  expect(locateWeights(at('run'))).toBe(at('run/checkpoints/step-10/weights.safetensors'));
});

test("a checkpoint, and the reference's train_log", async () => {
  const file = await writeCheckpoint(at('checkpoint'), 3);
  expect(locateWeights(at('checkpoint'))).toBe(file);
  writeFileSync(join(folder('train_log'), 'flownet.pkl'), '');
  expect(locateWeights(at('train_log'))).toBe(at('train_log/flownet.pkl'));
});

test.each([['empty'], ['empty-run/checkpoints']])('a folder without weights: %s', name => {
  folder(name);
  expect(() => locateWeights(at(name.split('/')[0]!))).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_CLI_WEIGHTS_FOLDER'}),
  );
});

test('a checkpoint is read with what it says of itself', async () => {
  await writeCheckpoint(at('facts'), 7);
  const source = await readSource(at('facts'));
  expect(source).toMatchObject({
    file: at('facts/weights.safetensors'),
    format: 'safetensors',
    prefix: '',
    checkpoint: {step: 7, model: SMALL},
  });
  expect([...source.tensors.keys()]).toEqual([...networkTensors().keys()]);
});

test('the prefix is taken off', async () => {
  await writeWeights(at('prefixed.safetensors'), networkTensors(), {
    format: 'safetensors',
    prefix: 'module.',
  });
  const {prefix, tensors, checkpoint} = await readSource(at('prefixed.safetensors'));
  expect([prefix, checkpoint]).toEqual(['module.', undefined]);
  expect(tensors.has('unet.conv.bias')).toBe(true);
});

test('a checkpoint that is damaged is refused, be it the weights or the state', async () => {
  const file = await writeCheckpoint(at('damaged'), 7);
  const content = readFileSync(file);
  content[content.length - 1]! ^= 1;
  writeFileSync(file, content);
  const damaged = {
    code: 'RIFE_ERR_CLI_WEIGHTS_CHECKPOINT',
    message: expect.stringContaining('another checksum') as string,
  };
  await expect(readSource(at('damaged'))).rejects.toMatchObject(damaged);
  await expect(readSource(file)).rejects.toMatchObject(damaged);
  writeFileSync(at('damaged/state.json'), '{"step": ');
  await expect(readSource(at('damaged'))).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_WEIGHTS_CHECKPOINT',
    message: expect.stringContaining('not JSON') as string,
  });
});

test('a file that is not there', async () => {
  await expect(readSource(at('nowhere.pkl'))).rejects.toMatchObject({code: 'RIFE_ERR_WEIGHTS_READ'});
});
