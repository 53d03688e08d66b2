/** The SSIM of TensorFlow, which FILM reports. */
import {evalMetricSize} from '@rife-train/errors';
import type {Picture} from '../picture/picture.js';
import {gaussianSsim, gaussianTaps, WINDOW} from './gaussianSsim.js';
import {checkPair} from './rounded.js';

const TAPS = gaussianTaps(WINDOW);
const IDENTITY = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);

/**
 * `tf.image.ssim` with max_val 1 (google-research/frame-interpolation:eval/eval_cli.py), in
 * float64: a Gaussian window of 11 x 11, wholly inside the picture, each channel on its own.
 * @param prediction within 0..1, not rounded
 * @throws RIFE_ERR_EVAL_SIZES, RIFE_ERR_EVAL_METRIC_SIZE below 11 pixels
 */
export function ssimTf(prediction: Picture, gt: Picture): number {
  checkPair(prediction, gt);
  const border = WINDOW >> 1;
  const area = {
    top: border,
    left: border,
    height: gt.height - 2 * border,
    width: gt.width - 2 * border,
  };
  if (area.height < 1 || area.width < 1) throw evalMetricSize('ssim-tf', WINDOW, gt);
  return gaussianSsim(prediction, gt, {area, taps: TAPS, mix: IDENTITY});
}
