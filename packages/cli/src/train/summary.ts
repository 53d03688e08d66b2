import {relative} from 'node:path';
import {besideText, type RunSummary} from '@rife-train/core';
import {duration, figure, gapRange} from '../progress/format.js';
import type {WrittenPreview} from '../preview/previewer.js';
import type {LossTrend} from '../progress/trend.js';
import type {Validated} from '../validate/validator.js';
import {repeatedFlags, type TrainFlags} from './flags.js';

/** Results of a run, for its last lines. */
export interface RunOutcome {
  summary: RunSummary;
  /** Milliseconds from the first step of this process to the last. */
  elapsedMs: number;
  trend: LossTrend | undefined;
  /** Share of the time that steps waited for data. */
  waitShare: number | undefined;
  /** Undefined where this process wrote none. */
  preview: WrittenPreview | undefined;
  /** Undefined where this process did not validate. */
  validated: Validated | undefined;
}

/** A {@link RunOutcome}, and the command that it belongs to. */
export interface Ending extends RunOutcome {
  flags: TrainFlags;
  cwd: string;
}

/**
 * The command that means the same run again, to be pasted: npx finds it in a clone, in a project
 * and where it is installed globally.
 */
export const trainCommandLine = (flags: TrainFlags, more = '') =>
  `npx rife-train train${repeatedFlags(flags)}${more}`;

/** The last lines of a run: how it ended, what it left, what to do next. */
export function endingText(ending: Ending): string {
  const {summary, elapsedMs, trend, waitShare, preview, validated, flags, cwd} = ending;
  const {step, steps, reason, checkpoint} = summary;
  const finished = reason === 'finished';
  const shown = (path: string) => shortPath(path, cwd);
  return [
    elapsedMs === 0 && finished
      ? `Nothing to train: the run is at step ${step} already, and was to have ${steps} steps.`
      : `${finished ? 'Finished' : 'Stopped'} at step ${step} of ${steps} after ${duration(elapsedMs)}.`,
    trend && trendText(trend),
    waitShare === undefined ? undefined : waitText(waitShare),
    checkpoint && `Checkpoint: ${shown(checkpoint)}`,
    validated && `Validation: PSNR ${psnrText(validated)}${bestText(validated)}`,
    preview && `Preview:    ${shown(preview.path)} (PSNR ${psnrText(preview)})`,
    belowInputsText(validated ?? preview, validated ? 'validation triplets' : 'preview triplet'),
    finished ? nextCommands(flags, step) : `Go on with: ${trainCommandLine({...flags}, ' --resume')}`,
  ]
    .filter(line => typeof line === 'string')
    .join('\n');
}

/** The line about the first preview of a run. */
export function firstPreviewText(preview: {
  path: string;
  psnr: number;
  inputsPsnr: number;
  step: number;
  previewEvery: number;
  cwd: string;
}): string {
  const {path, psnr, inputsPsnr, step, previewEvery, cwd} = preview;
  return `Preview: ${shortPath(path, cwd)} (step ${step}, PSNR ${psnr.toFixed(2)} dB; ${besideText(psnr, inputsPsnr)}), a new one every ${previewEvery} steps`;
}

/** A path as a reader in `cwd` would write it: relative below it, absolute elsewhere. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || short === '' ? path : short;
}

/** First and last score, and that of the mean of the two inputs. */
type Scored = Pick<Validated, 'firstPsnr' | 'psnr' | 'inputsPsnr'>;

function psnrText({firstPsnr, psnr, inputsPsnr}: Scored): string {
  const way = firstPsnr === psnr ? psnr.toFixed(2) : `${firstPsnr.toFixed(2)} -> ${psnr.toFixed(2)}`;
  return `${way} dB; ${besideText(psnr, inputsPsnr)}`;
}

const bestText = ({best}: Validated) => `; best ${best.psnr.toFixed(2)} at step ${best.step}`;

/** A network below the plain mean of its inputs is of no use yet, however much its score rose. */
function belowInputsText(scored: Scored | undefined, where: string): string | undefined {
  if (!scored || scored.psnr >= scored.inputsPsnr) return undefined;
  const loss = (scored.inputsPsnr - scored.psnr).toFixed(2);
  return `Warning:    the network is ${loss} dB below the plain mean of the two inputs on the ${where}. Such weights are of no use yet: train on, or look at loss and preview for what is wrong.`;
}

const trendText = ({count, first, last, gaps}: LossTrend) =>
  `Loss:       ${figure(first)} -> ${figure(last)} at ${gapRange(gaps[0]!, gaps.at(-1)!)} (means of the first and the last ${count} steps)`;

/** From this share on, the line says what to change. */
const MUCH = 0.05;

const waitText = (share: number) =>
  `Waited:     ${(100 * share).toFixed(1)} % of the time for data${share < MUCH ? '' : ' (raise data.workers, set data.cache, or pack the clips: rife-train data pack)'}`;

/** Two ways to train on: more steps alone would be trained at the final rate of the schedule. */
const nextCommands = ({steps: _, ...flags}: TrainFlags, done: number) =>
  [
    `Train on:   ${trainCommandLine(flags, ` --extend ${done}`)} (the learning rate rises and falls once more)`,
    `or:         ${trainCommandLine({...flags, steps: 2 * done}, ' --resume')} (at the final learning rate)`,
    'Your clips: set data.root in the configuration, then npx rife-train train',
  ].join('\n');

/** The line before the error of a run that had begun. */
export const failureText = (flags: TrainFlags) =>
  `When the cause of the error below is mended, go on with: ${trainCommandLine(flags, ' --resume')}`;
