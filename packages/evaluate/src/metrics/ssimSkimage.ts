/** The SSIM of scikit-image: of RGB bytes. */
import {evalMetricSize} from '@rife-train/errors';
import type {MetricName} from './metric.js';
import type {Picture} from '../picture/picture.js';
import {CHANNELS, checkPair, rounded} from './rounded.js';
import {UniformWindows, WINDOW} from './uniformWindows.js';

/** @throws RIFE_ERR_EVAL_SIZES, RIFE_ERR_EVAL_METRIC_SIZE */
export function checkWindow(metric: MetricName, prediction: Picture, gt: Picture): void {
  checkPair(prediction, gt);
  if (gt.height < WINDOW || gt.width < WINDOW) throw evalMetricSize(metric, WINDOW, gt);
}

/**
 * `structural_similarity` with data_range 255 and the channels apart
 * (scikit-image/scikit-image:src/skimage/metrics/_structural_similarity.py, as
 * sniklaus/softmax-splatting calls it): a uniform window of 7 x 7, sample covariance, and no scores
 * within 3 pixels of the border. Both pictures are taken in bytes; the sums are exact.
 * @throws RIFE_ERR_EVAL_SIZES, RIFE_ERR_EVAL_METRIC_SIZE below 7 pixels
 */
export function ssimSkimage(prediction: Picture, gt: Picture): number {
  checkWindow('ssim-skimage', prediction, gt);
  const [a, b] = [rounded(prediction).data, rounded(gt).data];
  const {height, width} = gt;
  const values = width * CHANNELS;
  const windows = new UniformWindows(width, CHANNELS);
  const rowOf = (data: typeof a) => (y: number, to: Float64Array) => {
    for (let i = 0, from = y * values; i < values; i++) to[i] = data[from++]!;
  };
  return windows.meanSsim(height, [rowOf(a), rowOf(b)], {range: 255, offset: 0});
}
