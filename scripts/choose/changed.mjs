/**
 * `npm run test:changed`: the tests that reach a file which was changed, by imports or by a path in
 * a string (reach.mjs), with the way from one to the other.
 *
 *     npm run test:changed -- [--since REV] [--list] [options of jest]
 *
 * Without `--since`, what is not committed counts, new files too. `--list` runs nothing.
 */
import {execFileSync} from 'node:child_process';
import {isMain, runMain, ScriptError} from '../run.mjs';
import {setup} from '../setup.mjs';
import {runJest} from './jest.mjs';
import {quickTests} from './quick.mjs';
import {ownWorkspace, ROOT} from './reach.mjs';

/** Files that may affect any test, even one that does not reach them. */
const FOR_ALL = [
  /^(package|package-lock|lerna|tsconfig[\w.]*)\.json$|^\.npmrc$/,
  /^jest\.[\w.]+$|^scripts\/choose\/jestSetup\.mjs$|^test\/setup\//,
  /^packages\/[^/]+\/(package|tsconfig)\.json$/,
  // Compiled into the engine that every other test loads.
  /^packages\/[^/]+\/native\//,
];

const GIT = {cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe']};
const git = (...args) => execFileSync('git', args, GIT);

/** Paths that differ from a commit, including deleted and new ones. */
export function changedSince(revision = 'HEAD') {
  try {
    const lists = [
      git('diff', '--name-only', '--no-renames', '-z', revision, '--'),
      git('ls-files', '--others', '--exclude-standard', '-z'),
    ];
    return lists.flatMap(list => list.split('\0').filter(Boolean)).sort();
  } catch (error) {
    const reason = String(error.stderr ?? error.message)
      .trim()
      .split('\n')[0];
    throw new ScriptError(
      `git cannot determine what changed since ${revision}: ${reason}`,
      'name a commit, as --since main',
    );
  }
}

/** The way to the nearest changed file; undefined if there is none. */
function wayTo(changed, reached) {
  for (const [node, from] of reached) {
    const hit = node.endsWith('/')
      ? changed.find(file => file.startsWith(node))
      : changed.includes(node) && node;
    if (!hit) continue;
    const way = node === hit ? [hit] : [hit, node];
    for (let step = from; step !== undefined; step = reached.get(step)) way.push(step);
    return way.reverse();
  }
  return undefined;
}

/**
 * Tests for changed files.
 * @returns `forAll`: changed files for which every test must run; `ways`: from each chosen test to
 *   a changed file; `unreached`: those that no test reaches
 */
export function choose(changed, workspace = ownWorkspace()) {
  const forAll = changed.filter(file => FOR_ALL.some(pattern => pattern.test(file)));
  const left = new Set(changed);
  const ways = workspace.tests({slow: true}).flatMap(test => {
    const reached = workspace.reach(test);
    for (const file of left)
      if ([...reached.keys()].some(node => node === file || (node.endsWith('/') && file.startsWith(node))))
        left.delete(file);
    const way = wayTo(changed, reached);
    return way ? [way] : [];
  });
  return {forAll, ways, unreached: [...left].filter(file => !forAll.includes(file))};
}

/** A way without its middle, if it is long. */
const shown = way => (way.length > 4 ? [way[0], way[1], '...', ...way.slice(-2)] : way).join(' > ');

const isSlow = ([test]) => test.startsWith('test/slow/');

/** What was chosen and why, one line each. */
export function explain(changed, {forAll, ways, unreached}, total) {
  const [now, slow] = [ways.filter(way => !isSlow(way)), ways.filter(isSlow)];
  const chosen = ([test, ...way]) => `  ${test}${way.length > 0 ? `: ${shown(way)}` : ' was changed'}`;
  return [
    `${changed.length} changed files`,
    ...unreached.map(file => `  ${file}: no test reaches it`),
    ...(forAll.length > 0
      ? [...forAll.map(file => `  ${file}: any test may depend on it`), `all ${total} test files run`]
      : [`${now.length} of ${total} test files reach them`, ...now.map(chosen)]),
    ...(slow.length > 0
      ? [`Not run here: ${slow.map(([test]) => test).join(', ')} (npm run test:slow)`]
      : []),
  ];
}

/** Our own options, and the remaining arguments for jest. */
function readArgs(args) {
  const rest = [...args];
  const at = rest.findIndex(arg => /^--since(=|$)/.test(arg));
  const [since] = at < 0 ? [] : rest.splice(at, rest[at] === '--since' ? 2 : 1);
  const named = since === '--since' ? args[args.indexOf('--since') + 1] : since?.slice('--since='.length);
  if (since !== undefined && !named)
    throw new ScriptError('--since names no commit', 'name one, as --since main');
  return {since: named, isList: rest.includes('--list'), forJest: rest.filter(arg => arg !== '--list')};
}

function run(args) {
  const {since, isList, forJest} = readArgs(args);
  const workspace = ownWorkspace();
  const changed = changedSince(since);
  const chosen = choose(changed, workspace);
  console.log(explain(changed, chosen, workspace.tests().length).join('\n'));
  const tests = chosen.ways.filter(way => !isSlow(way)).map(([test]) => test);
  const isAll = chosen.forAll.length > 0;
  if (isList || (!isAll && tests.length === 0)) return 0;
  const quick = new Set(quickTests(workspace));
  // Tests that are not quick may load the engine, or the build.
  if (isAll || tests.some(test => !quick.has(test))) setup();
  return runJest([...(isAll ? [] : ['--runTestsByPath', ...tests]), ...forJest]);
}

if (isMain(import.meta.url)) await runMain(run);
