/** Which frames are made between two, and from which. */
import type {Frame, FrameOptions, PredictedFrame, Predictor} from '@rife-train/core';

/** A new frame and its place: 1 to parts - 1. */
export interface NewFrame {
  index: number;
  frame: PredictedFrame;
}

const asInput = ({height, width, refined}: PredictedFrame): Frame => ({height, width, data: refined});

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/** The middle, and the middles of both halves, and so on; in order of time. */
async function* middles(
  predictor: Predictor,
  [img0, img1]: readonly [Frame, Frame],
  [from, to]: readonly [number, number],
  options: FrameOptions,
): AsyncGenerator<NewFrame> {
  if (to - from < 2) return;
  const frame = await predictor.predict(img0, img1, 0.5, options);
  const [index, middle] = [(from + to) / 2, asInput(frame)];
  yield* middles(predictor, [img0, middle], [from, index], options);
  yield {index, frame};
  yield* middles(predictor, [middle, img1], [index, to], options);
}

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
  if (!anyTimestep && isPowerOfTwo(parts)) return yield* middles(predictor, pair, [0, parts], options);
  for (let index = 1; index < parts; index++)
    yield {index, frame: await predictor.predict(...pair, index / parts, options)};
}
