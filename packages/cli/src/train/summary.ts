import {relative} from 'node:path';
import {duration, figure, gapRange} from '../progress/format.js';
import type {LossTrend} from '../progress/trend.js';
import {trainCommandLine} from './commandLine.js';
import type {TrainFlags} from './flags.js';
import type {RunOutcome} from './runTrainer.js';

/** What the last lines of a run are made of. */
export interface Ending extends RunOutcome {
  flags: TrainFlags;
  cwd: string;
}

/** The last lines of a run: how it ended, what it left, what to do next. */
export function endingText({summary, elapsedMs, trend, waitShare, preview, flags, cwd}: Ending): string {
  const {step, steps, reason, checkpoint} = summary;
  const finished = reason === 'finished';
  const shown = (path: string) => shortPath(path, cwd);
  return [
    `${finished ? 'Finished' : 'Stopped'} at step ${step} of ${steps} after ${duration(elapsedMs)}.`,
    trend && trendText(trend),
    waitShare === undefined ? undefined : waitText(waitShare),
    checkpoint && `Checkpoint: ${shown(checkpoint)}`,
    preview && `Preview:    ${shown(preview.path)} (PSNR ${psnrText(preview)} dB)`,
    finished ? nextCommands(flags, steps) : `Go on with: ${trainCommandLine({...flags}, ' --resume')}`,
  ]
    .filter(line => typeof line === 'string')
    .join('\n');
}

/** Said when there is something to look at, while the run goes on. */
export function firstPreviewText(preview: {
  path: string;
  psnr: number;
  step: number;
  previewEvery: number;
  cwd: string;
}): string {
  const {path, psnr, step, previewEvery, cwd} = preview;
  return `Preview: ${shortPath(path, cwd)} (step ${step}, PSNR ${psnr.toFixed(2)} dB), a new one every ${previewEvery} steps`;
}

/** A path as a reader in `cwd` would write it: relative below it, absolute elsewhere. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || short === '' ? path : short;
}

const psnrText = ({firstPsnr, psnr}: {firstPsnr: number; psnr: number}) =>
  firstPsnr === psnr ? psnr.toFixed(2) : `${firstPsnr.toFixed(2)} -> ${psnr.toFixed(2)}`;

const trendText = ({count, first, last, gaps}: LossTrend) =>
  `Loss:       ${figure(first)} -> ${figure(last)} at ${gapRange(gaps[0]!, gaps.at(-1)!)} (means of the first and the last ${count} steps)`;

/** From this share on something should be done about it. */
const MUCH = 0.05;

const waitText = (share: number) =>
  `Waited:     ${(100 * share).toFixed(1)} % of the time for data${share < MUCH ? '' : ' (raise data.workers, set data.cache, or pack the clips: rife-train data pack)'}`;

const nextCommands = (flags: TrainFlags, steps: number) =>
  [
    `Train on:   ${trainCommandLine({...flags, steps: 2 * steps}, ' --resume')}`,
    'Your clips: set data.root in the configuration, then npx rife-train train',
  ].join('\n');
