/** The scripts of the field, a row each (docs/evaluation.md has the sources of every entry). */
import {evalProtocol} from '@rife-train/errors';
import type {MetricName} from '../metrics/metric.js';
import type {Padding} from '../picture/pad.js';
import {isFor, type Protocol} from './protocol.js';

const centre = (multiple: number): Padding => ({where: 'centre', fill: 'replicate', to: {multiple}});
const corner = (fill: number, multiple: number): Padding => ({where: 'corner', fill, to: {multiple}});
/** As RIFE's and IFRNet's scripts for Middlebury. */
const IN_640: Padding = {where: 'corner', fill: 0, to: {height: 480, width: 640}};
/** As RIFE's scripts for HD: 720 rows become 768, 1080 become 1088, 544 become 576. */
const HD_ROWS: Padding = {where: 'rows', fill: 'replicate', rows: {720: 24, 1080: 4, 544: 16}};

const SNU = 'snu-film snu-film-easy snu-film-medium snu-film-hard snu-film-extreme';

const ROUNDED: MetricName[] = ['psnr-rounded', 'ssim-rounded'];
const UNROUNDED: MetricName[] = ['psnr', 'ssim'];

type Row = Omit<Protocol, 'name' | 'source' | 'sets'>;
const rows = (name: string, repository: string, ...list: [sets: string, script: string, row: Row][]) =>
  list.map(([sets, script, row]): Protocol => ({
    name,
    source: `${repository} ${script}`,
    sets: sets.split(' '),
    ...row,
  }));

const XTEST_NOTE = 'the script pads inside its own network; here zeros at the right and bottom';

export const PROTOCOLS: readonly Protocol[] = [
  ...rows('plain', 'rife-train', ['*', '', {metrics: ['psnr', 'psnr-rounded', 'ssim', 'ie']}]),
  ...rows(
    'ema',
    'MCG-NJU/EMA-VFI',
    ['x-test-4k', 'benchmark/XTest_8X.py', {metrics: ROUNDED, padding: centre(32), scale: 0.25}],
    ['x-test-2k', 'benchmark/XTest_8X.py', {metrics: ROUNDED, padding: centre(32), scale: 0.5}],
    ['vimeo90k', 'benchmark/Vimeo90K.py', {metrics: UNROUNDED}],
    ['ucf101', 'benchmark/UCF101.py', {metrics: ROUNDED}],
    ['middlebury', 'benchmark/MiddleBury.py', {metrics: ['ie'], padding: centre(32)}],
    [SNU, 'benchmark/SNU_FILM.py', {metrics: UNROUNDED, padding: centre(32), scale: 0.5}],
    [
      'xiph-2k xiph-4k',
      'benchmark/Xiph.py',
      {metrics: ['psnr-rounded', 'ssim-skimage'], padding: centre(16), scale: 0.5},
    ],
    ['hd-4x', 'benchmark/HD_4X.py', {metrics: ['psnr-y'], padding: centre(32), mean: 'groups'}],
  ),
  ...rows('xvfi', 'JihyongOh/XVFI', [
    'x-test-4k',
    'main.py, utils.py',
    {metrics: ['psnr-rounded', 'ssim-xvfi', 'tof'], padding: corner(0, 512)},
  ]),
  ...rows(
    'm2m',
    'feinanshan/M2M_VFI',
    ['x-test-4k', 'Test/bench_xtest.py', {metrics: ROUNDED, scale: 0.25, notes: [XTEST_NOTE]}],
    ['x-test-2k', 'Test/bench_xtest.py', {metrics: ROUNDED, scale: 0.5, notes: [XTEST_NOTE]}],
    ['vimeo90k', 'Test/bench_vimeo.py', {metrics: ROUNDED}],
    ['xiph-2k xiph-4k', 'Test/bench_xiph.py', {metrics: ROUNDED, scale: 0.5, notes: [XTEST_NOTE]}],
  ),
  ...rows(
    'vfimamba',
    'MCG-NJU/VFIMamba',
    [
      'x-test-4k',
      'benchmark/XTEST.py',
      {metrics: ROUNDED, padding: centre(32), scale: 0.25, times: 'midpoints', mean: 'groups'},
    ],
    [
      'x-test-2k',
      'benchmark/XTEST.py',
      {metrics: ROUNDED, padding: centre(32), scale: 0.5, times: 'midpoints', mean: 'groups'},
    ],
    ['xtest-l-4k', 'benchmark/XTEST_L.py', {metrics: ROUNDED, padding: centre(32), scale: 0.25}],
    ['xtest-l-2k', 'benchmark/XTEST_L.py', {metrics: ROUNDED, padding: centre(32), scale: 0.5}],
    ['vimeo90k', 'benchmark/Vimeo90K.py', {metrics: UNROUNDED}],
    ['ucf101', 'benchmark/UCF101.py', {metrics: ROUNDED}],
    [SNU, 'benchmark/SNU_FILM.py', {metrics: UNROUNDED, padding: centre(32), scale: 0.5}],
    [
      'xiph-2k xiph-4k',
      'benchmark/Xiph.py',
      {metrics: ['psnr-rounded', 'ssim-skimage'], padding: centre(16), scale: 0.5},
    ],
  ),
  ...rows(
    'gimm',
    'GSeanCDAT/GIMM-VFI',
    ['x-test-4k', 'src/X4K.py', {metrics: ['lpips', 'psnr-rounded'], padding: centre(32), scale: 0.25}],
    ['x-test-2k', 'src/X4K.py', {metrics: ['lpips', 'psnr-rounded'], padding: centre(32), scale: 0.5}],
    ['snu-film-arb', 'src/SNU_FILM_arb.py', {metrics: ['lpips', 'psnr'], padding: centre(32)}],
  ),
  ...rows(
    'upr',
    'srcn-ivl/UPR-Net',
    [
      'x-test-4k',
      'tools/benchmark_8x_4k1000fps.py',
      {
        metrics: UNROUNDED,
        padding: corner(0.5, 256),
        scale: 0.25,
        notes: ['the script skips two of seven levels of its pyramid; here the flow is at 1/4'],
      },
    ],
    [SNU, 'tools/benchmark_snufilm.py', {metrics: UNROUNDED, padding: corner(0.5, 64)}],
  ),
  ...rows(
    'sgm',
    'MCG-NJU/SGM-VFI',
    ['xtest-l-4k', 'benchmark/XTest_interval.py', {metrics: ROUNDED, padding: centre(32), scale: 0.25}],
    ['xtest-l-2k', 'benchmark/XTest_interval.py', {metrics: ROUNDED, padding: centre(32), scale: 0.5}],
  ),
  ...rows(
    'rife',
    'hzwer/ECCV2022-RIFE',
    ['vimeo90k', 'benchmark/Vimeo90K.py', {metrics: ROUNDED}],
    ['ucf101', 'benchmark/UCF101.py', {metrics: ROUNDED}],
    ['middlebury', 'benchmark/MiddleBury_Other.py', {metrics: ['ie'], padding: IN_640}],
    ['hd', 'benchmark/HD.py', {metrics: ['psnr-y'], padding: HD_ROWS, mean: 'groups', channels: 'rgb'}],
    [
      'hd-4x',
      'benchmark/HD_multi_4X.py',
      {metrics: ['psnr-y'], padding: HD_ROWS, mean: 'groups', channels: 'rgb'},
    ],
    [
      'atd12k',
      'benchmark/ATD12K.py',
      {metrics: ROUNDED, padding: {where: 'rows', fill: 'replicate', rows: {540: 2}}},
    ],
  ),
  ...rows(
    'amt',
    'MCG-NKU/AMT',
    ['vimeo90k ucf101', 'benchmarks', {metrics: UNROUNDED}],
    ['gopro adobe240', 'benchmarks', {metrics: UNROUNDED}],
    [
      SNU,
      'benchmarks/snu_film.py',
      {
        metrics: UNROUNDED,
        padding: centre(20),
        notes: ['the script estimates the flow at 0.8; here at 1'],
      },
    ],
    ['xiph-2k xiph-4k', 'benchmarks/xiph.py', {metrics: UNROUNDED, padding: centre(32), scale: 0.5}],
  ),
  ...rows(
    'ifrnet',
    'ltkong218/IFRNet',
    ['vimeo90k ucf101 gopro adobe240', 'benchmarks', {metrics: UNROUNDED}],
    ['middlebury', 'benchmarks/Middlebury.py', {metrics: ['ie', 'psnr', 'ssim'], padding: IN_640}],
    [
      SNU,
      'benchmarks/SNU_FILM.py',
      {
        metrics: UNROUNDED,
        padding: centre(20),
        notes: ['the script estimates the flow at 0.8; here at 1'],
      },
    ],
  ),
  ...rows(
    'softsplat',
    'sniklaus/softmax-splatting',
    ['middlebury', 'benchmark_middlebury.py', {metrics: ['psnr-rounded', 'ssim-skimage']}],
    ['xiph-2k xiph-4k', 'benchmark_xiph.py', {metrics: ['psnr-rounded', 'ssim-skimage'], scale: 0.5}],
  ),
  ...rows('film', 'google-research/frame-interpolation', [
    'vimeo90k ucf101 middlebury',
    'eval/eval_cli.py',
    {metrics: ['psnr', 'ssim-tf']},
  ]),
  ...rows('ldmvfi', 'danier97/LDMVFI', [
    `davis-90 middlebury ucf101 ${SNU}`,
    'utility.py',
    {
      metrics: ['psnr-rounded', 'ssim-rounded'],
      mean: 'groups',
      notes: ['the script adds 1e-8 inside the logarithm: 0.0004 dB less at 40 dB'],
    },
  ]),
];

/** What a set is measured by where nobody says: the script that most papers follow on it. */
const USUAL: readonly [set: string, protocol: string][] = [
  ['x-test-*', 'ema'],
  ['xtest-l-*', 'sgm'],
  ['vimeo90k', 'rife'],
  ['ucf101', 'rife'],
  ['snu-film-arb', 'plain'],
  ['snu-film*', 'ema'],
  ['xiph-*', 'softsplat'],
  ['hd*', 'rife'],
  ['davis-90', 'ldmvfi'],
  ['atd12k', 'rife'],
  ['gopro', 'amt'],
  ['adobe240', 'amt'],
  ['*', 'plain'],
];

/** Names of the protocols that are defined on a set, the usual one first. */
export function protocolsOf(set: string): string[] {
  const usual = USUAL.find(([pattern]) => isFor({sets: [pattern]} as unknown as Protocol, set))![1];
  const names = PROTOCOLS.filter(protocol => isFor(protocol, set)).map(({name}) => name);
  return [usual, ...names.filter(name => name !== usual)];
}

/**
 * The row of a protocol for a set.
 * @param name @default the usual one of the set
 * @throws RIFE_ERR_EVAL_PROTOCOL
 */
export function protocolFor(set: string, name?: string): Protocol {
  const known = protocolsOf(set);
  const found = PROTOCOLS.find(protocol => protocol.name === (name ?? known[0]) && isFor(protocol, set));
  if (!found) throw evalProtocol(set, name!, known);
  return found;
}
