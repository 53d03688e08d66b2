/** What a run left in its folder, and running until a step. */
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import type {CheckpointState} from '../../checkpoint/state.js';
import {metricsLines, type makeTrainer} from './harness.js';

export const folderOf = (out: string, step: number) =>
  path.join(out, `checkpoints/step-${String(step).padStart(8, '0')}`);

const stateIn = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8')) as CheckpointState;
/** state.json of a step. */
export const stateOf = (out: string, step: number) => stateIn(folderOf(out, step));

/** Steps that there are checkpoints of. */
export const stepsIn = (out: string) =>
  readdirSync(path.join(out, 'checkpoints'))
    .filter(name => name.startsWith('step-'))
    .map(name => Number(name.slice(5)))
    .sort((a, b) => a - b);
/** state.json of the best. */
export const bestState = (out: string) => stateIn(path.join(out, 'checkpoints/best'));
export const bestIn = (out: string) => bestState(out).step;
export const metricsFile = (out: string) => path.join(out, 'metrics.jsonl');

/** What must not depend on whether the run was interrupted. */
export const withoutTimes = (out: string) =>
  metricsLines(out).map(({stepMs: _s, dataMs: _d, ...record}) => record);

/** Weights and moments of a checkpoint, as text. */
export const tensorsOf = (out: string, step: number) =>
  ['weights', 'optimizer'].map(file =>
    readFileSync(path.join(folderOf(out, step), `${file}.safetensors`)).toString('base64'),
  );

/** Runs until `step` steps are done, as Ctrl-C would end it. */
export async function runUntil(step: number, {trainer}: ReturnType<typeof makeTrainer>) {
  const abort = new AbortController();
  trainer.hooks.afterStep.tap('test:abort', ({progress}) => {
    if (progress.step === step - 1) abort.abort();
  });
  return trainer.run({signal: abort.signal});
}
