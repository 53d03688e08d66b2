/** The files of a report. */
import {join} from 'node:path';
import {makeFolder, replaceFile} from '@rife-train/files';
import {summarize, type Summary} from '../statistics/summary.js';
import {framesCsv} from './csv.js';
import {resultJson} from './json.js';
import {reportPage, type FramePictures} from './page.js';
import type {EvalResult} from './result.js';

/**
 * Writes result.json, frames.csv and index.html into a folder, which is made; each replaces an
 * older one in one step.
 * @param pictures of frames to look at: {@link extremeFrames} names them
 */
export async function writeReport(
  result: EvalResult,
  pictures: readonly FramePictures[],
  folder: string,
  summary: Summary = summarize(result),
): Promise<void> {
  makeFolder(folder);
  await replaceFile(join(folder, 'result.json'), `${resultJson(result, summary, 1)}\n`);
  await replaceFile(join(folder, 'frames.csv'), framesCsv(result));
  await replaceFile(join(folder, 'index.html'), reportPage(result, summary, pictures));
}
