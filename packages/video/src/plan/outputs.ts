/** Which frames the result has, in order: originals, repeated ones, and those that are made. */
import {likeness, smallOf, type Pixels} from '../scene/likeness.js';
import type {OutputTimes, Position} from './timeline.js';

/** A frame of the source, on a clock. */
export interface SourceFrame {
  data: Uint8Array | Uint16Array;
  /** Ticks from the first frame. */
  tick: number;
}

/**
 * Makes the frame between two.
 * @returns BGR [H,W,3] in 0..1
 */
export type Between = (img0: Pixels, img1: Pixels, position: Position) => Promise<Float32Array>;

/** A frame of the result. It is made when it is asked for. */
export interface Output {
  pixels(): Pixels | Promise<Pixels>;
  /** The original before it, for pictures side by side. */
  source: Uint8Array | Uint16Array;
}

/** What was decided. */
export interface Counts {
  /** Frames of the source. */
  read: number;
  /** Frames of the source that had no later time than the one before, and were left out. */
  untimely: number;
  /** Originals in the result. */
  originals: number;
  /** Made by the network. */
  made: number;
  /** Pairs of equal frames, between which the first is repeated. */
  static: number;
  /** Pairs with a scene cut between them. */
  cuts: number;
}

export const noCounts = (): Counts => ({read: 0, untimely: 0, originals: 0, made: 0, static: 0, cuts: 0});

/** How the outputs are chosen. */
export interface OutputOptions {
  width: number;
  height: number;
  times: OutputTimes;
  between: Between;
  /** SSIM of 32 x 32 below which two frames are of different scenes; 0: none are. */
  scene: number;
  /** Ticks for which the last frame is shown. @default as long as the one before */
  lastTicks?: number | undefined;
  counts: Counts;
}

/** A frame with what is compared. */
interface Compared extends SourceFrame {
  small: Float32Array | undefined;
}

const isSame = (a: SourceFrame, b: SourceFrame) => Buffer.compare(bytesOf(a.data), bytesOf(b.data)) === 0;
const bytesOf = ({buffer, byteOffset, byteLength}: Uint8Array | Uint16Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

const HALF = 0.5;

/** Outputs from one frame up to, and without, the next. */
function* pairOutputs(a: Compared, b: Compared, options: OutputOptions): Generator<Output> {
  const {times, between, counts, scene} = options;
  const end = times.firstFrom(b.tick);
  const positions: Position[] = [];
  for (let k = times.firstFrom(a.tick); k < end; k++) positions.push(times.position(k, a.tick, b.tick));
  const isBetween = positions.some(({over}) => over > 0);
  const isStatic = isBetween && isSame(a, b);
  const isCut = isBetween && !isStatic && scene > 0 && likeness(a.small!, b.small!) < scene;
  if (isStatic) counts.static++;
  if (isCut) counts.cuts++;
  for (const position of positions) {
    const {over, under} = position;
    const repeated = isCut && over / under > HALF ? b.data : a.data;
    if (over === 0) counts.originals++;
    else if (!isStatic && !isCut) counts.made++;
    const isMade = over > 0 && !isStatic && !isCut;
    yield {
      source: a.data,
      pixels: () => (isMade ? between(a.data, b.data, position) : over === 0 ? a.data : repeated),
    };
  }
}

/**
 * The frames of the result. Where the time is that of an original, it is that original, untouched.
 * Across a scene cut nothing is blended: the nearer original is repeated. Between equal frames
 * there is no motion: the first is repeated. The last original stays for as long as it was shown.
 */
export async function* outputsOf(
  frames: AsyncIterable<SourceFrame>,
  options: OutputOptions,
): AsyncGenerator<Output> {
  const {width, height, times, counts, scene, lastTicks} = options;
  let last: Compared | undefined;
  let step = 1;
  for await (const frame of frames) {
    counts.read++;
    const next = {...frame, small: scene > 0 ? smallOf(frame.data, width, height) : undefined};
    if (last && frame.tick <= last.tick) {
      counts.untimely++;
      continue;
    }
    if (last) yield* pairOutputs(last, next, options);
    step = last ? next.tick - last.tick : 1;
    last = next;
  }
  if (!last) return;
  const [{data, tick}, end] = [last, times.firstFrom(last.tick + (lastTicks ?? step))];
  for (let k = times.firstFrom(tick); k < end; k++) {
    counts.originals++;
    yield {source: data, pixels: () => data};
  }
}
