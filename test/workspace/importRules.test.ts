/**
 * The lint rules fire: for each row of scripts/lint/importTable.mjs something forbidden and
 * something allowed; sizes; wide comments.
 */
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');

/** Messages of `rife/*` and size rules per file, from one run of ESLint for all of them. */
function lint(files: {file: string; code: string}[]): string[][] {
  const {stdout, stderr, status} = spawnSync(process.execPath, [join(__dirname, 'lintVirtual.mjs')], {
    input: JSON.stringify(files),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`lintVirtual.mjs failed: ${stderr}`);
  return JSON.parse(stdout) as string[][];
}

/** One text in one file; `wrong` is part of the expected message, or undefined if it is right. */
type Case = [row: string, file: string, code: string, wrong: string | undefined];

const source = (folder: string) => `packages/${folder}/src/virtual.ts`;
const test1 = (folder: string) => `packages/${folder}/src/__tests__/virtual.test.ts`;
const FORBIDDEN = 'may not import';

const ROWS: Case[] = [
  ['errors', source('errors'), `import '@rife-train/core';`, FORBIDDEN],
  ['errors', source('errors'), `import 'node:fs';`, undefined],
  ['files', source('files'), `import type {Trainer} from '@rife-train/core';`, FORBIDDEN],
  ['files', source('files'), `import 'node:fs';`, undefined],
  ['core', source('core'), `import {IFNet} from '@rife-train/model';`, FORBIDDEN],
  ['core', source('core'), `export * from '@rife-train/engine';`, FORBIDDEN],
  ['core', source('core'), `import type {X} from '@rife-train/data';`, FORBIDDEN],
  ['core', source('core'), `import sharp from 'sharp';`, FORBIDDEN],
  ['core', source('core'), `import '@tensorflow/tfjs-node';`, FORBIDDEN],
  [
    'core',
    source('core'),
    `import {SyncHook} from 'tapable'; import {x} from '@rife-train/errors';`,
    undefined,
  ],
  ['engine', source('engine'), `import {definePlugin} from '@rife-train/core';`, 'only types'],
  ['engine', source('engine'), `import type {Program} from '@rife-train/core';`, undefined],
  ['engine', source('engine'), `import '@tensorflow/tfjs-node';`, 'only inside a function'],
  ['engine', source('engine'), `export const load = () => import('@tensorflow/tfjs-node');`, undefined],
  ['engine', source('engine'), `import {warpLoss} from '@rife-train/model';`, FORBIDDEN],
  ['model', source('model'), `import {loadRuntime} from '@rife-train/engine';`, FORBIDDEN],
  ['model', source('model'), `import {resize} from '@rife-train/engine/ops';`, undefined],
  ['model', source('model'), `export type {Model} from '@rife-train/core';`, undefined],
  ['data', source('data'), `import {IFNet} from '@rife-train/model';`, FORBIDDEN],
  ['data', source('data'), `import * as tf from '@tensorflow/tfjs-core';`, FORBIDDEN],
  ['data', source('data'), `import {Trainer} from '@rife-train/core';`, 'only types'],
  ['data', source('data'), `import sharp from 'sharp'; import {Piscina} from 'piscina';`, undefined],
  ['dataset', source('dataset'), `import {Trainer} from '@rife-train/core';`, 'only types'],
  ['dataset', source('dataset'), `import {PackFile} from '@rife-train/data/parts';`, undefined],
  ['export', source('export'), `import {NETWORKS} from '@rife-train/model';`, 'only inside a function'],
  ['export', source('export'), `import {recordEntry} from '@rife-train/engine/graph';`, undefined],
  ['video', source('video'), `import {Trainer} from '@rife-train/core';`, FORBIDDEN],
  ['video', source('video'), `import {ffmpegOnce} from '@rife-train/data/parts';`, undefined],
  ['evaluate', source('evaluate'), `import {Predictor} from '@rife-train/core';`, 'only types'],
  ['evaluate', source('evaluate'), `import sharp from 'sharp'; import {Piscina} from 'piscina';`, undefined],
  ['parallel', source('parallel'), `import {IFNet} from '@rife-train/model';`, FORBIDDEN],
  [
    'parallel',
    source('parallel'),
    `import {Trainer} from '@rife-train/core'; import '@rife-train/engine';`,
    undefined,
  ],
  ['plugin-*', source('plugin-distill'), `import {gradClip} from '@rife-train/plugin-gradclip';`, FORBIDDEN],
  [
    'plugin-*',
    source('plugin-distill'),
    `import {NETWORKS} from '@rife-train/model';`,
    'may import only types',
  ],
  ['plugin-*', source('plugin-distill'), `import type {Options} from '@rife-train/model';`, undefined],
  ['plugin-*', source('plugin-gradclip'), `import type {Clip} from '@rife-train/data';`, FORBIDDEN],
  ['plugin-*', source('plugin-gradclip'), `import {loadRuntime} from '@rife-train/engine';`, FORBIDDEN],
  ['plugin-*', source('plugin-gradclip'), `import {definePlugin} from '@rife-train/core';`, undefined],
  ['testing', source('testing'), `import {IFNet} from '@rife-train/model';`, FORBIDDEN],
  [
    'testing',
    source('testing'),
    `import {Trainer} from '@rife-train/core'; import '@rife-train/engine';`,
    undefined,
  ],
  ['create-rife-train-plugin', source('create-rife-train-plugin'), `import '@rife-train/core';`, FORBIDDEN],
  [
    'create-rife-train-plugin',
    source('create-rife-train-plugin'),
    `import {usageError} from '@rife-train/errors'; import 'node:fs';`,
    undefined,
  ],
  ['cli', source('cli'), `import {distill} from '@rife-train/plugin-distill';`, FORBIDDEN],
  ['cli', source('cli'), `import {clips} from '@rife-train/data'; import 'cosmiconfig';`, undefined],
];

const GENERAL: Case[] = [
  ['deep import', source('core'), `import '@rife-train/errors/src/core.js';`, 'not an entry point'],
  ['deep import', source('cli'), `import '@rife-train/core/dist/trainer.js';`, 'not an entry point'],
  [
    'deep import from outside',
    'examples/x/rife.config.ts',
    `import '@rife-train/core/dist/x.js';`,
    'not an entry point',
  ],
  ['relative way out', source('cli'), `import '../../core/src/index.js';`, 'leads out of'],
  ['relative way out', test1('core'), `import '../../../testing/src/index.js';`, 'leads out of'],
  ['relative way in', 'test/e2e/virtual.test.ts', `import '../../packages/cli/src/main.js';`, 'leads out of'],
  ['own file', test1('core'), `import '../index.js';`, undefined],
  ['tests', test1('core'), `import '@rife-train/testing'; import '@rife-train/engine';`, undefined],
  ['tests', test1('core'), `import '@rife-train/model';`, FORBIDDEN],
  ['tests', test1('engine'), `import '@tensorflow/tfjs-node';`, undefined],
  ['testing in sources', source('core'), `import '@rife-train/testing';`, FORBIDDEN],
  ['require', source('core'), `export const f = () => require('sharp');`, FORBIDDEN],
  ['import type', source('core'), `export type X = import('@rife-train/data').X;`, FORBIDDEN],
  ['undeclared', source('cli'), `import 'lodash';`, 'not in the dependencies'],
  ['package without a row', source('surprise'), `import 'sharp';`, 'no row'],
];

const SIZES: Case[] = [
  ['file of 301 lines', source('core'), '//\n'.repeat(301), 'max-lines: '],
  ['file of 300 lines', source('core'), '//\n'.repeat(300), undefined],
  [
    'function of 61 lines',
    source('core'),
    `export function f() {${'\n'.repeat(60)}}`,
    'max-lines-per-function: ',
  ],
  ['test of 61 lines', test1('core'), `export function f() {${'\n'.repeat(60)}}`, undefined],
];

const word = (columns: number) => 'x'.repeat(columns);
const WIDE = 'rife/comment-width: This comment line has 101 columns';
const COMMENTS: Case[] = [
  ['line of 101 columns', source('errors'), `// ${word(98)}`, WIDE],
  ['line of 100 columns', source('errors'), `// ${word(97)}`, undefined],
  ['line of a block', test1('errors'), `/**\n * ${word(98)}\n */`, WIDE],
  ['comment after code', source('errors'), `export const a = 1; // ${word(78)}`, WIDE],
  ['URL', source('errors'), `// https://example.org/${word(98)}`, undefined],
  ['row of a table', source('errors'), `/*\n * | ${word(98)} |\n */`, undefined],
  ['directive', source('errors'), `// prettier-ignore ${word(98)}`, undefined],
  ['long code', source('errors'), `export const a = '${word(98)}';`, undefined],
];

const CASES = [...ROWS, ...GENERAL, ...SIZES, ...COMMENTS];
let messages: string[][];
beforeAll(() => {
  messages = lint(CASES.map(([, file, code]) => ({file: join(ROOT, file), code})));
});

test.each(CASES.map((c, i) => [...c, i] as const))('%s: %s: %s', (_row, _file, _code, wrong, i) => {
  if (wrong === undefined) expect(messages[i]).toEqual([]);
  else expect(messages[i]).toEqual([expect.stringContaining(wrong)]);
});

test('every row of the table has a forbidden and an allowed import here', () => {
  const table = readFileSync(join(ROOT, 'scripts/lint/importTable.mjs'), 'utf8');
  const body = table.slice(table.indexOf('IMPORT_TABLE = {'), table.indexOf('\n};'));
  const rows = [...body.matchAll(/^ {2}'?([\w*-]+)'?: \{/gm)].map(match => match[1]!);
  expect(rows.length).toBeGreaterThan(8);
  for (const right of [true, false]) {
    const covered = ROWS.filter(([, , , wrong]) => (wrong === undefined) === right).map(([row]) => row);
    expect([...new Set(covered)]).toEqual(rows);
  }
});
