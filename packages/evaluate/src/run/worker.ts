/** Entry point of a thread that reads and scores; see `pool.ts`. */
import {isRifeError, messageOf} from '@rife-train/errors';
import sharp from 'sharp';
import {meanMotion} from '../metrics/tof.js';
import {padded} from '../picture/pad.js';
import type {FrameSource, Picture} from '../picture/picture.js';
import {readFrame} from '../picture/read.js';
import {scoreTarget} from './score.js';
import type {Reading, ReadPair, ReadTask, ScoredTarget, ScoreTask, Task, TaskResult} from './tasks.js';

// Parallelism comes from the threads.
sharp.concurrency(1);
sharp.cache(false);

/** Frames that this thread has read: the inputs serve all targets of a pair. */
const KEPT = 4;
const known = new Map<string, Promise<Picture>>();

const nameOf = (source: FrameSource, {view, options}: Reading) =>
  JSON.stringify([
    source.kind,
    source.kind === 'clip' ? source.clip.path : source.path,
    source.kind === 'picture' ? 0 : source.index,
    view,
    options,
  ]);

function frameOf(source: FrameSource, reading: Reading): Promise<Picture> {
  const name = nameOf(source, reading);
  const frame = known.get(name) ?? readFrame(source, reading.view, reading.options);
  known.delete(name);
  known.set(name, frame);
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(oldest);
  }
  return frame;
}

async function readPair({img0, img1, reading, padding, withMotion}: ReadTask): Promise<ReadPair> {
  const [a, b] = [await frameOf(img0, reading), await frameOf(img1, reading)];
  const {width, height} = a;
  const pad = (picture: Picture) => (padding ? padded(picture, padding) : picture);
  return {img0: pad(a), img1: pad(b), width, height, motion: withMotion ? await meanMotion(a, b) : 0};
}

async function score(task: ScoreTask): Promise<ScoredTarget> {
  const {reading, img0, img1, gt, previousGt} = task;
  const first = await frameOf(img0, reading);
  return scoreTarget(task, {
    img0: first,
    img1: await frameOf(img1, reading),
    gt: await frameOf(gt, reading),
    previousGt: previousGt && task.metrics.includes('tof') ? await frameOf(previousGt, reading) : first,
  });
}

function resultOf(task: Task): Promise<ReadPair | ScoredTarget | Picture> {
  if (task.kind === 'read') return readPair(task);
  return task.kind === 'score' ? score(task) : frameOf(task.source, task.reading);
}

export default async function work(task: Task): Promise<TaskResult<ReadPair | ScoredTarget | Picture>> {
  try {
    return {value: await resultOf(task)};
  } catch (error) {
    return {code: isRifeError(error) ? error.code : '', message: messageOf(error)};
  }
}
