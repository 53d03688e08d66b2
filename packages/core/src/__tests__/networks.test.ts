import * as z from 'zod';
import type {ModelOptions, Network} from '../contract/index.js';
import {defineNetwork, Networks, networksOf} from '../networks/networks.js';
import {FakeModel, fakeNetwork} from './helpers/fakeModel.js';
import {makeTrainer} from './helpers/harness.js';

const options = z.strictObject({
  name: z.string(),
  scales: z.array(z.number()).default(() => [2, 1]),
  depth: z.custom<number>(x => Number(x) > 0, 'a number above 0').default(3),
  head: z.strictObject({width: z.number().default(8)}).optional(),
});
const own = defineNetwork({
  name: 'Own',
  options,
  create: given => new FakeModel(given),
  recognize: tensors => (tensors.has('own') ? {name: 'Own', scales: [1]} : undefined),
});
const networks = new Networks([own, fakeNetwork()]);
const given = (more: object) => () => networks.resolve({name: 'Own', ...more});

test('the first is the default; defaults are the schema’s, and complete options stay as they are', () => {
  const complete = networks.resolve();
  expect(complete).toEqual({name: 'Own', scales: [2, 1], depth: 3});
  expect(networks.resolve(complete)).toEqual(complete);
  expect(networks.resolve({name: 'Own', scales: undefined as never})).toEqual(complete);
});

test.each<[string, object, RegExp]>([
  ['a wrong value', {depth: -1}, /"model\.depth" must be a number above 0, but got -1/],
  ['an unknown option', {dept: 2}, /"model\.dept" must be left out \(there are name, scales, depth, head\)/],
  ['an unknown inner one', {head: {w: 1}}, /"model\.head\.w" must be left out \(there are head\.width\)/],
])('%s is refused with what the schema says', (_, more, message) => {
  expect(given(more)).toThrow(expect.objectContaining({code: 'RIFE_ERR_MODEL_OPTION'}));
  expect(given(more)).toThrow(message);
});

test('what the model hook left is checked again before the network is built', () => {
  expect(() => networks.create({name: 'Own', scales: [1], depth: 0} as ModelOptions)).toThrow(/depth/);
  expect(networks.create({name: 'Own', scales: [1]}).options).toEqual({name: 'Own', scales: [1], depth: 3});
});

test('a name that there is not is refused with those that there are', () => {
  const error = {code: 'RIFE_ERR_MODEL_UNKNOWN', message: expect.stringContaining('Own, IFNet')};
  expect(given({name: 'Other'})).toThrow(expect.objectContaining(error));
  expect(given({name: 'constructor'})).toThrow(expect.objectContaining({code: error.code}));
});

test('tensors are offered to each network in order', () => {
  const tensors = (name: string) => new Map([[name, {shape: [1]}]]);
  expect(networks.recognize(tensors('own'))).toEqual({name: 'Own', scales: [1]});
  expect(networks.recognize(tensors('other'))).toBeUndefined();
});

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /without a name/],
  ['no name', {...own, name: ''}, /without a name/],
  ['no schema', {...own, options: {}}, /schema `options`/],
  ['no create', {...own, create: undefined}, /`create`/],
  ['another contract', {...own, apiVersion: 99}, /network contract 1/],
  ['no defineNetwork', {name: 'Own', options, create: own.create}, /defineNetwork/],
])('%s is no network', (_, network, message) => {
  const make = () => new Networks([network as Network]);
  expect(make).toThrow(expect.objectContaining({code: 'RIFE_ERR_MODEL_NETWORK'}));
  expect(make).toThrow(message);
});

test('two of one name are refused', () => {
  expect(() => networksOf([own], {networks: [own]})).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_MODEL_NETWORK'}),
  );
});

test('a network of the configuration is trained', async () => {
  const {trainer, steps} = makeTrainer({config: {networks: [own], model: {name: 'Own'}, steps: 2}});
  await trainer.run();
  expect(trainer.config.model).toEqual({name: 'Own', scales: [2, 1], depth: 3});
  expect(steps).toHaveLength(2);
});
