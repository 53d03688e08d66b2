/** `rife-train data doctor`: finds problems of clips. */
import {existsSync, statSync} from 'node:fs';
import {access, constants, writeFile} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {
  doctorPage,
  examineData,
  picturesOf,
  reportText,
  type DataReport,
  type DoctorOptions,
} from '@rife-train/dataset';
import {isRifeError, messageOf, reportNotWritableError, usageError} from '@rife-train/errors';
import {loadConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {claim, type Claim} from '../owner/lock.js';
import {steer, type LineOutput} from '../progress/reporter.js';

/** Flags of `data doctor`, as commander parses them. */
export interface DataDoctorFlags {
  config?: string;
  frames?: number;
  sample?: number;
  seed?: number;
  threads?: number;
  json?: string;
  html?: string;
  strict?: true;
}

/** Root and data options: from the configuration if it is named, or if no root is given. */
async function optionsOf(
  root: string | undefined,
  flags: DataDoctorFlags,
  cwd: string,
): Promise<DoctorOptions> {
  const {frames, sample, threads, config: named} = flags;
  const given = {frames, sample, threads};
  if (root !== undefined && named === undefined)
    return {...given, root: resolve(cwd, root), seed: flags.seed};
  const {config} = await loadConfig(cwd, named);
  const {crop = 224, layout, epoch, gaps, timestep, workers} = config.data;
  return {
    ...given,
    root: root === undefined ? config.data.root : resolve(cwd, root),
    seed: flags.seed ?? config.seed,
    data: {
      crop,
      ...(layout && {layout}),
      ...(epoch !== undefined && {epoch}),
      ...(gaps && {gaps}),
      ...(timestep && {timestep}),
      ...(workers && {workers}),
    },
  };
}

/** Checks before minutes of work that the file can be written. @throws RIFE_ERR_CLI_REPORT */
export async function checkWritable(path: string): Promise<void> {
  try {
    if (existsSync(path) && !statSync(path).isFile()) throw new Error('it is no file');
    await access(existsSync(path) ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw reportNotWritableError(path, messageOf(error), error);
  }
}

/** Writes a report. @throws RIFE_ERR_CLI_REPORT */
export const writeText = (path: string, text: string) =>
  writeFile(path, text).catch((error: unknown) => {
    throw reportNotWritableError(path, messageOf(error), error);
  });

const PLAIN_MS = 10_000;

/** Progress: one line that is redrawn on a terminal, elsewhere a line every ten seconds. */
function progressOn(output: LineOutput) {
  let last = Date.now();
  return (done: number, clips: number) => {
    const text = `${done} of ${clips} clips`;
    if (output.isTTY === true) {
      steer(output, '\r');
      output.write(text);
      if (done === clips) steer(output, '\r\x1b[K');
    } else if (Date.now() - last >= PLAIN_MS) {
      last = Date.now();
      output.write(`${text}\n`);
    }
  };
}

const failed = ({counts}: DataReport, strict: boolean) =>
  counts.errors > 0 || (strict && counts.warnings > 0);

/** Prints the report and writes the requested files. Returns the exit code; throws coded errors. */
export async function runDataDoctor(
  root: string | undefined,
  flags: DataDoctorFlags,
  io: CommandIo,
): Promise<number> {
  const [json, html] = [flags.json, flags.html].map(path => path && resolve(io.cwd, path));
  if (json && json === html)
    throw usageError('--json and --html name the same file', 'rife-train data doctor --help');
  const files = [json, html].filter(path => typeof path === 'string' && path !== '') as string[];
  for (const path of files) await checkWritable(path);
  const claims: Claim[] = [];
  try {
    for (const path of files) claims.push(claimReport(path));
    return await examine(root, flags, {json, html}, io);
  } finally {
    for (const one of claims) one.release();
  }
}

/** Locks a report against a second run. @throws RIFE_ERR_CLI_IN_USE, RIFE_ERR_CLI_REPORT */
function claimReport(path: string): Claim {
  try {
    return claim(path, join(dirname(path), `.${basename(path)}.lock`), {command: 'rife-train data doctor'});
  } catch (error) {
    throw isRifeError(error) ? error : reportNotWritableError(path, messageOf(error), error);
  }
}

async function examine(
  root: string | undefined,
  flags: DataDoctorFlags,
  {json, html}: {json: string | undefined; html: string | undefined},
  io: CommandIo,
): Promise<number> {
  const options = await optionsOf(root, flags, io.cwd);
  const {report, clips} = await examineData({...options, onProgress: progressOn(io.stderr)});
  io.stdout.write(`${reportText(report)}\n`);
  if (json) await writeText(json, `${JSON.stringify(report, null, 2)}\n`);
  if (html) await writeText(html, doctorPage(report, await picturesOf(report, clips)));
  return failed(report, flags.strict === true) ? EXIT.failed : EXIT.ok;
}
