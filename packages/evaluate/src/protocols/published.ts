/**
 * Published scores, as data: those whose protocol is known well enough to be compared with a run.
 *
 * Left out, since it is not known how they were measured, or aggregators disagree: ABME, SoftSplat
 * and VFIformer where EMA-VFI's tables took them over without a re-run (SoftSplat's own Xiph
 * scores are here); ABME, BiFormer, FILM and "RIFE (paper)" on X-TEST; BiFormer on Xiph and
 * XTest-L; DAIN and ABME on HD 4x; M2M on UCF101; UPR-Net on Vimeo90K and UCF101; RIFE-Large;
 * FILM, HiFI, LADDER-L, IQ-VFI and MA-GCSPA on Vimeo90K; VFIMamba on X-TEST, of which only the
 * gain is known; and LPIPS on SNU-FILM. LPIPS of one method differs by a factor of 2 between
 * papers.
 */
import type {MetricName, Scores} from '../metrics/metric.js';

/**
 * How a score came here:
 *
 * - `figure`: read from a table that the source has as a picture;
 * - `aggregator`: from a page that collects scores of papers;
 * - `re-run`: measured by EMA-VFI's authors, not by the method's.
 */
export type Mark = 'figure' | 'aggregator' | 're-run';

/** Scores of a method on a set, or on a part of one. */
export interface PublishedScore {
  method: string;
  /**
   * Name of the set, with the part where it has parts: `x-test-4k`, `snu-film-easy`, `hd-4x-544p`.
   */
  set: string;
  protocol: string;
  scores: Scores;
  source: string;
  marks: readonly Mark[];
}

const RIFE = 'hzwer/ECCV2022-RIFE README.md';
const XVFI = 'JihyongOh/XVFI README.md, figures/Table2.PNG';
const EMA_2X = 'MCG-NJU/EMA-VFI figs/2x_results.png';
const EMA_4X = 'MCG-NJU/EMA-VFI figs/4x_results.png';
const IFRNET = 'ltkong218/IFRNet figures/benchmarks.png';
const M2M_X = 'feinanshan/M2M_VFI Test/README.md';
const M2M = 'feinanshan/M2M_VFI README.md';
const UPR_4K = 'srcn-ivl/UPR-Net figures/quantitative-4k.png';
const UPR = 'srcn-ivl/UPR-Net figures/quantitative.png';
const GIMM = 'GSeanCDAT/GIMM-VFI assets/enhanced_res.png';
const VFIMAMBA = 'sotaverified, wizwand: VFIMamba';
const AIVFI = 'AIVFI/Video-Frame-Interpolation-Rankings-and-Video-Deblurring-Rankings';

const FIGURE: readonly Mark[] = ['figure'];
const RE_RUN: readonly Mark[] = ['figure', 're-run'];
const AGGREGATOR: readonly Mark[] = ['aggregator'];

/** Where scores come from, and what they are. */
interface Table {
  protocol: string;
  source: string;
  marks?: readonly Mark[];
  sets: readonly string[];
  metrics: readonly MetricName[];
}

/** Values of a method: for each set the metrics in order. NaN: not published. */
type Rows = Readonly<Record<string, readonly number[]>>;

function scoresOf({protocol, source, marks = [], sets, metrics}: Table, rows: Rows): PublishedScore[] {
  return Object.entries(rows).flatMap(([method, values]) =>
    sets.flatMap((set, place) => {
      const own = metrics.map((metric, i) => [metric, values[place * metrics.length + i]] as const);
      const known = own.filter(([, value]) => value !== undefined && !Number.isNaN(value));
      if (known.length === 0) return [];
      return [{method, set, protocol, source, marks, scores: Object.fromEntries(known) as Scores}];
    }),
  );
}

const X_TEST = ['x-test-4k', 'x-test-2k'];
const SNU = ['snu-film-easy', 'snu-film-medium', 'snu-film-hard', 'snu-film-extreme'];
const XIPH = ['xiph-2k', 'xiph-4k'];
const HD_4X = ['hd-4x-544p', 'hd-4x-720p', 'hd-4x-1080p'];
const ROUNDED: readonly MetricName[] = ['psnr-rounded', 'ssim-rounded'];
const UNROUNDED: readonly MetricName[] = ['psnr', 'ssim'];
const SKIMAGE: readonly MetricName[] = ['psnr-rounded', 'ssim-skimage'];

const xTest: PublishedScore[] = [
  ...scoresOf(
    {
      protocol: 'xvfi',
      source: XVFI,
      marks: FIGURE,
      sets: ['x-test-4k'],
      metrics: ['psnr-rounded', 'ssim-xvfi', 'tof'],
    },
    {
      'XVFI, S = 3': [28.86, 0.858, 2.67],
      'XVFI, S = 5': [30.12, 0.87, 2.15],
      AdaCoF: [23.9, 0.727, 6.89],
      'AdaCoF, X-TRAIN': [25.81, 0.772, 6.42],
      FeFlow: [24.0, 0.756, 6.59],
      'FeFlow, X-TRAIN': [25.16, 0.783, 6.54],
      DAIN: [26.78, 0.807, 3.83],
      'DAIN, X-TRAIN': [27.52, 0.821, 3.47],
    },
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_4X, marks: FIGURE, sets: X_TEST, metrics: ['psnr-rounded']},
    {
      CAIN: [22.51, 23.62],
      DAIN: [NaN, 29.33],
      RIFE_m: [30.58],
      'EMA-VFI small': [30.89, 31.89],
      'EMA-VFI large, TTA': [31.46, 32.85],
    },
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_4X, marks: RE_RUN, sets: X_TEST, metrics: ['psnr-rounded']},
    {RIFE_m: [NaN, 31.43], IFRNet: [30.46, 31.53]},
  ),
  ...scoresOf(
    {protocol: 'm2m', source: M2M_X, sets: X_TEST, metrics: ROUNDED},
    {M2M: [30.88, 0.914, 32.13, 0.926]},
  ),
  ...scoresOf(
    {protocol: 'upr', source: UPR_4K, marks: FIGURE, sets: ['x-test-4k'], metrics: UNROUNDED},
    {'UPR-Net': [30.13, 0.899], 'UPR-Net large': [30.68, 0.9086], 'UPR-Net LARGE': [30.5, 0.9048]},
  ),
  ...scoresOf(
    {protocol: 'gimm', source: GIMM, marks: FIGURE, sets: X_TEST, metrics: ['lpips']},
    {
      'GIMM-VFI-R': [0.149, 0.113],
      'GIMM-VFI-F': [0.142, 0.103],
      'GIMM-VFI-R-P': [0.099, 0.047],
      'GIMM-VFI-F-P': [0.098, 0.047],
    },
  ),
];

const small: PublishedScore[] = [
  ...scoresOf(
    {protocol: 'rife', source: RIFE, sets: ['vimeo90k', 'ucf101'], metrics: ROUNDED},
    {RIFE: [35.615, 0.9779, 35.282, 0.9688]},
  ),
  ...scoresOf({protocol: 'rife', source: RIFE, sets: ['middlebury'], metrics: ['ie']}, {RIFE: [1.956]}),
  ...scoresOf(
    {protocol: 'ifrnet', source: IFRNET, marks: FIGURE, sets: ['vimeo90k', 'ucf101'], metrics: UNROUNDED},
    {
      'IFRNet S': [35.59, 0.9786, 35.28],
      IFRNet: [35.8, 0.9794, 35.29],
      'IFRNet L': [36.2, 0.9808, 35.42],
    },
  ),
  ...scoresOf(
    {protocol: 'ifrnet', source: IFRNET, marks: FIGURE, sets: ['middlebury'], metrics: ['ie', 'psnr']},
    {'IFRNet S': [1.995, 37.24], IFRNet: [1.946, 37.5], 'IFRNet L': [1.846, 38.18]},
  ),
  ...scoresOf({protocol: 'm2m', source: M2M, sets: ['vimeo90k'], metrics: ROUNDED}, {M2M: [35.47, 0.978]}),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: FIGURE, sets: ['vimeo90k'], metrics: UNROUNDED},
    {'EMA-VFI small': [36.07, 0.9797], 'EMA-VFI large, TTA': [36.64, 0.9819]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: FIGURE, sets: ['ucf101'], metrics: ROUNDED},
    {'EMA-VFI small': [35.34], 'EMA-VFI large, TTA': [35.48, 0.9701]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: FIGURE, sets: ['middlebury'], metrics: ['ie']},
    {'EMA-VFI small': [1.94], 'EMA-VFI large, TTA': [1.81]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: RE_RUN, sets: ['middlebury'], metrics: ['ie']},
    {M2M: [2.09]},
  ),
  ...scoresOf(
    {protocol: 'vfimamba', source: VFIMAMBA, marks: AGGREGATOR, sets: ['vimeo90k'], metrics: ['psnr']},
    {VFIMamba: [36.64]},
  ),
  ...scoresOf(
    {protocol: 'vfimamba', source: VFIMAMBA, marks: AGGREGATOR, sets: ['ucf101'], metrics: ['psnr-rounded']},
    {VFIMamba: [35.45]},
  ),
  ...scoresOf(
    {protocol: 'amt', source: AIVFI, marks: AGGREGATOR, sets: ['vimeo90k'], metrics: ['psnr']},
    {'AMT-G': [36.53]},
  ),
];

const snuFilm: PublishedScore[] = [
  ...scoresOf(
    {protocol: 'ifrnet', source: IFRNET, marks: FIGURE, sets: SNU, metrics: UNROUNDED},
    {RIFE: [40.06, 0.9907, 35.75, 0.9789, 30.1, 0.933, 24.84, 0.8534]},
  ),
  ...scoresOf(
    {protocol: 'ifrnet', source: IFRNET, marks: FIGURE, sets: SNU, metrics: ['psnr']},
    {'IFRNet L': [40.1, 36.12, 30.63, 25.27]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: RE_RUN, sets: SNU, metrics: UNROUNDED},
    {RIFE: [39.8, 0.9903, 35.76, 0.9787, 30.36, 0.9351, 25.27, 0.8601]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: RE_RUN, sets: SNU, metrics: ['psnr']},
    {M2M: [39.66, 35.74, 30.3, 25.08]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: FIGURE, sets: SNU, metrics: UNROUNDED},
    {
      'EMA-VFI small': [39.81, NaN, 35.88, NaN, 30.69, NaN, 25.47],
      'EMA-VFI large, TTA': [39.98, 0.991, 36.09, 0.9801, 30.94, 0.9392, 25.69, 0.8661],
    },
  ),
  ...scoresOf(
    {protocol: 'upr', source: UPR, marks: FIGURE, sets: SNU, metrics: UNROUNDED},
    {'UPR-Net LARGE': [40.44, 0.9911, 36.29, 0.9801, 30.86, 0.9377, 25.63, 0.8641]},
  ),
  ...scoresOf(
    {protocol: 'vfimamba', source: VFIMAMBA, marks: AGGREGATOR, sets: SNU, metrics: ['psnr']},
    {VFIMamba: [40.51, 36.4, 30.99, 25.79]},
  ),
];

const xiph: PublishedScore[] = [
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: RE_RUN, sets: XIPH, metrics: SKIMAGE},
    {
      RIFE: [36.19, 0.938, 33.76, 0.894],
      IFRNet: [36.0, 0.936, 33.99, 0.893],
      M2M: [36.44, 0.943, 33.92, 0.899],
    },
  ),
  ...scoresOf({protocol: 'm2m', source: M2M, sets: XIPH, metrics: ['ssim-rounded']}, {M2M: [0.966, 0.945]}),
  ...scoresOf(
    {protocol: 'softsplat', source: EMA_2X, marks: FIGURE, sets: XIPH, metrics: SKIMAGE},
    {SoftSplat: [36.62, 0.944, 33.6, 0.901]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_2X, marks: FIGURE, sets: XIPH, metrics: SKIMAGE},
    {
      'EMA-VFI small': [36.55, 0.942, 34.25, 0.902],
      'EMA-VFI large, TTA': [36.9, 0.945, 34.67, 0.907],
    },
  ),
];

const hd: PublishedScore[] = [
  ...scoresOf({protocol: 'rife', source: RIFE, sets: ['hd'], metrics: ['psnr-y']}, {RIFE: [32.14]}),
  ...scoresOf(
    {protocol: 'rife', source: RIFE, sets: HD_4X, metrics: ['psnr-y']},
    {RIFE_m: [22.96, 31.87, 34.25]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_4X, marks: FIGURE, sets: HD_4X, metrics: ['psnr-y']},
    {'EMA-VFI small': [23.26, 32.17, 34.65], 'EMA-VFI large, TTA': [23.62, 32.38, 35.28]},
  ),
  ...scoresOf(
    {protocol: 'ema', source: EMA_4X, marks: RE_RUN, sets: HD_4X, metrics: ['psnr-y']},
    {M2M: [22.31, 31.94, 33.45], IFRNet: [22.01, 31.85, 33.19]},
  ),
];

export const PUBLISHED: readonly PublishedScore[] = [...xTest, ...small, ...snuFilm, ...xiph, ...hd];
