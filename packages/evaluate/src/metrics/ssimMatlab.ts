/** The SSIM of RIFE and most others, and the one of its training code. */
import type {Picture} from '../picture/picture.js';
import {gaussianSsim, gaussianTaps, WINDOW} from './gaussianSsim.js';
import {CHANNELS, checkPair} from './rounded.js';
import type {Tile} from './tiles.js';

const {max, min} = Math;
const IDENTITY = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);

/**
 * The scripts pad by five on each side whatever the window is, so a window below eleven has outputs
 * outside of the picture as well.
 */
const outputsOf = (side: number, window: number): number => side + WINDOW - window;

const areaOf = ({height, width}: Picture, window: number): Tile => ({
  top: 0,
  left: 0,
  height: outputsOf(height, window),
  width: outputsOf(width, window),
});

const windowOf = ({height, width}: Picture): number => min(WINDOW, height, width);

/**
 * The window along the channels as weights of these, [outputs,3]: of eleven taps, most lie on
 * repetitions of the first or the last channel.
 */
function channelMix(taps: Float64Array, window: number): Float64Array {
  const outputs = outputsOf(CHANNELS, window);
  const mix = new Float64Array(outputs * CHANNELS);
  for (let output = 0; output < outputs; output++)
    taps.forEach((tap, k) => {
      const channel = min(CHANNELS - 1, max(0, output + k - (WINDOW >> 1)));
      mix[output * CHANNELS + channel]! += tap;
    });
  return mix;
}

/**
 * `ssim_matlab` (hzwer/ECCV2022-RIFE:model/pytorch_msssim/__init__.py), in float64: the picture is
 * a volume of depth 3, and the window is Gaussian along all three axes, with the border repeated by
 * five on each. Below eleven pixels the window is as long as the shorter side.
 *
 * The original takes L = 255 for values above 128; pictures here are taken in 0..1, so L is 1.
 * @param prediction within 0..1; in bytes for the scripts that round before
 * @throws RIFE_ERR_EVAL_SIZES
 */
export function ssimMatlab(prediction: Picture, gt: Picture): number {
  checkPair(prediction, gt);
  const window = windowOf(gt);
  const taps = gaussianTaps(window);
  return gaussianSsim(prediction, gt, {area: areaOf(gt, window), taps, mix: channelMix(taps, window)});
}

/**
 * `ssim` of the same file, by which RIFE and later networks train: the window lies along height and
 * width only, and each channel counts on its own.
 * @throws RIFE_ERR_EVAL_SIZES
 */
export function ssim2d(prediction: Picture, gt: Picture): number {
  checkPair(prediction, gt);
  const window = windowOf(gt);
  return gaussianSsim(prediction, gt, {
    area: areaOf(gt, window),
    taps: gaussianTaps(window),
    mix: IDENTITY,
  });
}
