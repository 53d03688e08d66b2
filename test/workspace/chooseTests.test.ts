/**
 * Tests that `npm run test:quick` and `npm run test:changed` choose, in this workspace and in a
 * small invented one, and messages about an old build.
 */
import {mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {callEach, callScript as call, ROOT} from './callScript.js';

interface Choice {
  forAll: string[];
  ways: string[][];
  unreached: string[];
}

const CORE = 'packages/core/src';
const NEEDS: [file: string, needs: unknown][] = [
  [`${CORE}/__tests__/trainer.test.ts`, []],
  ['packages/data/src/__tests__/plan.test.ts', []],
  ['packages/cli/src/train/__tests__/flags.test.ts', []],
  [`${CORE}/__tests__/storeKilled.test.ts`, ['processes']],
  ['packages/data/src/__tests__/pool.test.ts', expect.arrayContaining(['threads'])],
  ['packages/data/src/__tests__/tables.test.ts', expect.arrayContaining(['processes', 'ffmpeg'])],
  ['packages/engine/src/ops/__tests__/gradients.test.ts', expect.arrayContaining(['TensorFlow'])],
  ['packages/plugin-gainlimit/src/__tests__/conformance.test.ts', expect.arrayContaining(['TensorFlow'])],
];

test('what a test needs', () => {
  const needs = callEach(
    'choose/quick.mjs',
    'needsOf',
    NEEDS.map(([file]) => [file]),
  );
  expect(NEEDS.map(([file], i) => [file, needs[i]])).toEqual(NEEDS);
});

describe('a change of', () => {
  const TAKEN: [what: string, file: string, test: string][] = [
    ['a page of errors', 'docs/errors/cli.md', 'packages/cli/src/__tests__/reportError.test.ts'],
    [
      'a fixture',
      'packages/model/src/__tests__/fixtures/inference_1x64x96.safetensors',
      'packages/cli/src/predict/__tests__/reference.test.ts',
    ],
    [
      'a template',
      'packages/create-rife-train-plugin/template/README.md.tmpl',
      'packages/create-rife-train-plugin/src/__tests__/createPlugin.test.ts',
    ],
    [
      'what only a thread loads',
      'packages/data/src/loader/decodeWorker.ts',
      'packages/data/src/__tests__/pool.test.ts',
    ],
    ['what only a command loads', 'packages/cli/src/program.ts', 'test/e2e/run.test.ts'],
    ['a source that a mutation spoils', `${CORE}/optim.ts`, 'test/workspace/mutations.test.ts'],
    ['a script', 'scripts/faults/judge.mjs', 'test/faults/faults.test.ts'],
    ['a benchmark', 'bench/step/table.mjs', 'test/workspace/bench.test.ts'],
    ['a test', `${CORE}/__tests__/optim.test.ts`, `${CORE}/__tests__/optim.test.ts`],
    ['what tests share', 'test/reference/support.ts', 'test/reference/training.test.ts'],
    ['a plugin', 'packages/plugin-gradclip/src/clipState.ts', 'test/conformance/pairs.test.ts'],
  ];
  const FOR_ALL = [
    ...['package-lock.json', 'jest.config.mjs', 'packages/core/package.json'],
    'packages/engine/native/rifeOps.cc',
  ];
  const files = [...TAKEN.map(([, file]) => file), ...FOR_ALL, 'NOTES.md'];
  const choices = callEach(
    'choose/changed.mjs',
    'choose',
    files.map(file => [[file]]),
  ) as Choice[];
  const choiceFor = (file: string) => choices[files.indexOf(file)]!;
  const testsFor = (file: string) => choiceFor(file).ways.map(([test]) => test);

  test.each(TAKEN)('%s takes its test', (_what, file, expected) => {
    expect(testsFor(file)).toContain(expected);
  });

  test('a plugin takes no test of another', () => {
    expect(
      testsFor('packages/plugin-gradclip/src/clipState.ts').filter(file => /plugin-(?!gradclip)/.test(file!)),
    ).toEqual([]);
  });

  test('something is reported with the way to it', () => {
    expect(choiceFor('packages/cli/src/program.ts').ways).toContainEqual([
      ...['test/e2e/run.test.ts', 'test/e2e/support.ts', 'packages/cli/src/program.ts'],
    ]);
  });

  test('something that no test reaches is said', () => {
    expect(choiceFor('NOTES.md')).toEqual({forAll: [], ways: [], unreached: ['NOTES.md']});
  });

  test.each(FOR_ALL)('%s takes all', file => expect(choiceFor(file).forAll).toEqual([file]));
});

test('the choice is reported', () => {
  const choice = {
    forAll: [],
    ways: [['a.test.ts'], ['b.test.ts', 'b.ts', 'c.ts'], ['test/slow/d.test.ts', 'c.ts']],
    unreached: ['README.md'],
  };
  const changed = ['README.md', 'a.test.ts', 'c.ts'];
  expect(call('choose/changed.mjs', 'explain', changed, choice, 9)).toEqual([
    '3 changed files',
    '  README.md: no test reaches it',
    '2 of 9 test files reach them',
    '  a.test.ts was changed',
    '  b.test.ts: b.ts > c.ts',
    'Not run here: test/slow/d.test.ts (npm run test:slow)',
  ]);
  expect(
    call('choose/changed.mjs', 'explain', ['x.json'], {forAll: ['x.json'], ways: [], unreached: []}, 9),
  ).toEqual(['1 changed files', '  x.json: any test may depend on it', 'all 9 test files run']);
});

test('a commit that git does not know', () => {
  expect(call('choose/changed.mjs', 'changedSince', 'no-such-commit')).toEqual({
    thrown: expect.stringMatching(/what changed since no-such-commit: .*\n {2}What to do: name a commit/),
  });
});

describe('a made-up workspace', () => {
  const root = mkdtempSync(join(tmpdir(), 'rife-choose-'));
  afterAll(() => rmSync(root, {recursive: true, force: true}));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), text);
  };
  const files: Record<string, string> = {
    'packages/a/package.json': '{"name": "a", "exports": {".": {"default": "./dist/index.js"}}}',
    'packages/a/src/index.ts': `export {one, two as second} from './one.js';\nexport * from './all.js';`,
    'packages/a/src/one.ts': `import type {T} from './types.js';\nexport const one = 1;\nexport function two() {}`,
    'packages/a/src/all.ts': `import {fork} from 'node:child_process';\nexport class Three {}`,
    'packages/a/src/types.ts': `export interface T {}`,
    'packages/a/src/late.ts': `export const load = () => import('./one.js');`,
    'packages/a/bin/a.js': `import '../dist/all.js';`,
  };
  Object.entries(files).forEach(([path, text]) => write(path, text));

  const [index, one, all] = ['index', 'one', 'all'].map(name => `packages/a/src/${name}.ts`);
  const [late, command] = ['packages/a/src/late.ts', 'packages/a/bin/a.js'];
  const NODE = 'node:child_process';
  const CASES: [what: string, text: string, reached: (string | undefined)[]][] = [
    ['a name', `import {one} from 'a';`, [index, one]],
    ['a name that is passed on under another', `import {second} from 'a';`, [index, one]],
    ['a name after a star', `import {Three} from 'a';`, [index, all, NODE]],
    ['a type', `import type {Three} from 'a'; import {type one} from 'a';`, []],
    ['everything', `import * as a from 'a';`, [index, one, all, NODE]],
    ['a name that is not there', `import {gone} from 'a';`, [index, one, all, NODE]],
    ['a comment', `// import {one} from 'a';\n/* import 'a'; */`, []],
    ['a module that is gone', `import '../packages/a/src/gone.js';`, ['packages/a/src/gone.ts']],
    ['a late import', `import '../packages/a/src/late.js';`, [late, one]],
    ['a package of npm', `import sharp from 'sharp';`, ['sharp']],
    ['a command', `const path = '../packages/a/bin/a.js';`, [command, 'dist', all, NODE]],
    ['a folder', 'read(`../packages/a/src/${name}.ts`)', ['packages/a/src/']],
    ['a build', `join(ROOT, 'packages/a/dist/one.js')`, ['dist', one]],
  ];
  CASES.forEach(([, text], i) => write(`test/${i}.test.ts`, text));
  const reached = (strings: boolean) =>
    callEach(
      'choose/reach.mjs',
      'reachedBy',
      CASES.map((_, i) => [`test/${i}.test.ts`, {root, strings}]),
    ) as string[][];
  const everything = reached(true);

  test.each(CASES.map(([what, , expected], i) => [what, i, expected] as const))(
    '%s is followed',
    (_what, i, expected) => {
      expect(new Set(everything[i]!.slice(1))).toEqual(new Set(expected));
    },
  );

  test('strings are left out on request', () => {
    expect(reached(false).map((found, i) => found.length - everything[i]!.length)).toEqual(
      CASES.map(([what, , {length}]) => (/command|folder|build/.test(what) ? -length : 0)),
    );
  });

  test('a build is old when a source is newer than it, and not when a test is', () => {
    const at = (path: string, seconds: number) => utimesSync(join(root, path), seconds, seconds);
    const old = () => call('dist.mjs', 'oldDist', root);
    const sources = Object.keys(files).filter(path => path.endsWith('.ts'));
    sources.forEach(path => at(path, 1000));
    expect(old()).toBeNull(); // never built
    write('packages/a/dist/.tsbuildinfo', '');
    write('packages/a/src/__tests__/late.test.ts', '');
    at('packages/a/dist/.tsbuildinfo', 1000);
    expect(old()).toBeNull();
    at('packages/a/src/one.ts', 1001);
    expect(old()).toBe(
      'dist is older than its sources: packages/a/src/one.ts was changed after the last build.\n  What to do: run "npm run build"',
    );
    at('packages/a/src/all.ts', 1001);
    expect(old()).toMatch(/all\.ts \(and 1 more\)|one\.ts \(and 1 more\)/);
  });
});

test('a suite that would run an old build fails with that word', async () => {
  const load = () => jest.isolateModulesAsync(async () => void (await import('../setup/oldDist.js')));
  const before = process.env['RIFE_TEST_OLD_DIST'];
  const set = (...tests: string[]) =>
    (process.env['RIFE_TEST_OLD_DIST'] = JSON.stringify({wrong: 'dist is old', tests}));
  try {
    set(__filename.slice(ROOT.length + 1));
    await expect(load()).rejects.toThrow('dist is old');
    set('test/e2e/run.test.ts');
    await load();
  } finally {
    if (before === undefined) delete process.env['RIFE_TEST_OLD_DIST'];
    else process.env['RIFE_TEST_OLD_DIST'] = before;
  }
});
