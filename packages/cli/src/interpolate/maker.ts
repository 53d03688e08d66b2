/** The network as what makes a frame at any place between two. */
import type {Frame} from '@rife-train/core';
import {fullScale, type Between, type Pixels} from '@rife-train/video';
import type {Predict} from '../predict/tiles.js';

/** Frames as the network takes them: bytes as they are, 16-bit values in 0..1. */
class NetworkFrames {
  private readonly known = new WeakMap<Pixels, Frame>();

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  of(data: Pixels): Frame {
    const known = this.known.get(data);
    if (known) return known;
    const {width, height} = this;
    const values =
      data instanceof Uint16Array ? Float32Array.from(data, value => value / fullScale(data)) : data;
    const frame = {width, height, data: values};
    this.known.set(data, frame);
    return frame;
  }
}

/**
 * Middles of a pair, and middles of these, for networks without a timestep. Those before the last
 * place are forgotten: places are asked for in order of time.
 */
class Middles {
  private readonly made = new Map<number, Frame>();

  constructor(
    private readonly pair: readonly [Frame, Frame],
    private readonly middle: (img0: Frame, img1: Frame) => Promise<Frame>,
  ) {}

  async at(t: number): Promise<Frame> {
    let [from, to] = [0, 1];
    let [img0, img1] = this.pair;
    for (;;) {
      const half = (from + to) / 2;
      const frame = this.made.get(half) ?? (await this.middle(img0, img1));
      this.made.set(half, frame);
      if (half === t) return frame;
      if (half < t) [from, img0] = [half, frame];
      else [to, img1] = [half, frame];
      for (const place of this.made.keys()) if (place < from) this.made.delete(place);
    }
  }
}

/**
 * Makes frames. A network without a timestep makes them by repeated middles, without rounding in
 * between.
 */
export function betweenBy(
  predict: Predict,
  {width, height}: {width: number; height: number},
  anyTimestep: boolean,
): Between {
  const frames = new NetworkFrames(width, height);
  const middle = async (img0: Frame, img1: Frame): Promise<Frame> => ({
    width,
    height,
    data: await predict(img0, img1, 0.5),
  });
  let halved: {img0: Pixels; img1: Pixels; middles: Middles} | undefined;
  return async (img0, img1, {over, under}) => {
    const pair = [frames.of(img0), frames.of(img1)] as const;
    if (anyTimestep) return predict(...pair, over / under);
    if (halved?.img0 !== img0 || halved.img1 !== img1)
      halved = {img0, img1, middles: new Middles(pair, middle)};
    return (await halved.middles.at(over / under)).data as Float32Array;
  };
}
