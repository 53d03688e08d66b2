/** Scores of everything that was made for a target. */
import {readFileSync} from 'node:fs';
import {flip} from '../metrics/flip.js';
import type {MetricName, Scores} from '../metrics/metric.js';
import {errorsOf, psnrY} from '../metrics/psnr.js';
import {clipped, rounded} from '../metrics/rounded.js';
import {ssimMatlab} from '../metrics/ssimMatlab.js';
import {ssimSkimage} from '../metrics/ssimSkimage.js';
import {ssimTf} from '../metrics/ssimTf.js';
import {ssimXvfi} from '../metrics/ssimXvfi.js';
import {greyOf, TargetFlow} from '../metrics/tof.js';
import type {Picture} from '../picture/picture.js';
import type {Subject} from '../report/result.js';
import type {MadeFrame, ScoredTarget, ScoreTask} from './tasks.js';

/** The frames of a target, as read. */
export interface TargetFrames {
  img0: Picture;
  img1: Picture;
  gt: Picture;
  /** The target before this one; img0 for the first. */
  previousGt: Picture;
}

/** Milliseconds of a tick of the kernel's clock, on every Linux of today. */
const TICK_MS = 10;

/** Processor time of this thread; the threads share the processor with the network. */
function processorMs(): number {
  const stat = readFileSync('/proc/thread-self/stat', 'latin1');
  // The name before may hold blanks. Then come the state and ten more fields, utime and stime.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * TICK_MS;
}

/** Left out for the mean and the nearest input: they take longer than the rest together. */
const COSTLY: readonly MetricName[] = ['tof', 'flip', 'lpips'];

/** Metrics of a made frame and of the same frame in bytes, by name. */
const BY_FRAME: Partial<Record<MetricName, (made: Picture, bytes: Picture, gt: Picture) => number>> = {
  ssim: (made, _, gt) => ssimMatlab(made, gt),
  'ssim-rounded': (_, bytes, gt) => ssimMatlab(bytes, gt),
  'ssim-skimage': (_, bytes, gt) => ssimSkimage(bytes, gt),
  'ssim-xvfi': (_, bytes, gt) => ssimXvfi(bytes, gt),
  'ssim-tf': (made, _, gt) => ssimTf(made, gt),
  'psnr-y': (_, bytes, gt) => psnrY(bytes, gt),
  flip: (_, bytes, gt) => flip(bytes, gt),
};

function scoresOf(made: Picture, gt: Picture, metrics: readonly MetricName[]): Scores {
  const bytes = rounded(made);
  const scores: Scores = {};
  const errors = errorsOf(made, gt);
  for (const name of metrics) {
    if (name in errors) scores[name] = errors[name as keyof typeof errors];
    else if (BY_FRAME[name]) scores[name] = BY_FRAME[name](made, bytes, gt);
  }
  return scores;
}

const unit = ({data}: Picture): number => (data instanceof Uint8Array ? 255 : 1);

/** Mean of both inputs, in float32. */
export function meanOf({img0, img1}: Pick<TargetFrames, 'img0' | 'img1'>): Picture {
  const {width, height} = img0;
  const [a, b] = [img0.data, img1.data];
  const [one, other] = [2 * unit(img0), 2 * unit(img1)];
  const data = new Float32Array(a.length);
  for (let i = 0; i < data.length; i++) data[i] = a[i]! / one + b[i]! / other;
  return {width, height, data};
}

/** tOF of made frames, which share the flow of the target. */
async function* flowScores({img0, gt, previousGt}: TargetFrames, made: readonly MadeFrame[]) {
  const target = new TargetFlow({previous: greyOf(previousGt), current: greyOf(gt)});
  const {width, height} = gt;
  const grey = (data: Float32Array) => greyOf({width, height, data});
  for (const {subject, data, previous} of made) {
    const before = previous ? grey(previous) : greyOf(img0);
    yield [subject, await target.distance({previous: before, current: grey(data)})] as const;
  }
}

/**
 * Scores of each subject: the networks' frames, and both baselines, which need none.
 * @param frames the target and the inputs, as read
 */
export async function scoreTarget(
  {t, metrics, made}: ScoreTask,
  frames: TargetFrames,
): Promise<ScoredTarget> {
  const startMs = processorMs();
  const {img0, img1, gt} = frames;
  const {width, height} = gt;
  const scores: Partial<Record<Subject, Scores>> = {};
  for (const {subject, data} of made) scores[subject] = scoresOf(clipped({width, height, data}), gt, metrics);
  const quick = metrics.filter(name => !COSTLY.includes(name));
  scores.mean = scoresOf(meanOf(frames), gt, quick);
  scores.nearest = scoresOf(t <= 0.5 ? img0 : img1, gt, quick);
  if (metrics.includes('tof'))
    for await (const [subject, value] of flowScores(frames, made)) scores[subject]!.tof = value;
  return {scores, ms: processorMs() - startMs};
}
