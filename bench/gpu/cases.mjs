/** What is judged: each network, each plugin in each of its modes, and options that add ops. */
import {curriculum} from '@rife-train/plugin-curriculum';
import {distill} from '@rife-train/plugin-distill';
import {ema} from '@rife-train/plugin-ema';
import {flowNorm} from '@rife-train/plugin-flownorm';
import {gainLimit} from '@rife-train/plugin-gainlimit';
import {gradClip} from '@rife-train/plugin-gradclip';
import {multiscale} from '@rife-train/plugin-multiscale';
import {recover} from '@rife-train/plugin-recover';

/** 4.25 takes crops in multiples of 64. */
const at256 = {data: {crop: 256}};
const rife4 = (version, options = {}) => ({name: 'RIFE4', version, ...options});
const IFNET = {name: 'IFNet'};

/** Plugins that apply to every network, without gradclip. */
const common = () => [
  distill({schedule: {from: 0.02, to: 0.005, shape: 'cosine'}, adapt: {flow: 0.5}, margin: 0.001}),
  curriculum({lossWeights: {mode: 'inverse', minSamples: 1}}),
  ema({decay: 0.5, warmup: true}),
  gainLimit({limit: 0.2}),
  recover(),
];
const byRunningSize = () => flowNorm({normalize: {by: 'running', limit: 8, over: 2}, bound: {pixels: 16}});
const bySize = () => flowNorm({normalize: {by: 'size'}, bound: {share: 0.5}});
const wide = receptiveField => multiscale({stages: [8], widths: [24], fusion: true, receptiveField});

/** The networks as they are by default. */
export const NETWORKS = [
  {name: 'IFNet', model: IFNET},
  {name: 'IFNet_m', model: {name: 'IFNet_m'}},
  {name: 'RIFE 4.0', model: rife4('4.0')},
  {name: 'RIFE 4.25', model: rife4('4.25'), ...at256},
];

/** By name, `plugins` as a function: a plugin belongs to one run. */
export const CASES = [
  ...NETWORKS,
  {
    name: 'IFNet with batch norm and detached teacher',
    model: {...IFNET, norm: 'batch', zeroStages: 1, distill: {root: 'reference', teacherInput: 'detached'}},
    optim: {microSteps: 2},
  },
  {
    name: 'RIFE 4.25 with all terms and draws',
    model: rife4('4.25', {
      terms: {ssim: 0.1, encode: 0.1, smooth: 0.1, vgg: 0.1, gram: 0.1},
      vgg: 'not read',
      timeCalibration: {},
      scaleLists: [{scales: [32, 16, 8, 4, 2], share: 0.5}],
    }),
    data: {crop: 256, timestep: 'any'},
  },
  {
    name: 'IFNet, all plugins, clipped by norm',
    model: IFNET,
    plugins: () => [...common(), byRunningSize(), wide('dilated'), gradClip({warmupMaxNorm: 1})],
  },
  {
    name: 'IFNet, all plugins, clipped by value',
    model: IFNET,
    plugins: () => [...common(), bySize(), wide('large-kernel'), gradClip({mode: 'value', maxValue: 1})],
  },
  ...['adaptive', 'autoclip', 'zclip'].map(mode => ({
    name: `RIFE 4.25, all plugins that apply, clipped by ${mode}`,
    model: rife4('4.25'),
    ...at256,
    plugins: () => [...common(), byRunningSize(), gradClip({mode})],
  })),
];
