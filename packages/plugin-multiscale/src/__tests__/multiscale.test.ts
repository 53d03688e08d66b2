import type {PluginTrainer} from '@rife-train/core';
import {multiscale} from '../index.js';

test('is a plugin, and does nothing until it is set up', () => {
  expect(multiscale()).toMatchObject({name: 'rife:multiscale', apply: expect.any(Function)});
});

test('says when it is applied that its stages are not there yet, and what to do', () => {
  const apply = () => multiscale().apply({} as PluginTrainer);
  expect(apply).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_PLUGIN_UNFINISHED', plugin: 'rife:multiscale'}),
  );
  expect(apply).toThrow(/extra downsampling stages are not built yet.*Remove it from "plugins"/);
});
