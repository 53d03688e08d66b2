import type {WeightsSource} from '../../weights/source.js';
import {pluginsFor} from '../plugins.js';

/** Weights of a checkpoint that needs plugins, or of a file that says nothing. */
const source = (needed?: string[]): WeightsSource => ({
  file: 'weights.safetensors',
  format: 'safetensors',
  metadata: {},
  tensors: new Map(),
  prefix: '',
  checkpoint: needed && {
    step: 2,
    steps: 4,
    directory: 'run/checkpoints/step-2',
    model: {name: 'IFNet', scales: [4, 2, 1], widths: [4, 4, 4]},
    plugins: {},
    predictionPlugins: needed,
  },
});
const flags = {weights: 'run', out: 'x.png'};

test('weights that need no plugins', async () => {
  expect(await pluginsFor(flags, source(), '.', () => {})).toBeUndefined();
  expect(await pluginsFor(flags, source([]), '.', () => {})).toBeUndefined();
});

test('a plugin that is missing is named, with what to do', async () => {
  const error = await pluginsFor(flags, source(['me:bend', 'me:tilt']), '.', () => {}).catch(e => e as Error);
  expect(error).toMatchObject({code: 'RIFE_ERR_PREDICT_PLUGINS'});
  expect((error as Error).message).toContain(
    'run/checkpoints/step-2 was trained with "me:bend", "me:tilt", which change the flow',
  );
  expect((error as Error).message).toContain('--config');
});

test('it may be left out on request', async () => {
  const without = {...flags, withoutPlugins: true};
  expect(await pluginsFor(without, source(['me:bend']), '.', () => {})).toBeUndefined();
});
