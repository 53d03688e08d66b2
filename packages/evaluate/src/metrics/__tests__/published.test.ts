/**
 * Values worked out in float64 with scikit-image 0.26 and numpy: sample 0 of the fixture frames,
 * the mean of both ends against the middle.
 */
import type {Picture} from '../../picture/picture.js';
import {errorsOf, ie, psnr, psnrRounded, psnrY} from '../psnr.js';
import {rounded} from '../rounded.js';
import {ssim2d, ssimMatlab} from '../ssimMatlab.js';
import {ssimSkimage} from '../ssimSkimage.js';
import {lumaRange, ssimXvfi} from '../ssimXvfi.js';
import {fixturePair, type BytePicture} from './helpers/pictures.js';

/** Channels the other way round: the value on luma was taken with the first plane as red. */
const reversed = ({data, height, width}: Picture): Picture => ({
  data: Uint8Array.from(data, (_, i) => data[i - (i % 3) + 2 - (i % 3)]!),
  height,
  width,
});

const SIZES = [
  {
    height: 64,
    width: 96,
    psnr: 17.466244393,
    psnrRounded: 17.46503396,
    ssimRounded: 0.479422375,
    ssim: 0.479609669,
    ssim2d: 0.407964875,
    ie: 28.517469618,
    skimage: 0.439054257,
    xvfi: 0.705567649,
    range: 76.5916,
    psnrY: 23.444262952,
  },
  {
    height: 256,
    width: 448,
    psnr: 17.603557143,
    psnrRounded: 17.603627107,
    ssimRounded: 0.502297686,
    ssim: 0.502360779,
    ssim2d: 0.432558567,
    ie: 28.152494885,
    skimage: 0.474995097,
    xvfi: 0.727995224,
    range: 82.393812,
    psnrY: 23.573364343,
  },
];

describe.each(SIZES)('the fixture frames at $height x $width', ({height, width, ...expected}) => {
  const [prediction, gt] = fixturePair(0, height, width);
  const bytes = rounded(prediction);
  const pixel = (picture: BytePicture, row: number, column: number) =>
    [...picture.data.subarray(3 * (row * picture.width + column))].slice(0, 3);

  test('are those of the values', () => {
    expect(pixel(gt, 0, 0)).toEqual([212, 173, 112]);
    expect(pixel(gt, 10, 20)).toEqual([214, 133, 53]);
  });

  test('PSNR and IE', () => {
    expect(psnr(prediction, gt)).toBeCloseTo(expected.psnr, 8);
    expect(psnrRounded(prediction, gt)).toBeCloseTo(expected.psnrRounded, 8);
    expect(ie(prediction, gt)).toBeCloseTo(expected.ie, 8);
    expect(errorsOf(bytes, gt)).toEqual({
      psnr: expect.closeTo(expected.psnrRounded, 8),
      'psnr-rounded': expect.closeTo(expected.psnrRounded, 8),
      ie: expect.closeTo(expected.ie, 8),
    });
  });

  test('PSNR on luma', () => {
    expect(psnrY(reversed(bytes), reversed(gt))).toBeCloseTo(expected.psnrY, 8);
  });

  test('ssim_matlab of the prediction as it is, and rounded', () => {
    expect(ssimMatlab(prediction, gt)).toBeCloseTo(expected.ssim, 8);
    expect(ssimMatlab(bytes, gt)).toBeCloseTo(expected.ssimRounded, 8);
  });

  test('ssim of training', () => {
    expect(ssim2d(bytes, gt)).toBeCloseTo(expected.ssim2d, 8);
  });

  test('ssim of scikit-image', () => {
    expect(ssimSkimage(prediction, gt)).toBeCloseTo(expected.skimage, 8);
  });

  test('ssim of XVFI, and the range of the luma', () => {
    expect(ssimXvfi(prediction, gt)).toBeCloseTo(expected.xvfi, 8);
    expect(lumaRange(bytes)).toBeCloseTo(expected.range, 4);
  });
});
