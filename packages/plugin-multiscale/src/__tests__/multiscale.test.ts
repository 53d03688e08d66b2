import type {PluginContext} from '@rife-train/core';
import {multiscale} from '../index.js';

test('is a plugin, and does nothing until it is set up', () => {
  expect(multiscale()).toMatchObject({name: 'rife:multiscale', setup: expect.any(Function)});
});

test('says at setup that its stages are not there yet, and what to do', () => {
  const setup = () => multiscale().setup({} as PluginContext);
  expect(setup).toThrow(
    expect.objectContaining({code: 'RIFE_ERR_PLUGIN_UNFINISHED', plugin: 'rife:multiscale'}),
  );
  expect(setup).toThrow(/extra downsampling stages are not built yet.*Remove it from "plugins"/);
});
