/** Reads the folder of a run. */
import {existsSync} from 'node:fs';
import {basename, dirname, join, sep} from 'node:path';
import {compareNoRunError, compareUnreadableError} from '@rife-train/errors';
import {readMetrics, type Metrics} from './metrics.js';
import {readRecord, type Recorded} from './runRecord.js';
import {surveyMetrics} from './survey.js';

/** A run, as it is compared. */
export interface Run {
  /** Shortest end of its path that the others do not have. */
  name: string;
  folder: string;
  recorded: Recorded | undefined;
  metrics: Metrics;
  /** What is to be said about it. */
  notes: string[];
}

export const METRICS = 'metrics.jsonl';

/** @throws RIFE_ERR_CLI_COMPARE_NO_RUN, RIFE_ERR_CLI_COMPARE_UNREADABLE */
export async function readRun(folder: string, name: string): Promise<Run> {
  const file = join(folder, METRICS);
  const metrics = await metricsOf(file).catch((error: unknown) => {
    throw compareUnreadableError(file, error);
  });
  if (!metrics) throw compareNoRunError(folder, `its ${METRICS} holds no step`);
  const recorded = await readRecord(folder);
  return {name, folder, recorded, metrics, notes: notesOf(metrics, recorded)};
}

async function metricsOf(file: string): Promise<Metrics | undefined> {
  const metrics = await readMetrics(file, await surveyMetrics(file));
  return metrics.steps === 0 ? undefined : metrics;
}

function notesOf({notes}: Metrics, recorded: Recorded | undefined): string[] {
  if (!recorded) return [...notes, 'its configuration is not recorded'];
  return recorded.isWhole ? notes : [...notes, 'run.jsonl is missing: options are those of its checkpoint'];
}

/** The shortest ends of paths that tell them apart: `a`, `b`, or `x/run`, `y/run`. */
export function shortNames(folders: readonly string[]): string[] {
  const endOf = (folder: string, parts: number) => folder.split(sep).slice(-parts).join('/');
  return folders.map(folder => {
    const most = folder.split(sep).length;
    for (let parts = 1; parts < most; parts++) {
      const name = endOf(folder, parts);
      if (folders.filter(other => endOf(other, parts) === name).length === 1) return name;
    }
    return folder;
  });
}

/** What a folder holds; `undefined` for nothing that can be compared. */
export const kindOf = (folder: string): 'run' | 'evaluation' | undefined =>
  existsSync(join(folder, METRICS))
    ? 'run'
    : existsSync(join(folder, 'result.json'))
      ? 'evaluation'
      : undefined;

/** Sends somebody who named a folder inside of a run, or one that holds runs, to the run. */
export function problemOf(folder: string): string {
  if (!existsSync(folder)) return 'it does not exist';
  if (existsSync(join(folder, 'run.jsonl'))) return `the run in it has no ${METRICS}`;
  const above = [dirname(folder), dirname(dirname(folder))].find(path => kindOf(path) === 'run');
  return above ? `it is part of the run ${basename(above)}` : `it has no ${METRICS} and no result.json`;
}
