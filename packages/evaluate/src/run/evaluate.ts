/** Runs networks over the pairs of a set; reading and scoring go on in threads beside them. */
import {predictTimestep} from '@rife-train/errors';
import type {MetricName} from '../metrics/metric.js';
import {clipped, rounded} from '../metrics/rounded.js';
import type {Picture} from '../picture/picture.js';
import type {Protocol} from '../protocols/protocol.js';
import type {FrameResult, Subject} from '../report/result.js';
import type {EvalSet, Pair, Target} from '../sets/evalSet.js';
import {framesAt, isHalving, type Maker} from './maker.js';
import {ScorePool} from './pool.js';
import type {MadeFrame, Reading, ReadPair} from './tasks.js';

/** A perceptual distance that needs an engine, and so is measured in this thread. */
export type Distance = (prediction: Picture, gt: Picture) => Promise<number>;

/** What is evaluated, and how. */
export interface EvaluateParts {
  set: EvalSet;
  protocol: Protocol;
  metrics: readonly MetricName[];
  network: Maker;
  /** Another network, on the same frames. */
  against?: Maker | undefined;
  /** Reads a target, and measures LPIPS. */
  lpips?: Distance | undefined;
  /**
   * Measure how far things move between the inputs; else it is 0. It loads OpenCV in each thread.
   * @default true
   */
  motion?: boolean;
  /** Threads for reading and scoring. */
  threads: number;
  /** Pairs of these ids are done already. */
  done: ReadonlySet<string>;
  /** Called with all frames of a pair, once they are scored, and the cost since the last call. */
  onPair(frames: FrameResult[], cost: EvaluateCost): void;
  /** Called after each frame that the network has made. */
  onFrame?(): void;
  /** Counts what the network waits for: frames to read, or room for scoring. */
  waitFor?<T>(what: 'input' | 'output', work: Promise<T>): Promise<T>;
  signal?: AbortSignal | undefined;
}

/** Seconds of work, without waiting. */
export interface EvaluateCost {
  /** By the clock. */
  networkSeconds: number;
  /** Of processor time, of all threads. */
  metricSeconds: number;
}

/**
 * A network without a timestep halves the time.
 * @throws RIFE_ERR_PREDICT_TIMESTEP where that does not reach a target
 */
export function checkTimes(set: EvalSet, name: string, maker: Maker, {times}: Protocol): void {
  if (maker.anyTimestep && times !== 'midpoints') return;
  const other = set.pairs.flatMap(pair => pair.targets).find(({t}) => !isHalving(t));
  if (other) throw predictTimestep(name, other.t, true);
}

/** Shared by the threads, so that nothing is copied. */
function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

/** Frames of a subject, as they are made. */
type Made = [Subject, AsyncGenerator<Float32Array>];

/** One evaluation under way. */
class Evaluation {
  private readonly pool: ScorePool;
  /** Frames that are being scored. */
  private readonly scoring = new Set<Promise<unknown>>();
  /** Pairs that are handed over once they are scored. */
  private readonly pairs: Promise<unknown>[] = [];
  private cost: EvaluateCost = {networkSeconds: 0, metricSeconds: 0};
  private failure: {error: unknown} | undefined;

  constructor(private readonly parts: EvaluateParts) {
    this.pool = new ScorePool(parts.threads);
  }

  private get reading(): Reading {
    const {set, protocol} = this.parts;
    return {view: set.view, options: {chroma: protocol.chroma ?? 'bicubic'}};
  }

  /** The threads read the next pair while the network works on this one. */
  private read({img0, img1}: Pair): Promise<ReadPair> {
    const read = this.pool.read({
      ...{img0, img1, reading: this.reading},
      padding: this.parts.protocol.padding,
      withMotion: this.parts.motion ?? true,
    });
    // Reported when it is waited for.
    read.catch(() => {});
    return read;
  }

  private waitFor<T>(what: 'input' | 'output', work: Promise<T>): Promise<T> {
    return this.parts.waitFor?.(what, work) ?? work;
  }

  private takeCost(): EvaluateCost {
    const {cost} = this;
    this.cost = {networkSeconds: 0, metricSeconds: 0};
    return cost;
  }

  async run(): Promise<void> {
    const {set, done, signal} = this.parts;
    const pairs = set.pairs.filter(({id}) => !done.has(id));
    try {
      let next = pairs[0] && this.read(pairs[0]);
      for (const [i, pair] of pairs.entries()) {
        const read = await this.waitFor('input', next!);
        next = pairs[i + 1] && this.read(pairs[i + 1]!);
        await this.pair(pair, read);
        if (signal?.aborted) break;
      }
      await Promise.all(this.pairs);
      this.check();
    } finally {
      await this.pool.close();
    }
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }

  /** The makers go side by side, so that no more than one frame of each waits. */
  private async pair(pair: Pair, read: ReadPair): Promise<void> {
    const {network, against, protocol, onFrame, signal} = this.parts;
    const times = pair.targets.map(({t}) => t);
    const madeBy = (maker: Maker) => framesAt(maker, read, times, pair.gap, protocol);
    const makers: Made[] = [
      ['network', madeBy(network)],
      ...(against ? [['against', madeBy(against)] satisfies Made] : []),
    ];
    const results: Promise<FrameResult>[] = [];
    let before: MadeFrame[] = [];
    for (const [i, target] of pair.targets.entries()) {
      const made: MadeFrame[] = [];
      for (const [subject, frames] of makers) {
        const data = await this.timed(async () => shared((await frames.next()).value as Float32Array));
        made.push({subject, data, previous: before.find(frame => frame.subject === subject)?.data});
      }
      onFrame?.();
      const result = this.scored(pair, target, pair.targets[i - 1], made, read);
      const ended: Promise<unknown> = result
        .catch((error: unknown) => (this.failure ??= {error}))
        .finally(() => this.scoring.delete(ended));
      this.scoring.add(ended);
      results.push(result);
      before = made;
      await this.room();
      if (signal?.aborted) return;
    }
    this.whole(results);
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    const result = await work();
    this.cost.networkSeconds += (performance.now() - startMs) / 1000;
    return result;
  }

  /** Hands the frames of a pair over when all are scored. */
  private whole(results: readonly Promise<FrameResult>[]): void {
    const {onPair} = this.parts;
    const all = Promise.all(results)
      .then(frames => onPair(frames, this.takeCost()))
      .catch((error: unknown) => (this.failure ??= {error}));
    this.pairs.push(all);
  }

  private async scored(
    pair: Pair,
    target: Target,
    previous: Target | undefined,
    made: readonly MadeFrame[],
    {motion}: ReadPair,
  ): Promise<FrameResult> {
    const {metrics, lpips} = this.parts;
    const {scores, ms} = await this.pool.score({
      ...{img0: pair.img0, img1: pair.img1, gt: target.source, previousGt: previous?.source},
      ...{reading: this.reading, t: target.t, metrics, made},
    });
    this.cost.metricSeconds += ms / 1000;
    if (lpips) await this.addDistances(scores, target, made, lpips);
    const {id, group, part, gap} = pair;
    return {pair: id, target: target.id, group, part, t: target.t, gap, motion, scores};
  }

  /** LPIPS, of bytes where the protocol rounds. */
  private async addDistances(
    scores: FrameResult['scores'],
    {source}: Target,
    made: readonly MadeFrame[],
    lpips: Distance,
  ): Promise<void> {
    const gt = await this.pool.frame({source, reading: this.reading});
    const {width, height} = gt;
    const isRounded = this.parts.protocol.metrics.includes('psnr-rounded');
    for (const {subject, data} of made) {
      const frame = clipped({width, height, data});
      scores[subject]!.lpips = await lpips(isRounded ? rounded(frame) : frame, gt);
    }
  }

  /** Waits while more frames are being scored than there are threads: each holds its pixels. */
  private async room(): Promise<void> {
    while (this.scoring.size > this.pool.size) await this.waitFor('output', Promise.race(this.scoring));
    this.check();
  }
}

/**
 * Evaluates the pairs that are not done yet.
 * @throws what reading, the network and the metrics throw; frames of whole pairs were handed over
 */
export function evaluate(parts: EvaluateParts): Promise<void> {
  return new Evaluation(parts).run();
}
