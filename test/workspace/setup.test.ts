/**
 * Set-up as a whole, of a workspace with two small packages. TypeScript and the engine are the real
 * ones; npm only links them.
 */
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {evalScript, ROOT} from './callScript.js';

let folder: string;
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const write = (name: string, content: unknown) => {
  mkdirSync(dirname(join(folder, name)), {recursive: true});
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
};

/** Replaces `npm ci`. */
const NPM = `
const {appendFileSync, cpSync, existsSync, mkdirSync, symlinkSync} = require('node:fs');
appendFileSync('npm.calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n');
if (process.env.NPM_WAITS_FOR) while (!existsSync(process.env.NPM_WAITS_FOR));
console.error('npm says something');
require('node:fs').rmSync('node_modules', {recursive: true, force: true});
mkdirSync('node_modules');
symlinkSync(${JSON.stringify(join(ROOT, 'node_modules/typescript'))}, 'node_modules/typescript');
symlinkSync(${JSON.stringify(join(ROOT, 'node_modules/@rife-train'))}, 'node_modules/@rife-train');
cpSync('package-lock.json', 'node_modules/.package-lock.json');
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rife-setup-'));
  for (const script of ['setup', 'alone', 'engine', 'run', 'status'])
    cpSync(join(ROOT, `scripts/${script}.mjs`), join(folder, `scripts/${script}.mjs`));
  write('npm.js', NPM);
  const {version} = JSON.parse(readFileSync(join(ROOT, 'node_modules/typescript/package.json'), 'utf8')) as {
    version: string;
  };
  write('package-lock.json', {packages: {'node_modules/typescript': {version}}});
  write('tsconfig.base.json', {});
  write('tsconfig.json', {files: [], references: [{path: 'packages/user'}, {path: 'packages/base'}]});
  const compilerOptions = {
    composite: true,
    rootDir: 'src',
    outDir: 'dist',
    types: [],
    lib: ['es5'],
    skipLibCheck: true,
  };
  for (const [name, references] of [
    ['base', []],
    ['user', [{path: '../base'}]],
  ] as const) {
    write(`packages/${name}/package.json`, {name});
    write(`packages/${name}/tsconfig.json`, {compilerOptions, include: ['src'], references});
    write(`packages/${name}/src/index.ts`, `export const ${name} = 1;\n`);
  }
});

/** Runs set-up. Removes the times from its lines, and lines that only a slow machine prints. */
function setUp() {
  const env = {...process.env, npm_execpath: join(folder, 'npm.js')};
  const {status, stdout, stderr} = spawnSync(process.execPath, [join(folder, 'scripts/setup.mjs')], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  const text = stdout.replaceAll(/\d+ s$/gm, 'N s').replaceAll(/^setup: (build step )?\d+ of .*\n/gm, '');
  return {status, stderr, lines: text.split('\n').slice(0, -1)};
}

test('a fresh clone reports the plan and each step; the next run reports nothing', () => {
  const {status, stderr, lines} = setUp();
  expect({status, stderr}).toEqual({status: 0, stderr: 'npm says something\n'});
  expect(lines).toEqual([
    'setup: 3 steps to do: dependencies (1 packages), build (2 packages), TensorFlow (about 280 MB to fetch, 3.5 GB for an NVIDIA GPU; nothing if it is installed already)',
    'setup: step 1 of 3: installing the dependencies with "npm ci", because node_modules is missing',
    'setup: step 1 of 3 done in N s',
    'setup: step 2 of 3: building the packages with "tsc -b", because dist is missing',
    'setup: step 2 of 3 done in N s',
    expect.stringMatching(/^setup: step 3 of 3: TensorFlow .*is installed already: .*tfjs_binding\.node$/),
  ]);
  expect(setUp()).toEqual({status: 0, stderr: '', lines: []});

  // A single step needs no plan, and tsc's error messages come through.
  write('packages/user/src/index.ts', 'export const user: string = 1;\n');
  const failed = setUp();
  expect(failed.status).toBe(1);
  expect(failed.lines).toEqual([
    'setup: step 1 of 1: building the packages with "tsc -b", because sources changed',
    expect.stringMatching(/^packages\/user\/src\/index\.ts\(1,14\): error TS2322: /),
  ]);
  expect(failed.stderr).toMatch(/^error: The build failed; .*\n {2}What to do: correct it/);
});

test('dependencies that npm cannot install end set-up with its message and ours', () => {
  write('npm.js', 'console.error("npm error code ENOTFOUND"); process.exit(1);');
  const {status, stderr, lines} = setUp();
  expect({status, lines: lines.length}).toEqual({status: 1, lines: 2});
  expect(stderr).toMatch(/^npm error code ENOTFOUND\nerror: "npm ci" failed; its own message is above\.\n/);
});

/** Starts set-up; `output` grows. */
function startSetUp(variables: Record<string, string>) {
  const env = {...process.env, npm_execpath: join(folder, 'npm.js'), ...variables};
  const child = spawn(process.execPath, [join(folder, 'scripts/setup.mjs')], {cwd: folder, env});
  const run = {child, output: '', ended: once(child, 'close')};
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (run.output += text));
  return run;
}

/** Waits for an event that nothing announces. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

test.each<[string, NodeJS.Signals | undefined]>([
  ['both end well', undefined],
  ['the first is killed, and its npm goes on', 'SIGKILL'],
])('of two at once the second waits, and finds the dependencies installed: %s', async (_, signal) => {
  const go = join(folder, 'go');
  const first = startSetUp({NPM_WAITS_FOR: go});
  await until(() => existsSync(join(folder, 'npm.calls')));
  if (signal) first.child.kill(signal);
  const second = startSetUp({NPM_WAITS_FOR: go});
  await until(() => second.output.includes('waiting for another set-up of this folder'));
  writeFileSync(go, '');
  const [[code]] = (await Promise.all([second.ended, first.ended])) as [number[], unknown];
  expect({code, output: second.output}).toMatchObject({code: 0});
  expect(readFileSync(join(folder, 'npm.calls'), 'utf8').trim().split('\n')).toHaveLength(1);
  expect(existsSync(join(folder, 'packages/user/dist/index.js'))).toBe(true);
});

test('torn records of an earlier set-up are no obstacle', () => {
  expect(setUp().status).toBe(0);
  writeFileSync(join(folder, 'node_modules/.rife-setup'), '{"lock": "1');
  expect(setUp()).toMatchObject({status: 0, stderr: ''});
  rmSync(join(folder, 'node_modules/.rife-setup'));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{"pack');
  rmSync(join(folder, 'node_modules/typescript'));
  expect(setUp().lines).toContainEqual(expect.stringContaining('installing the dependencies'));
});

test('progress lines of tsc are distinguished from lines for the reader', () => {
  const meanings = [
    ['    * packages/engine/tsconfig.json', {listed: 'engine'}],
    ['    * tsconfig.json', {}],
    ["10:00:00 AM - Building project '/home/me/rife/packages/core/tsconfig.json'...", {building: 'core'}],
    ["[\x1b[90m10:00:00 AM\x1b[0m] Building project '/a/packages/core/tsconfig.json'...", {building: 'core'}],
    ['10:00:00 AM - Projects in this build: ', {}],
    // In Turkish, Korean and Greek.
    ["14:00:00 - Building project '/a/packages/core/tsconfig.json'...", {building: 'core'}],
    ["오전 10:00:00 - Building project '/a/packages/core/tsconfig.json'...", {building: 'core'}],
    ['10:00:00 π.μ. - Projects in this build: ', {}],
    ["10:00:00 AM - Project 'packages/core/tsconfig.json' is up to date because newest input is older", {}],
    ["packages/core/src/index.ts(1,7): error TS2322: Type 'number' is not", null],
    ['', null],
  ] as const;
  const lines = JSON.stringify(meanings.map(([line]) => line));
  expect(evalScript('setup.mjs', `${lines}.map(exports.readBuildLine)`)).toEqual(
    meanings.map(([, meaning]) => meaning),
  );
});
