/** `rife-train data build`: builds clips from a user's videos. */
import {resolve} from 'node:path';
import {buildClips, buildText, progressText, type BuildFormat, type BuildProgress} from '@rife-train/dataset';
import {buildWriteFailed, isRifeError, messageOf, printable} from '@rife-train/errors';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {owning} from '../owner/owning.js';
import {steer, type LineOutput} from '../progress/reporter.js';
import {checkWritable, writeText} from './doctor.js';

/** Flags of `data build`, as commander parses them. */
export interface DataBuildFlags {
  out: string;
  length?: number;
  size?: [height: number, width: number];
  /** Frames are never dropped or doubled. */
  fps?: 'keep';
  stride?: number;
  maxClipsPerScene?: number;
  format?: BuildFormat;
  val?: number;
  splitBy?: 'scene' | 'video';
  seed?: number;
  minMotion?: number;
  minSharpness?: number;
  dryRun?: true;
  json?: string;
  strict?: true;
}

/** Milliseconds between lines of a file, and between redraws of a terminal. */
const PLAIN_MS = 10_000;
const REDRAW_MS = 100;
const CLEAR = '\r\x1b[K';

/** Progress: one line, redrawn on a terminal; elsewhere a line every ten seconds. Warnings stay. */
function reporterOn(output: LineOutput, now = () => performance.now()) {
  const isTerminal = output.isTTY === true && process.env['TERM'] !== 'dumb';
  let last = isTerminal ? -Infinity : now();
  const clear = () => isTerminal && steer(output, CLEAR);
  return {
    progress(progress: BuildProgress) {
      if (now() - last < (isTerminal ? REDRAW_MS : PLAIN_MS)) return;
      last = now();
      const text = progressText(progress);
      clear();
      output.write(isTerminal ? text.slice(0, (output.columns ?? 80) - 1) : `${text}\n`);
    },
    warn(text: string) {
      clear();
      output.write(`warning: ${printable(text)}\n`);
    },
    close: clear,
  };
}

/** Builds clips, and prints what was written. Returns the exit code; throws coded errors. */
export async function runDataBuild(
  videos: readonly string[],
  flags: DataBuildFlags,
  io: CommandIo,
): Promise<number> {
  const {out, json: file, strict, fps: _, ...options} = flags;
  const json = file && resolve(io.cwd, file);
  if (json) await checkWritable(json);
  const reporter = reporterOn(io.stderr);
  const folder = resolve(io.cwd, out);
  const build = () =>
    buildClips({
      ...options,
      inputs: videos.map(video => resolve(io.cwd, video)),
      out: folder,
      warn: text => reporter.warn(text),
      onProgress: progress => reporter.progress(progress),
    });
  const unwritable = (error: unknown) =>
    isRifeError(error) ? error : buildWriteFailed(folder, messageOf(error), error);
  const owned = options.dryRun ? build() : owning(folder, 'rife-train data build', build, unwritable);
  const result = await owned.finally(() => reporter.close());
  io.stdout.write(`${buildText(result, resolve(io.cwd, out), flags.dryRun === true)}\n`);
  if (json) await writeText(json, `${JSON.stringify(result.report, null, 1)}\n`);
  const isAnyBad = result.report.videos.some(({source, error}) => error && result.sources.includes(source));
  return strict && isAnyBad ? EXIT.failed : EXIT.ok;
}
