import {definePlugin, type UserConfig} from '@rife-train/core';
import {checkSameConfig, valuesOf} from '../sameConfig.js';

const config = (
  changes: Partial<UserConfig> = {},
  options: unknown = {rate: (step: number) => step, big: 5n},
) => ({
  data: {root: '/clips'},
  steps: 10,
  plugins: [definePlugin({name: 'test:plugin', options: options as object, apply() {}})],
  ...changes,
});
const check = (other: UserConfig) => checkSameConfig('rife.config.ts', valuesOf(config()), other);

test('the same configuration, loaded again, is the same', () => {
  expect(() => check(config())).not.toThrow();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(() => valuesOf(config({}, circle))).not.toThrow();
});

test.each([
  ['"data.crop" is 224 for the command and 256', config({data: {root: '/clips', crop: 256}})],
  ['"optim.betas.1" is 0.999 for the command and 0.99', config({optim: {betas: [0.9, 0.99]}})],
  ['"plugins.0.options"', config({}, {rate: 5})],
  ['"plugins.0.name" is "test:plugin" for the command and left out', config({plugins: []})],
])('%s', (message, other) => {
  expect(() => check(other)).toThrow(message);
});
