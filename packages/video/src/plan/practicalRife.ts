/**
 * The frames that Practical-RIFE's `inference_video.py` writes, by its own rules, for those who
 * compare.
 */
import {fullScale, likeness, quantized, smallOf, type Pixels} from '../scene/likeness.js';
import type {Between, Counts, Output, SourceFrame} from './outputs.js';

/** What its options and network give. */
export interface PracticalOptions {
  width: number;
  height: number;
  /** Frames that each becomes. */
  multi: number;
  /** Its `--scale`: frames are padded to a multiple of max(128, 128 / scale). */
  scale: number;
  /** Does the network take a timestep? Others halve repeatedly. */
  anyTimestep: boolean;
  between: Between;
  counts: Counts;
}

/** More alike than this: static. */
const STATIC = 0.996;
/** Less alike than this: a cut. */
const CUT = 0.2;
const LEAST_PAD = 128;

const MIDDLE = {over: 1, under: 2};

/** In 0..1: a repeated frame is cut off to bytes as a made one. */
const numbersOf = async (data: Pixels): Promise<Float32Array> =>
  data instanceof Float32Array ? data : Float32Array.from(data, value => value / fullScale(data));

/** `make_inference`: by the timestep, or the middle and the middles of both halves. */
function framesBetween(
  a: Pixels,
  b: Pixels,
  count: number,
  options: PracticalOptions,
): (() => Promise<Pixels>)[] {
  const {anyTimestep, between, multi} = options;
  if (anyTimestep)
    return Array.from({length: count}, (_, i) => () => between(a, b, {over: i + 1, under: multi}));
  let made: Promise<Float32Array> | undefined;
  const middle = () => (made ??= between(a, b, MIDDLE));
  if (count === 1) return [middle];
  const half = Math.floor(count / 2);
  const later = (one: () => Promise<Pixels>, other: () => Promise<Pixels>) => {
    let all: Promise<(() => Promise<Pixels>)[]> | undefined;
    const list = async () =>
      (all ??= Promise.all([one(), other()]).then(([x, y]) => framesBetween(x, y, half, options)));
    return Array.from({length: half}, (_, i) => async () => (await list())[i]!());
  };
  const [start, end] = [async () => a, async () => b];
  return [...later(start, middle), ...(count % 2 === 1 ? [middle] : []), ...later(middle, end)];
}

/**
 * The frames of the result, (n - 1) * multi + 1 of n. A static frame is replaced by one that is
 * made between its neighbours, and across a cut the first frame is repeated.
 */
export async function* practicalOutputs(
  frames: AsyncIterable<SourceFrame>,
  options: PracticalOptions,
): AsyncGenerator<Output> {
  const {width, height, multi, scale, between, counts} = options;
  const multiple = Math.max(LEAST_PAD, Math.floor(LEAST_PAD / scale));
  const up = (side: number) => Math.ceil(side / multiple) * multiple;
  const small = (data: Pixels) => smallOf(data, width, height, {width: up(width), height: up(height)});
  const iterator = frames[Symbol.asyncIterator]();
  const read = async () => {
    const {value, done} = await iterator.next();
    if (done) return undefined;
    counts.read++;
    return (value as SourceFrame).data;
  };
  const first = await read();
  if (!first) return;
  const isDeep = first instanceof Uint16Array;
  // What is written, and what the network sees: numbers that are not cut off to bytes.
  let [written, img1]: [Uint8Array | Uint16Array, Pixels] = [first, first];
  let kept: Uint8Array | Uint16Array | undefined;
  for (let isLast = false; !isLast;) {
    const frame: Uint8Array | Uint16Array | undefined = kept ?? (await read());
    kept = undefined;
    if (!frame) break;
    const img0 = img1;
    img1 = frame;
    let next = frame;
    let alike = likeness(small(img0), small(img1));
    if (alike > STATIC) {
      counts.static++;
      kept = await read();
      isLast = kept === undefined;
      const made = await between(img0, kept ?? written, MIDDLE);
      [img1, next] = [made, quantized(made, isDeep, 'down')];
      alike = likeness(small(img0), small(img1));
    }
    const isCut = alike < CUT;
    if (isCut) counts.cuts++;
    else counts.made += multi - 1;
    const [before, after, source] = [img0, img1, written];
    yield {source, pixels: () => source};
    counts.originals++;
    const made = isCut
      ? Array.from({length: multi - 1}, () => () => numbersOf(before))
      : framesBetween(before, after, multi - 1, options);
    for (const make of made) yield {source, pixels: make};
    written = next;
  }
  counts.originals++;
  yield {source: written, pixels: () => written};
}
