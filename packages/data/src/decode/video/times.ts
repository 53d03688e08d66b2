/** When frames are shown. */
import {meanOf, quantile} from './statistics.js';

/** Steps of time on either side that say what is usual. */
const AROUND = 12;
/** So many times the usual step, or its inverse, is another frame rate, or a frame that is missing. */
const FACTOR = 1.5;
/** Seconds that rounding to milliseconds may add up to, and a bit. */
const ROUNDING = 0.0025;

/** What the times of a video tell. */
export interface Timing {
  /** Frames a second, by the mean of the steps that are about as long as the median one: times may be rounded. */
  fps: number;
  /** Frames that come much later or sooner after the one before than is usual around them. */
  uneven: number[];
  /** True when steps differ by more than rounding makes. */
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
