/** Presentation times of frames. */
import {meanOf, quantile} from './statistics.js';

/** Steps on either side from which the usual step is computed. */
const AROUND = 12;
/**
 * A step longer than the usual one by this factor, or shorter by its inverse, is uneven: another
 * frame rate, or a missing frame.
 */
const FACTOR = 1.5;
/** Largest error in seconds from rounding times to milliseconds, with a reserve. */
const ROUNDING = 0.0025;

/** Frame rate of a video. */
export interface Timing {
  /** Frames per second, from the mean of the steps close to the median: times may be rounded. */
  fps: number;
  /** Frames whose distance from the one before is unusual for their surroundings. */
  uneven: number[];
  /** True if steps differ by more than rounding explains. */
  isVariable: boolean;
}

/** @param times seconds, ascending, one a frame */
export function timingOf(times: readonly number[]): Timing {
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  const usual = quantile(steps, 0.5);
  const isOff = (step: number, from: number) => Math.abs(step - from) > ROUNDING;
  const uneven = [...steps.keys()].filter(i => {
    const near = quantile(steps.slice(Math.max(0, i - AROUND), i + AROUND + 1), 0.5);
    const step = steps[i]!;
    return isOff(step, near) && (step > FACTOR * near || step * FACTOR < near);
  });
  const isUsual = (step: number) => !isOff(step, usual) || Math.abs(step - usual) <= 0.1 * usual;
  const mean = meanOf(steps.filter(isUsual));
  return {
    fps: mean > 0 ? 1 / mean : 0,
    uneven: uneven.map(i => i + 1),
    isVariable: !steps.every(isUsual),
  };
}
