/** What is measured of a predicted frame. */

/**
 * - `psnr`, `psnr-rounded`: dB; the latter of the prediction rounded to 1/255;
 * - `ie`: interpolation error, 0..255;
 * - `ssim`, `ssim-rounded`: `ssim_matlab` of RIFE and most others;
 * - `ssim-skimage`: 7 x 7, RGB bytes; `ssim-xvfi`: on Y, range of the prediction; `ssim-tf`: of
 *   TensorFlow;
 * - `psnr-y`: dB on the luma of the rounded pictures;
 * - `tof`: distance of Farneback flows, in pixels;
 * - `flip`: LDR-FLIP; `lpips`: with AlexNet.
 */
export const METRIC_NAMES = [
  'psnr',
  'psnr-rounded',
  'ie',
  'ssim',
  'ssim-rounded',
  'ssim-skimage',
  'ssim-xvfi',
  'ssim-tf',
  'psnr-y',
  'tof',
  'flip',
  'lpips',
] as const;

export type MetricName = (typeof METRIC_NAMES)[number];

/** Scores of one frame. */
export type Scores = Partial<Record<MetricName, number>>;

/** Is a higher value better? */
export const isHigherBetter = (name: MetricName): boolean =>
  name.startsWith('psnr') || name.startsWith('ssim');
