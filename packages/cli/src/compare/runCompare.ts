/** `rife-train compare`: runs, or evaluations, side by side. */
import {realpathSync} from 'node:fs';
import {resolve} from 'node:path';
import {compareMixedError, compareNoRunError, usageError} from '@rife-train/errors';
import {checkWritable, writeText} from '../data/doctor.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {comparisonNotes, optionDifferences, type OptionDifference} from './differences.js';
import {comparisonJson} from './json.js';
import {comparisonPage} from './page.js';
import {kindOf, problemOf, readRun, shortNames, type Run} from './readRun.js';
import {comparisonText} from './text.js';

/** Flags of `compare`, as commander parses them. */
export interface CompareFlags {
  html?: string;
  json?: string;
}

/** Runs side by side. */
export interface Comparison {
  runs: readonly Run[];
  differences: readonly OptionDifference[];
  notes: string[];
}

/** Runs on a page, at most: there are as many colours. */
export const MOST_RUNS = 8;

const HELP = 'rife-train compare --help';

/** Absolute, and without links: `runs/latest` has the name of its run. */
function folderOf(cwd: string, path: string): string {
  const folder = resolve(cwd, path);
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function foldersOf(paths: readonly string[], cwd: string): string[] {
  const folders = paths.map(path => folderOf(cwd, path));
  if (folders.length < 2 || folders.length > MOST_RUNS)
    throw usageError(`"compare" takes 2 to ${MOST_RUNS} folders, but got ${folders.length}`, HELP);
  const twice = paths.find((_, i) => folders.indexOf(folders[i]!) < i);
  if (twice !== undefined) throw usageError(`"${twice}" names a folder that is named already`, HELP);
  return folders;
}

/** The kind of all folders. @throws RIFE_ERR_CLI_COMPARE_NO_RUN, RIFE_ERR_CLI_COMPARE_MIXED */
function kindOfAll(folders: readonly string[]): 'run' | 'evaluation' {
  const kinds = folders.map(folder => {
    const kind = kindOf(folder);
    if (!kind) throw compareNoRunError(folder, problemOf(folder));
    return kind;
  });
  const other = kinds.findIndex(kind => kind !== kinds[0]);
  if (other > 0)
    throw compareMixedError(
      `${folders[0]} holds ${nameOf(kinds[0]!)}, and ${folders[other]} ${nameOf(kinds[other]!)}`,
      'All folders must be of one kind',
    );
  return kinds[0]!;
}

const nameOf = (kind: 'run' | 'evaluation') => (kind === 'run' ? 'a run' : 'an evaluation');

/** The comparison in each form. */
interface Report {
  text(width: number): string;
  page(): string;
  json(): unknown;
}

async function reportOfRuns(folders: readonly string[]): Promise<Report> {
  const names = shortNames(folders);
  const runs: Run[] = [];
  for (const [i, folder] of folders.entries()) runs.push(await readRun(folder, names[i]!));
  const differences = optionDifferences(runs);
  const own = runs.flatMap(({name, notes}) => notes.map(note => `${name}: ${note}`));
  const comparison = {runs, differences, notes: [...comparisonNotes(runs, differences), ...own]};
  return {
    text: width => comparisonText(comparison, width),
    page: () => comparisonPage(comparison),
    json: () => comparisonJson(comparison),
  };
}

async function reportOfEvaluations(folders: readonly string[]): Promise<Report> {
  const {checkSameFrames, readEvaluation} = await import('./readEvaluation.js');
  const {compareEvaluations} = await import('./evaluations.js');
  const {evaluationJson, evaluationPage, evaluationText} = await import('./evaluationReport.js');
  const names = shortNames(folders);
  const evaluations = await Promise.all(folders.map((folder, i) => readEvaluation(folder, names[i]!)));
  checkSameFrames(evaluations);
  const comparison = compareEvaluations(evaluations);
  return {
    text: width => evaluationText(comparison, width),
    page: () => evaluationPage(comparison),
    json: () => evaluationJson(comparison),
  };
}

/** Prints the comparison and writes the files. Returns the exit code; throws coded errors. */
export async function runCompare(
  paths: readonly string[],
  flags: CompareFlags,
  io: CommandIo,
): Promise<number> {
  const [json, html] = [flags.json, flags.html].map(path => path && resolve(io.cwd, path));
  if (json && json === html) throw usageError('--json and --html name the same file', HELP);
  const folders = foldersOf(paths, io.cwd);
  for (const path of [json, html]) if (path) await checkWritable(path);
  const report = await (kindOfAll(folders) === 'run' ? reportOfRuns(folders) : reportOfEvaluations(folders));
  io.stdout.write(report.text(io.stdout.isTTY ? (io.stdout.columns ?? 80) : Infinity));
  if (json) await writeText(json, `${JSON.stringify(report.json())}\n`);
  if (html) await writeText(html, report.page());
  return EXIT.ok;
}
