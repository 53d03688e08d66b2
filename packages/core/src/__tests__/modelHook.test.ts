/** What taps of `model` may ask, and what the network asks of the crop. */
import {optionError} from '@rife-train/errors';
import type {Network} from '../contract/index.js';
import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, rejection, tapping} from './helpers/harness.js';

describe('the tools of the model hook', () => {
  const one = {parameters: 1, macsPerPixel: 2};
  const costs = async (create?: Network['create']) => {
    const seen: unknown[] = [];
    const plugin = tapping('model', (options, {costOf}) => {
      seen.push(costOf(options), costOf({...options, name: 'none'}));
      return options;
    });
    await makeTrainer({
      plugins: [plugin],
      options: {networks: [fakeNetwork(create)]},
      config: {steps: 1},
    }).trainer.run();
    return seen;
  };

  test('report what a network costs, and nothing of options that are no network', async () => {
    const cost = {training: one, prediction: one, modules: {mix: one}};
    const seen = await costs(options => {
      if (options.name === 'none') throw optionError('model', 'name', 'none', 'a network');
      return Object.assign(new FakeModel(options), {cost});
    });
    expect(seen).toEqual([cost, undefined]);
  });

  test('report nothing of models that do not know', async () => {
    expect(await costs(options => new FakeModel(options))).toEqual([undefined, undefined]);
  });
});

test.each([
  [96, [96, 96]],
  [
    [128, 160],
    [128, 160],
  ],
])(
  'a crop of %j is refused before anything is opened where the network needs multiples of 64',
  async (crop, sides) => {
    const {trainer, sources} = makeTrainer({
      config: {data: {root: 'clips', crop: crop as number}},
      options: {
        networks: [
          fakeNetwork(options =>
            Object.assign(new FakeModel({...options, scales: [16, 4]}), {cropMultiple: 64, minCrop: 64}),
          ),
        ],
      },
    });
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_DATA_CROP'});
    expect(error.message).toBe(
      `[rife:data] data.crop is ${sides[0]} x ${sides[1]} pixels. Expected multiples of 64, at least 64: the network's ` +
        'coarsest block works at scale 16. Set data.crop to a multiple of 64 such as 192 or 256.',
    );
    expect(sources).toEqual([]);
  },
);
