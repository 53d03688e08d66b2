/** Makes the frames of a pair, as a protocol asks. */
import {cropBack} from '../picture/pad.js';
import type {Picture} from '../picture/picture.js';
import type {Protocol} from '../protocols/protocol.js';
import type {PaddedPair} from './tasks.js';

/** A network with its options: what makes a frame between two. */
export interface Maker {
  /** Has the network an input for the timestep? */
  anyTimestep: boolean;
  /**
   * The frame at `t`, [H,W,3] float32 BGR.
   * @param gap half the distance of the inputs, in frames of the source
   */
  predict(img0: Picture, img1: Picture, t: number, gap: number): Promise<Float32Array>;
}

type Middle<F> = (img0: F, img1: F) => Promise<F>;

/**
 * Frames by repeated middles, in order of time: what networks without a timestep can do, and
 * RIFE's `--exp`. Nothing is rounded in between.
 *
 * @param times multiples of 1/2, 1/4, 1/8 ... in (0,1), ascending
 * @param middle makes the frame halfway between two
 */
export async function* repeatedMiddles<F>(
  [img0, img1]: readonly [F, F],
  times: readonly number[],
  middle: Middle<F>,
  [from, to]: readonly [number, number] = [0, 1],
): AsyncGenerator<{t: number; frame: F}> {
  if (times.length === 0) return;
  const half = (from + to) / 2;
  const frame = await middle(img0, img1);
  const earlier = times.filter(t => t < half);
  const later = times.filter(t => t > half);
  yield* repeatedMiddles([img0, frame], earlier, middle, [from, half]);
  if (times.includes(half)) yield {t: half, frame};
  yield* repeatedMiddles([frame, img1], later, middle, [half, to]);
}

/** Can repeated halving reach it? */
export const isHalving = (t: number): boolean => Number.isInteger(t * 2 ** 20);

/** How a protocol uses a network. */
type Use = Pick<Protocol, 'times' | 'channels' | 'padding'>;

/** Frames at some times, of pictures as they are. */
async function* framesOf(
  maker: Maker,
  [img0, img1]: readonly [Picture, Picture],
  times: readonly number[],
  gap: number,
  isDirect: boolean,
): AsyncGenerator<Float32Array> {
  if (isDirect) {
    for (const t of times) yield maker.predict(img0, img1, t, gap);
    return;
  }
  const {width, height} = img0;
  const middle = async (a: Picture, b: Picture): Promise<Picture> => ({
    width,
    height,
    data: await maker.predict(a, b, 0.5, gap),
  });
  for await (const {frame} of repeatedMiddles([img0, img1], times, middle)) yield frame.data as Float32Array;
}

/** Pixels in the other order of channels. */
function reversed<Data extends Picture['data']>(data: Data): Data {
  const out = data.slice() as Data;
  for (let i = 0; i < out.length; i += 3) {
    out[i] = data[i + 2]!;
    out[i + 2] = data[i]!;
  }
  return out;
}

/** The same network, fed with RGB. */
function inRgb(maker: Maker): Maker {
  const turned = (picture: Picture): Picture => ({...picture, data: reversed(picture.data)});
  return {
    anyTimestep: maker.anyTimestep,
    predict: async (img0, img1, t, gap) => reversed(await maker.predict(turned(img0), turned(img1), t, gap)),
  };
}

/**
 * The frames of a pair at some times, in their order, made as a protocol asks: [H,W,3] float32 BGR,
 * without the padding.
 */
export async function* framesAt(
  network: Maker,
  {img0, img1, ...size}: PaddedPair,
  times: readonly number[],
  gap: number,
  {times: way, channels, padding}: Use,
): AsyncGenerator<Float32Array> {
  const maker = channels === 'rgb' ? inRgb(network) : network;
  const isDirect = maker.anyTimestep && way !== 'midpoints';
  for await (const data of framesOf(maker, [img0, img1], times, gap, isDirect)) {
    const frame = {width: img0.width, height: img0.height, data};
    yield (padding ? cropBack(frame, padding, size) : frame).data as Float32Array;
  }
}
