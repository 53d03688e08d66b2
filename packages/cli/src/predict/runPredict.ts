import {resolve} from 'node:path';
import {openPredictor, type Frame, type FrameOptions, type Predictor} from '@rife-train/core';
import {usageError} from '@rife-train/errors';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {shortPath} from '../train/summary.js';
import {framesBetween, type NewFrame} from './between.js';
import {frameOptions, type PredictFlags} from './flags.js';
import {outputPaths, readFrame, writeFrame} from './images.js';
import {engineFor, openNetwork} from './open.js';

/** The one frame at `t`, or those of `--multi`. */
async function* wantedFrames(
  predictor: Predictor,
  pair: readonly [Frame, Frame],
  {t, multi}: PredictFlags,
  anyTimestep: boolean,
  options: FrameOptions,
): AsyncGenerator<NewFrame> {
  if (multi !== undefined) return yield* framesBetween(predictor, pair, multi, anyTimestep, options);
  yield {index: 1, frame: await predictor.predict(...pair, t, options)};
}

const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/**
 * `rife-train predict`. Returns the exit code; throws coded errors, those of files and flags before
 * the engine is loaded.
 */
export async function runPredict(
  [path0, path1]: readonly [string, string],
  flags: PredictFlags,
  io: CommandIo,
): Promise<number> {
  const {multi, t} = flags;
  if (multi !== undefined && t !== undefined) throw usageError('"--t" and "--multi" both say when');
  const out = resolve(io.cwd, flags.out);
  const pathOf = outputPaths(out, (multi ?? 2) - 1);
  const pair = [await readFrame(resolve(io.cwd, path0)), await readFrame(resolve(io.cwd, path1))] as const;
  const print = (text: string) => io.stdout.write(`${text}\n`);
  const {model, weights, plugins} = await openNetwork(flags, io.cwd, print);
  const predictor = openPredictor({engine: engineFor(flags, print), model, weights, plugins});
  try {
    let startMs = performance.now();
    const {doubling = false, scaleList} = flags;
    const options = {...frameOptions(flags), doubling, ...(scaleList ? {scaleList} : {})};
    for await (const {index, frame} of wantedFrames(predictor, pair, flags, model.anyTimestep, options)) {
      await writeFrame(pathOf(index), frame);
      print(`${shortPath(pathOf(index), io.cwd)}  ${frame.width} x ${frame.height}, ${seconds(startMs)}`);
      startMs = performance.now();
    }
  } finally {
    await predictor.close();
  }
  return EXIT.ok;
}
