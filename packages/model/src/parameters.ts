/**
 * The parameters by PyTorch's names, in the order of the reference's state_dict. Additions of
 * options follow their module.
 */
import type {ModelOptions} from '@rife-train/core';
import {dilatedWidth, extrasOf, FUSION_WIDTH, LARGE_KERNEL, type WideKind} from './architecture.js';
import type {NetworkKind} from './options.js';
import {
  conv,
  deconv,
  depthwiseConv,
  fromZero,
  plainConv,
  plainDeconv,
  slopes,
  twoConvs,
  vector,
  type TensorSpec,
} from './specs.js';

export type {TensorSpec} from './specs.js';

/** Channels of the context net's four stages, and therefore of the U-net. */
export const CONTEXT_CHANNELS = [16, 32, 64, 128] as const;
/** img0, img1, both warped, mask logit, flow. */
const UNET_INPUT = 3 * 4 + 1 + 4;
/** Student block 0 sees only img0 and img1. */
const FIRST_INPUT = 3 * 2;
const TEACHER_INPUT = UNET_INPUT + 3;
const CONVS_PER_BLOCK = 8;
const BOTTOM_CHANNELS = 256;

/** A block's convolutions that are followed by an activation: name, channels in and out. */
const blockConvs = (name: string, from: number, width: number): [string, number, number][] => [
  [`${name}.conv0.0`, from, width / 2],
  [`${name}.conv0.1`, width / 2, width],
  ...Array.from(
    {length: CONVS_PER_BLOCK},
    (_, i) => [`${name}.convblock.${i}`, width, width] as [string, number, number],
  ),
];

/**
 * Convolution, batch norm and PReLU. The norm has a name of its own (`norm`) between `0` and `1`,
 * so that the other two load from weights without it: in PyTorch,
 * `Sequential(OrderedDict([('0', conv), ('norm', BatchNorm2d(out)), ('1', prelu)]))`.
 */
const normConv = (name: string, from: number, to: number) => [
  ...plainConv(`${name}.0`, from, to),
  vector(`${name}.norm.weight`, to, 1),
  vector(`${name}.norm.bias`, to, 0),
  slopes(name, to),
];

/** Two dilated convolutions in fewer channels, and a projection back to all channels. */
const dilatedBranch = (name: string, channels: number, inner = dilatedWidth(channels)) => [
  ...conv(`${name}.conv1`, channels, inner),
  ...conv(`${name}.conv2`, inner, inner),
  ...fromZero(plainConv(`${name}.out`, inner, channels, 1)),
];

/** A large depthwise kernel, and a mixing of the channels. */
const largeBranch = (name: string, channels: number) => [
  ...depthwiseConv(`${name}.depthwise.0`, channels, LARGE_KERNEL),
  slopes(`${name}.depthwise`, channels),
  ...fromZero(plainConv(`${name}.out`, channels, channels, 1)),
];

/** The residual branch that widens the receptive field; its last convolution starts from 0. */
function wideBranch(name: string, channels: number, kind: WideKind): TensorSpec[] {
  if (kind === 'none') return [];
  return kind === 'dilated'
    ? dilatedBranch(`${name}.dilated`, channels)
    : largeBranch(`${name}.large`, channels);
}

/** Description of a block. */
interface BlockPlan {
  name: string;
  /** Channels in. */
  from: number;
  width: number;
  wide: WideKind;
  /** Whether its last convolution, and so flow and mask, start from 0. */
  startsAtZero: boolean;
}

function block({name, from, width, wide, startsAtZero}: BlockPlan, norm: ModelOptions['norm']): TensorSpec[] {
  const layer = norm === 'batch' ? normConv : conv;
  const last = plainDeconv(`${name}.lastconv`, width, 5);
  return [
    ...blockConvs(name, from, width).flatMap(sizes => layer(...sizes)),
    ...(startsAtZero ? fromZero(last) : last),
    ...wideBranch(name, width, wide),
  ];
}

/** Running statistics of a block's batch norms, as PyTorch initialises them. */
const blockStatistics = (name: string, from: number, width: number): TensorSpec[] =>
  blockConvs(name, from, width).flatMap(([at, , to]) => [
    vector(`${at}.norm.running_mean`, to, 0),
    vector(`${at}.norm.running_var`, to, 1),
  ]);

function contextNet(fusion: boolean): TensorSpec[] {
  const stages = CONTEXT_CHANNELS.flatMap((to, i) =>
    twoConvs(`contextnet.conv${i + 1}`, CONTEXT_CHANNELS[i - 1] ?? 3, to),
  );
  return fusion ? [...stages, ...contextFusion()] : stages;
}

/** Projects every level to a common width and back; the projection back starts from 0. */
const contextFusion = () =>
  CONTEXT_CHANNELS.flatMap((channels, i) => [
    ...plainConv(`contextnet.fusion.lateral${i + 1}`, channels, FUSION_WIDTH, 1),
    slopes(`contextnet.fusion.merge${i + 1}`, FUSION_WIDTH),
    ...fromZero(plainConv(`contextnet.fusion.out${i + 1}`, FUSION_WIDTH, channels, 1)),
  ]);

function unet(bottom: WideKind): TensorSpec[] {
  return [
    ...twoConvs('unet.down0', UNET_INPUT, 32),
    ...twoConvs('unet.down1', 64, 64),
    ...twoConvs('unet.down2', 128, 128),
    ...twoConvs('unet.down3', 256, 256),
    ...deconv('unet.up0', 512, 128),
    ...deconv('unet.up1', 256, 64),
    ...deconv('unet.up2', 128, 32),
    ...deconv('unet.up3', 64, 16),
    ...plainConv('unet.conv', 16, 3),
    ...wideBranch('unet', BOTTOM_CHANNELS, bottom),
  ];
}

/** Student blocks, coarse to fine, and the teacher, which options do not change. */
function blocksOf(options: ModelOptions, {timestep}: NetworkKind): BlockPlan[] {
  const {widths = [], zeroStages = 0} = options;
  const plane = timestep ? 1 : 0;
  const {blocks} = extrasOf(options);
  return [
    ...widths.map((width, i) => ({
      name: `block${i}`,
      from: (i === 0 ? FIRST_INPUT : UNET_INPUT) + plane,
      width,
      wide: blocks[i]!,
      startsAtZero: i < zeroStages,
    })),
    {
      name: 'block_tea',
      from: TEACHER_INPUT + plane,
      width: widths.at(-1)!,
      wide: 'none',
      startsAtZero: false,
    },
  ];
}

/** All parameters of a network, in file order. The options must have been checked. */
export function parameterSpecs(options: ModelOptions, kind: NetworkKind): TensorSpec[] {
  const {fusion, bottom} = extrasOf(options);
  return [
    ...blocksOf(options, kind).flatMap(plan => block(plan, options.norm)),
    ...contextNet(fusion),
    ...unet(bottom),
  ];
}

/** Its running statistics, which follow the parameters in files. */
export function bufferSpecs(options: ModelOptions, kind: NetworkKind): TensorSpec[] {
  if (options.norm !== 'batch') return [];
  return blocksOf(options, kind).flatMap(({name, from, width}) => blockStatistics(name, from, width));
}
