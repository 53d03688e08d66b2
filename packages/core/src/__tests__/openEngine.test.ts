/** The engine is opened last: it may have to be installed. */
import {RifeError} from '@rife-train/errors';
import {FakeBatches, makeTrainer, rejection} from './helpers/harness.js';

const broken = () =>
  new RifeError({code: 'RIFE_ERR_DATA_CLIP_SHORT', part: 'data', what: 'short', fix: 'mend'});

test('a clip that cannot be used is reported before the engine is opened', async () => {
  let opened = 0;
  const {trainer} = makeTrainer({
    options: {
      openBatches: () => Promise.reject(broken()),
      openEngine: () => Promise.reject(new Error(`opened ${++opened}`)),
    },
  });
  expect(await rejection(trainer.run())).toMatchObject({code: 'RIFE_ERR_DATA_CLIP_SHORT'});
  expect(opened).toBe(0);
});

test('an engine that cannot be opened leaves no data open', async () => {
  const {trainer, sources} = makeTrainer({
    options: {openEngine: () => Promise.reject(new Error('no TensorFlow'))},
  });
  expect(trainer.engineDescription).toBeUndefined();
  expect((await rejection(trainer.run())).message).toContain('no TensorFlow');
  expect(sources.map(({closed}: FakeBatches) => closed)).toEqual([true]);
});
