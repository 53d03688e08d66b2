import {statSync} from 'node:fs';
import {resolve} from 'node:path';
import {setImmediate} from 'node:timers/promises';
import {openPredictor, type FrameOptions, type Model, type Predictor} from '@rife-train/core';
import {
  interpolateDamaged,
  interpolateInterlaced,
  interpolateSource,
  plural,
  predictTimestep,
  usageError,
} from '@rife-train/errors';
import {
  chooseEncoder,
  muxResult,
  noCounts,
  OutputTimes,
  outputsOf,
  parseRate,
  practicalOutputs,
  quantized,
  rateOf,
  rateText,
  rateValue,
  SegmentSink,
  type Between,
  type ChosenEncoder,
  type Counts,
  type Output,
  type Pixels,
  type Rate,
} from '@rife-train/video';
import {EXIT, SIGNAL_EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {frameOptions} from '../predict/flags.js';
import {engineFor, openNetwork} from '../predict/open.js';
import {tiled, tileFor, wholeFrames} from '../predict/tiles.js';
import {FrameProgress} from '../progress/frameProgress.js';
import {watchFrames} from '../train/signals.js';
import {shortPath} from '../train/summary.js';
import {SCENE, type InterpolateFlags} from './flags.js';
import {AHEAD_BYTES, openInput, type Input} from './input.js';
import {betweenBy} from './maker.js';
import {clearImages, placeOf, type Place} from './place.js';
import {countsText} from './counts.js';
import {sideBySide} from './sideBySide.js';

/** Everything that a run needs. */
interface Job {
  input: Input;
  flags: InterpolateFlags;
  place: Place;
  fps: Rate;
  times: OutputTimes;
  encoder: ChosenEncoder | undefined;
  model: Model;
  options: FrameOptions;
}

/** Frames per second of the result. @throws RIFE_ERR_CLI_USAGE */
function rateFor({fps, multi = 2}: InterpolateFlags, {clock}: Input): Rate {
  if (fps === undefined) return rateOf(clock.fps.over * multi, clock.fps.under);
  const parsed = parseRate(fps);
  if (!parsed) throw usageError(`--fps is "${fps}", not frames per second such as 60, 60000/1001 or 59.94`);
  return parsed;
}

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/**
 * A network without a timestep halves the time again and again.
 * @throws RIFE_ERR_PREDICT_TIMESTEP
 */
function checkTimes({model, times, flags, fps, input}: Job): void {
  if (model.anyTimestep || flags.like !== undefined) return;
  const parts = times.denominator;
  if (parts === undefined || !isPowerOfTwo(parts))
    throw predictTimestep(
      model.name,
      parts === undefined ? `any, from ${rateText(input.clock.fps)} to ${rateText(fps)} fps` : `1/${parts}`,
      true,
    );
}

/** Frames of the result, as far as known before decoding. */
const expectedFrames = ({input, fps, flags}: Job) =>
  flags.like ? (input.frames - 1) * (flags.multi ?? 2) + 1 : Math.ceil(input.seconds * rateValue(fps) - 1e-6);

function outputs(
  {input, flags, times, model, options}: Job,
  between: Between,
  counts: Counts,
): AsyncGenerator<Output> {
  const {width, height, clock} = input;
  if (flags.like)
    return practicalOutputs(input.read(), {
      ...{width, height, between, counts},
      multi: flags.multi ?? 2,
      scale: options.scale ?? 1,
      anyTimestep: model.anyTimestep,
    });
  const lastTicks = clock.isConstant ? 1 : undefined;
  return outputsOf(input.read(), {
    width,
    height,
    times,
    between,
    scene: flags.scene ?? SCENE,
    lastTicks,
    counts,
  });
}

const openSink = ({input, flags, place, fps, encoder}: Job, identity: unknown) =>
  SegmentSink.open({
    folder: place.folder,
    identity,
    width: flags.montage ? 2 * input.width : input.width,
    height: input.height,
    isDeep: input.isDeep,
    fps,
    colours: input.colours,
    aspect: input.aspect,
    encoder,
    images: encoder ? undefined : place.out,
    aheadBytes: AHEAD_BYTES,
    resume: flags.resume ?? false,
  });

/** Makes and writes frames, from the first that is not there yet, until the end or a signal. */
async function writeFrames(
  job: Job,
  between: Between,
  sink: SegmentSink,
  progress: FrameProgress,
  counts: Counts,
  isStopped: () => boolean,
): Promise<void> {
  const {input, flags} = job;
  const {width, height, isDeep} = input;
  const asWritten = (pixels: Pixels) =>
    pixels instanceof Float32Array ? quantized(pixels, isDeep, flags.like ? 'down' : 'nearest') : pixels;
  const all = outputs(job, between, counts);
  const skipped = sink.frames;
  for (let k = 0; !isStopped(); k++) {
    const {value, done} = await progress.waitFor('input', all.next());
    if (done) break;
    if (k < skipped) continue;
    const frame = asWritten(await value.pixels());
    const written = flags.montage ? sideBySide(value.source, frame, width, height) : frame;
    await progress.waitFor('output', sink.write(written));
    progress.add();
    // The network's step and frames that wait leave no turn to signals and to the encoder's news.
    await setImmediate();
  }
  await all.return(undefined);
}

/** Puts the result together. @returns lines about what does not go along as it was */
async function finish({input, flags, place, fps, encoder}: Job, sink: SegmentSink): Promise<string[]> {
  await sink.finish();
  if (!encoder) return [];
  if (sink.frames === 0) return [];
  const {from, to} = flags;
  return muxResult({
    ...place,
    segments: sink.segments,
    fps,
    source: input.video,
    span: {from, to},
    offset: input.offset(),
  });
}

/** Runs a job whose network is there. Returns the exit code. */
async function runJob(job: Job, predictor: Predictor, identity: unknown, io: CommandIo): Promise<number> {
  const {input, flags, place} = job;
  if (flags.png && !flags.resume) clearImages(place.out);
  const sink = await openSink(job, identity);
  const progress = new FrameProgress(io.stdout, expectedFrames(job), sink.frames);
  if (sink.frames > 0) progress.message(`going on after ${sink.frames} frames`);
  const counts = noCounts();
  const watch = watchFrames('this frame and the file', text => progress.message(text));
  try {
    const whole = wholeFrames(predictor, job.options);
    const scale = job.options.scale ?? 1;
    const tile = flags.tile === undefined ? undefined : tileFor(flags.tile, input, scale);
    if (tile !== undefined) progress.message(`tiles of ${tile} x ${tile} pixels`);
    const predict = tile === undefined ? whole : tiled(whole, tile, scale);
    const between = betweenBy(predict, input, job.model.anyTimestep);
    await writeFrames(job, between, sink, progress, counts, () => watch.received !== undefined);
    for (const note of await finish(job, sink)) progress.message(note);
  } catch (error) {
    sink.kill();
    throw error;
  } finally {
    watch.close();
  }
  const {input: decoder, output: encoder} = progress.waited;
  for (const line of countsText(counts, flags.like ? 1 : (flags.scene ?? SCENE))) progress.message(line);
  const share = (part: number) => `${Math.round(100 * part)} %`;
  progress.message(
    `${shortPath(place.out, io.cwd)}: ${plural(sink.frames, 'frame')}, ${rateText(job.fps)} fps; ${progress.speed.toPrecision(3)} frames/s, ` +
      `waited ${share(decoder)} for the decoder, ${share(encoder)} for the encoder`,
  );
  if (watch.received) {
    progress.message('stopped early: the same command with --resume goes on');
    return SIGNAL_EXIT[watch.received];
  }
  await sink.remove();
  const damage = input.damage();
  if (damage !== undefined) throw interpolateDamaged(input.path, place.out, counts.read, damage);
  return EXIT.ok;
}

function checkFlags({png, encoder, from = 0, to = Infinity, resume, yes}: InterpolateFlags): void {
  if (png && encoder) throw usageError('--png writes images: --encoder is for videos');
  if (from >= to) throw usageError(`--from ${from} is not before --to ${to}`);
  if (resume && yes) throw usageError('--resume goes on, and --yes begins again');
}

/**
 * `rife-train interpolate`. Returns the exit code; throws coded errors, those of input, place and
 * flags before the engine is loaded.
 */
export async function runInterpolate(path: string, flags: InterpolateFlags, io: CommandIo): Promise<number> {
  checkFlags(flags);
  const print = (text: string) => io.stdout.write(`${text}\n`);
  const place = placeOf(resolve(io.cwd, path), flags, resolve(io.cwd, flags.out));
  const input = await openInput(resolve(io.cwd, path), flags);
  if (input.video?.isInterlaced && !flags.deinterlace) throw interpolateInterlaced(path);
  if (input.frames < 2) throw interpolateSource(path, `it has ${plural(input.frames, 'frame')}`);
  const fps = rateFor(flags, input);
  const encoder = flags.png
    ? undefined
    : chooseEncoder(place.out, flags.encoder, {pixels: input.video?.pixels ?? 'bgr24', isDeep: input.isDeep});
  print(input.summary);
  for (const note of input.notes) print(note);
  const {model, weights, plugins, summary} = await openNetwork(flags, io.cwd, print);
  const times = new OutputTimes(input.clock, fps);
  const job: Job = {input, flags, place, fps, times, encoder, model, options: frameOptions(flags)};
  checkTimes(job);
  const predictor = openPredictor({engine: engineFor(flags, print), model, weights, plugins});
  const {resume: _, yes: __, ...lasting} = flags;
  const {size, mtimeMs} = statSync(input.path);
  try {
    return await runJob(job, predictor, {...lasting, summary, source: [input.path, size, mtimeMs]}, io);
  } finally {
    await predictor.close();
  }
}
