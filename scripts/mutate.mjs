/**
 * Tests of the tests: breaks the sources in one place at a time (scripts/mutations.mjs), in a copy
 * of the working tree, and shows that a test fails for every mutation. `npm run test:mutations`;
 * runs one mutation after another, and takes some minutes.
 */
import {mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {mutated, tableProblems} from './mutate/edits.mjs';
import {nativeEngine} from './nativeEngine.mjs';
import {runTests} from './mutate/runTests.mjs';
import {copyWorkspace} from './mutate/workspaceCopy.mjs';
import {MUTATIONS} from './mutations.mjs';
import {isMain, runMain, ScriptError} from './run.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HELP = `Usage: npm run test:mutations -- [options]
  --only <pattern>  only mutations whose name or file matches this regular expression
  --list            list the mutations, run nothing
  --json <file>     write the results to a file`;

/** Problems of the current table, one line each. */
export const problems = () => tableProblems(ROOT, MUTATIONS);

/** The mutations that `--only` selects. */
export function selected(mutations, only) {
  if (only === undefined) return mutations;
  const pattern = new RegExp(only);
  const found = mutations.filter(({id, file}) => pattern.test(id) || pattern.test(file));
  if (found.length === 0)
    throw new ScriptError(`no mutation matches ${only}`, 'use a name that --list prints');
  return found;
}

/** `caught`, `survived`, or `broken`: the tests did not fail in an assertion, but could not run. */
export function verdictOf({ran, caught, broken}) {
  if (caught) return {verdict: 'caught', by: caught};
  if (broken) return {verdict: 'broken', why: broken};
  return ran > 0 ? {verdict: 'survived'} : {verdict: 'broken', why: 'no test matches its pattern'};
}

const seconds = startMs => Number(((performance.now() - startMs) / 1000).toFixed(1));

/**
 * The result of a set of tests; kernels are compiled from the folder's sources, into a folder of
 * their own.
 */
async function run(folder, key, {tests, native}) {
  const env = native ? await nativeEngine(join(folder, '.engines', key)) : {};
  return verdictOf(await runTests(folder, tests, env));
}

/** The tests must pass before anything is broken. Each set is run once. */
async function checkUnspoiled(folder, mutations) {
  const sets = [...new Map(mutations.map(m => [JSON.stringify([m.tests, m.native]), m])).values()];
  console.log(
    `${mutations.length} mutations; first the ${sets.length} sets of tests on the sources as they are`,
  );
  for (const [i, mutation] of sets.entries()) {
    const {verdict, ...details} = await run(folder, `unspoiled-${i}`, mutation);
    if (verdict === 'survived') continue;
    const {files, name = ''} = mutation.tests;
    throw new ScriptError(
      `${files.join(' ')} ${name}: fails before anything is spoiled: ${JSON.stringify(details)}`,
      'make the tests pass first',
    );
  }
}

/** Breaks one file of the copy, runs the tests, and restores the file. */
async function tryMutation(folder, mutation) {
  const started = performance.now();
  const path = join(folder, mutation.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(text, mutation));
  try {
    const result = await run(folder, mutation.id, mutation);
    return {id: mutation.id, what: mutation.what, file: mutation.file, ...result, seconds: seconds(started)};
  } finally {
    writeFileSync(path, text);
  }
}

/** A line of the table. */
export function row({id, what, verdict, by, why, seconds}) {
  const result = by ? `${by.file}: ${by.test}` : `**${verdict}**${why ? `: ${why}` : ''}`;
  const cells = [id, what, result, String(seconds)];
  return `| ${cells.map(cell => cell.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
}

async function mutate(mutations) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rife-mutations-')));
  process.once('exit', () => rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  copyWorkspace(ROOT, folder);
  await checkUnspoiled(folder, mutations);
  console.log('| mutation | stands for | caught by | seconds |\n|---|---|---|---|');
  const results = [];
  for (const mutation of mutations) {
    results.push(await tryMutation(folder, mutation));
    console.log(row(results.at(-1)));
  }
  return results;
}

function optionsOf(args) {
  const options = {
    help: {type: 'boolean'},
    list: {type: 'boolean'},
    only: {type: 'string'},
    json: {type: 'string'},
  };
  try {
    return parseArgs({args, options}).values;
  } catch (error) {
    throw new ScriptError(error.message, HELP);
  }
}

async function main(args) {
  const values = optionsOf(args);
  if (values.help) return void console.log(HELP);
  const wrong = problems();
  if (wrong.length > 0) throw new ScriptError(wrong.join('\n'), 'correct scripts/mutations');
  const mutations = selected(MUTATIONS, values.only);
  if (values.list)
    return void mutations.forEach(({id, file, what}) => console.log(`${id}  ${file}  ${what}`));
  const started = performance.now();
  const results = await mutate(mutations);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  const count = verdict => results.filter(result => result.verdict === verdict).length;
  const [survived, broken] = [count('survived'), count('broken')];
  console.log(`${count('caught')} caught, ${survived} survived, ${broken} broken; ${seconds(started)} s`);
  return survived + broken === 0 ? 0 : 1;
}

if (isMain(import.meta.url)) await runMain(main);
