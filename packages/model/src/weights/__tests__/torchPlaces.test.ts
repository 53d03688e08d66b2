/** Where in a PyTorch file the weights are. */
import {decodeWeights} from '../readWeights.js';
import {torchZip} from './support/archives.js';
import {asm, dict, int, pickle, tensor, text} from './support/assembler.js';
import {decode, refusal} from './support/codes.js';

/** The pickle of a dict of tensors under these names. */
const named = (...names: string[]) => dict(...names.map((name): [Buffer, Buffer] => [text(name), tensor()]));
const NETWORK = ['block0.a', 'block0.b', 'block1.a', 'unet.a'];
const prefixed = (prefix: string) => NETWORK.map(name => prefix + name);
const BY_NUMBER = dict([text('state'), dict([int(0), named('exp_avg', 'exp_avg_sq')])]);
const BY_NAME = dict([text('exp_avg'), named(...NETWORK)], [text('exp_avg_sq'), named(...NETWORK)]);

test.each<[string, Buffer, string | undefined]>([
  [
    'a tensor beside it, as best_acc1',
    dict([text('best_acc1'), tensor()], [text('state_dict'), named(...prefixed('module.'))]),
    'state_dict',
  ],
  [
    'optimizer and random state beside it',
    dict([text('rng'), tensor()], [text('optimizer'), BY_NUMBER], [text('model'), named(...NETWORK)]),
    'model',
  ],
  [
    'random states in a dict',
    dict([text('rng_state'), named('cpu', 'cuda')], [text('model'), named(...prefixed('_orig_mod.'))]),
    'model',
  ],
  [
    'moments that have the names of the weights',
    dict([text('optimizer'), BY_NAME], [text('model'), named(...NETWORK)]),
    'model',
  ],
  [
    'names at the top, and averages of something else',
    dict(...NETWORK.map((name): [Buffer, Buffer] => [text(name), tensor()]), [text('stats'), named('mean')]),
    undefined,
  ],
  ['a list', asm(']', named(...NETWORK), 'a', BY_NUMBER, 'a'), '0'],
  ['two steps below', dict([text('state'), dict([text('net'), named(...NETWORK)])]), 'state.net'],
])('the network is found by its names: %s', (_, value, place) => {
  const {tensors, metadata} = decode(torchZip(pickle(value)));
  expect(tensors.size).toBeGreaterThanOrEqual(4);
  expect([...tensors.keys()].some(name => name.endsWith('unet.a'))).toBe(true);
  expect(metadata['state_dict']).toBe(place);
});

test('of several that fit the key chooses, and without one the keys are listed', () => {
  const file = torchZip(
    pickle(dict([text('params'), named(...NETWORK)], [text('params_ema'), named(...NETWORK, 'unet.b')])),
  );
  const message = refusal(file, 'WEIGHTS_AMBIGUOUS');
  expect(message).toContain('"params", "params_ema"');
  expect(message).toContain('--key "params_ema"');
  expect(decodeWeights(file, 'x', 'params').tensors.size).toBe(4);
  expect(decodeWeights(file, 'x', 'params_ema').tensors.size).toBe(5);
  expect(() => decodeWeights(file, 'x', 'ema')).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_WEIGHTS_KEY',
      message: expect.stringContaining('under "ema". It has weights under "params", "params_ema"') as string,
    }),
  );
});

test('a key may be a prefix of names in the one place that has them', () => {
  const names = [...prefixed('online.'), ...prefixed('ema.')];
  const file = torchZip(pickle(dict([text('net'), named(...names)], [text('rng'), named('cpu')])));
  expect(decodeWeights(file, 'x', 'ema').metadata).toEqual({state_dict: 'net'});
  expect(decodeWeights(file, 'x', 'net.ema').metadata).toEqual({state_dict: 'net'});
});

test('an optimizer alone is no network', () => {
  expect(refusal(torchZip(pickle(dict([text('optimizer'), BY_NUMBER]))), 'WEIGHTS_EMPTY')).toContain(
    '"optimizer": a dict of 1',
  );
});
