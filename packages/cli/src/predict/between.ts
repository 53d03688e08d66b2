/** Which frames are made between two, and from which. */
import type {Frame, FrameOptions, PredictedFrame, Predictor} from '@rife-train/core';

/** A new frame and its place: 1 to parts - 1. */
export interface NewFrame {
  index: number;
  frame: PredictedFrame;
}

/** Of the inputs, bytes; of the frames between, their predictions. */
type Source = Frame | PredictedFrame;

const asInput = (source: Source): Frame =>
  'data' in source ? source : {height: source.height, width: source.width, data: source.refined};

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/**
 * The frames that divide the time between two into equal parts, in order of time. A network with an
 * input for the timestep makes each directly; another makes 2, 4, 8 ... parts by repeated middles,
 * as the reference's `--exp`, without rounding in between.
 *
 * @param anyTimestep has the network an input for the timestep?
 * @throws RIFE_ERR_PREDICT_TIMESTEP for other parts of a network that is not; whatever
 *   `Predictor.predict` throws
 */
export async function* framesBetween(
  predictor: Predictor,
  pair: readonly [Frame, Frame],
  parts: number,
  anyTimestep: boolean,
  options: FrameOptions = {},
): AsyncGenerator<NewFrame> {
  const times = Array.from({length: parts - 1}, (_, i) => (i + 1) / parts);
  if (anyTimestep || !isPowerOfTwo(parts)) {
    for (const [i, t] of times.entries())
      yield {index: i + 1, frame: await predictor.predict(...pair, t, options)};
    return;
  }
  const middle = (img0: Source, img1: Source) =>
    predictor.predict(asInput(img0), asInput(img1), 0.5, options);
  const {repeatedMiddles} = await import('@rife-train/evaluate');
  let index = 1;
  for await (const {frame} of repeatedMiddles<Source>(pair, times, middle))
    yield {index: index++, frame: frame as PredictedFrame};
}
