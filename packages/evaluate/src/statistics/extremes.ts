/** The frames that a network predicts best and worst. */
import {isHigherBetter} from '../metrics/metric.js';
import type {EvalResult, FrameResult} from '../report/result.js';

/** Worst and best frames, the most extreme first; no frame is in both. */
export interface Extremes {
  worst: readonly FrameResult[];
  best: readonly FrameResult[];
}

/** Worst, and best, frames that a report shows. */
const SHOWN = 4;

/**
 * The `count` worst and best frames of the network by the first metric of the protocol. NaN is
 * worse than any number. With fewer than 2 x `count` frames, the best are those that are left.
 * @param count @default 4, as the page shows
 */
export function extremeFrames({frames, protocol}: EvalResult, count = SHOWN): Extremes {
  const [metric] = protocol.metrics;
  if (metric === undefined) return {worst: [], best: []};
  const sign = isHigherBetter(metric) ? 1 : -1;
  const ranked = frames
    .flatMap(frame => {
      const score = frame.scores.network?.[metric];
      return score === undefined ? [] : [{frame, rank: Number.isNaN(score) ? -Infinity : sign * score}];
    })
    // Infinite ranks have no difference.
    .sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .map(({frame}) => frame);
  const worst = ranked.slice(0, count);
  return {worst, best: ranked.slice(worst.length).slice(-count).reverse()};
}
