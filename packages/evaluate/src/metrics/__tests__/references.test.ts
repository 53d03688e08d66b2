/** Every metric against the values of bench/evaluate/metrics.py, at several sizes. */
import type {Picture} from '../../picture/picture.js';
import {flip} from '../flip.js';
import {ie, psnr, psnrRounded, psnrY} from '../psnr.js';
import {rounded} from '../rounded.js';
import {ssim2d, ssimMatlab} from '../ssimMatlab.js';
import {ssimSkimage} from '../ssimSkimage.js';
import {ssimTf} from '../ssimTf.js';
import {ssimXvfi} from '../ssimXvfi.js';
import scores from './fixtures/scores.json';
import {fixturePair, inFloat, patternPair} from './helpers/pictures.js';

type Scores = Partial<(typeof scores.fixtures)[0]['scores']>;

/** How each is measured, and how far a float32 prediction may take it from float64. */
const METRICS: Record<keyof Scores, [(prediction: Picture, gt: Picture) => number, tolerance: number]> = {
  psnr: [psnr, 1e-6],
  psnrRounded: [psnrRounded, 1e-9],
  ie: [ie, 1e-9],
  psnrY: [psnrY, 1e-9],
  ssimMatlab: [ssimMatlab, 1e-7],
  ssimMatlabRounded: [(prediction, gt) => ssimMatlab(rounded(prediction), gt), 1e-10],
  ssim2dRounded: [(prediction, gt) => ssim2d(rounded(prediction), gt), 1e-10],
  ssimSkimage: [ssimSkimage, 1e-10],
  ssimXvfi: [ssimXvfi, 1e-10],
  ssimTf: [ssimTf, 1e-7],
  flipRounded: [(prediction, gt) => flip(rounded(prediction), gt), 1e-8],
  // Noise of float32 in flat areas comes out as its root.
  flipEvaluator: [(prediction, gt) => flip(rounded(prediction), gt), 1e-5],
};

function expectScores(pair: [Picture, Picture], expected: Scores): void {
  for (const [name, value] of Object.entries(expected)) {
    const [metric, tolerance] = METRICS[name as keyof Scores];
    const error = metric(...pair) - value;
    expect({name, error: Math.abs(error) <= tolerance ? 'small' : error}).toEqual({name, error: 'small'});
  }
}

test.each(scores.fixtures)('sample $k at $h x $w, the mean of both ends', ({k, h, w, scores: expected}) => {
  expectScores(fixturePair(k, h, w), expected);
});

test.each(scores.patterns)('noise at $h x $w', ({h, w, scores: expected}) => {
  expectScores(patternPair(h, w), expected);
});

test.each(scores.patterns)('noise in float32 at $h x $w', ({h, w, scores: expected}) => {
  const [prediction, gt] = patternPair(h, w);
  expectScores([inFloat(prediction), gt], expected);
});
