/**
 * All plugins that apply to RIFE 4.x together, on the oldest and the newest kind of its networks;
 * one refuses. Alone, in pairs and with all checks: `npm run test:slow`.
 */
import {createModel} from '@rife-train/model';
import {multiscale} from '@rife-train/plugin-multiscale';
import {INNER} from '@rife-train/plugin-gainlimit';
import {createEngine} from '@rife-train/engine';
import {trainTiny} from '@rife-train/testing';
import {on, ON_RIFE4, rife4Conformance, VERSIONS} from './rife4.js';

rife4Conformance('4.0', ON_RIFE4, ['captured equals eager', 'a rollback restores its state']);
rife4Conformance('4.25', ON_RIFE4, ['captured equals eager', 'predicts the same, or says that it does not']);

test.each(VERSIONS)('multiscale refuses RIFE %s before training', async version => {
  const engine = await createEngine({execution: 'eager'});
  const run = trainTiny({engine, ...on(version), plugins: [multiscale({stages: [32]})]});
  await expect(run).rejects.toMatchObject({
    code: 'RIFE_ERR_PLUGIN_OPTION',
    plugin: 'rife:multiscale',
    message: expect.stringContaining('must be used with IFNet or IFNet_m; the network is RIFE4'),
  });
});

test.each(['4.0', '4.6', '4.25'])('gainlimit finds nine layers of each block of RIFE %s', version => {
  const {parameters} = createModel({name: 'RIFE4', version, scales: []});
  const blockOf = (name: string) => name.slice(0, name.indexOf('.'));
  const blocks = [...new Set(parameters.map(({name}) => blockOf(name)))].filter(name => name !== 'encode');
  const chosen = parameters.filter(({name}) => INNER.test(name)).map(({name}) => blockOf(name));
  expect(chosen).toEqual(blocks.flatMap(block => Array.from({length: 9}, () => block)));
});
