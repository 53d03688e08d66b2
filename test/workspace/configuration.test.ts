/** docs/configuration.md, and the doc comments of the configuration, are those of the schemas. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {evalScript, ROOT} from './callScript.js';

const SCRIPT = 'docs/configuration.mjs';

test('the page and the comments are up to date: "npm run docs" would change nothing', () => {
  const stale = evalScript(SCRIPT, '(await exports.staleFiles()).map(([file]) => file)');
  expect(stale).toEqual([]);
});

test('the page has every option of the trainer and of the plugins here', () => {
  const page = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  for (const option of [
    'steps',
    'data.cache.codec',
    'model.scales',
    'optim.betas',
    'keep.every',
    'soften.steps',
  ])
    expect(page).toContain(`\n| \`${option}\` |`);
  const plugins = [
    'curriculum',
    'distill',
    'ema',
    'flowNorm',
    'gainLimit',
    'gradClip',
    'multiscale',
    'recover',
  ];
  expect([...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)).toEqual(plugins);
});
