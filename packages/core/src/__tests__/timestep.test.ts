import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer, metricsLines, rejection, tapping} from './helpers/harness.js';

class TimedModel extends FakeModel {
  override readonly anyTimestep = true;
}
const timed = {networks: [fakeNetwork(options => new TimedModel(options))]};
const data = (timestep: 'middle' | 'any') => ({data: {root: 'clips', timestep}});

test('each sample has its own, in the model, in taps and in the metrics', async () => {
  const plugin = tapping('afterLoss', ({terms}, trace) => ({
    terms: {...terms, time: trace.timestep},
    weights: {reconstruction: 0, teacher: 0, distill: 0, time: 1},
  }));
  const config = {...data('any'), steps: 2};
  const {trainer, steps, out, lines} = makeTrainer({
    config,
    plugins: [plugin],
    times: [0.25, 0.75],
    options: timed,
  });
  await trainer.run();
  expect(steps[1]!.perSample.map(({timestep, loss}) => [timestep, loss])).toEqual([
    [0.25, 0.25],
    [0.75, 0.75],
  ]);
  expect(metricsLines(out)[1]!['perSample']).toEqual([
    [1, 0.25, 0.25],
    [1, 0.75, 0.75],
  ]);
  expect(lines.filter(line => line.includes('data.timestep'))).toEqual([]);
});

test('the model computes with them: a sample differs by its own timestep alone', async () => {
  const lossesAt = async (times: [number, number]) => {
    const {trainer, steps} = makeTrainer({
      config: {...data('any'), steps: 1},
      times,
      options: timed,
    });
    await trainer.run();
    return steps[0]!.perSample.map(({loss}) => loss);
  };
  const [first, second] = await lossesAt([0.25, 0.75]);
  const middle = await lossesAt([0.25, 0.5]);
  expect(middle[0]).toBe(first);
  expect(middle[1]).not.toBeCloseTo(second!, 4);
});

test('any time for a network that is without a timestep input is refused, and nothing is opened', async () => {
  const {trainer, sources} = makeTrainer({config: data('any')});
  const error = await rejection(trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_CONFIG_TIMESTEP'});
  expect(error.message).toMatch(/Fake takes no timestep.*IFNet_m/);
  expect(sources).toEqual([]);
});

test('the middle alone for a network that could learn more is reported', async () => {
  const {trainer, lines} = makeTrainer({config: {...data('middle'), steps: 1}, options: timed});
  await trainer.run();
  expect(lines).toContainEqual(expect.stringMatching(/^warning: Fake will know the middle alone/));
});
