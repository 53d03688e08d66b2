/**
 * The parameters by PyTorch's names, in the order of the reference's state_dict.
 * Axes: O channels out, I channels in, K kernel side. Files hold [O,I,K,K] and, of transposed convolutions, [I,O,K,K];
 * the program holds [K,K,I,O] and [K,K,O,I].
 */
import type {ModelOptions, ParameterSpec} from '@rife-train/core';
import type {NetworkKind} from './options.js';

/** A tensor of the network, and the value that it starts from when that is not random. */
export interface TensorSpec extends ParameterSpec {
  fill?: number;
}

/** Channels of the context net's four stages, and of the U-net by way of them. */
export const CONTEXT_CHANNELS = [16, 32, 64, 128] as const;
/** img0, img1, both warped, mask logit, flow. */
const UNET_INPUT = 3 * 4 + 1 + 4;
/** Student block 0 sees img0 and img1 alone. */
const FIRST_INPUT = 3 * 2;
const TEACHER_INPUT = UNET_INPUT + 3;
const CONVS_PER_BLOCK = 8;

function weightAndBias(
  name: string,
  fileShape: [number, number, number, number],
  out: number,
  unitAxis: number,
): ParameterSpec[] {
  const [a, b, kh, kw] = fileShape;
  return [
    {name: `${name}.weight`, shape: [kh, kw, b, a], fileShape, unitAxis},
    {name: `${name}.bias`, shape: [out], fileShape: [out]},
  ];
}

const plainConv = (name: string, from: number, to: number) => weightAndBias(name, [to, from, 3, 3], to, 3);
const plainDeconv = (name: string, from: number, to: number) => weightAndBias(name, [from, to, 4, 4], to, 2);
const vector = (name: string, size: number, fill: number): TensorSpec => ({
  name,
  shape: [size],
  fileShape: [size],
  fill,
});
const slopes = (name: string, out: number) => vector(`${name}.1.weight`, out, 0.25);
/** Convolution and PReLU. */
const conv = (name: string, from: number, to: number) => [
  ...plainConv(`${name}.0`, from, to),
  slopes(name, to),
];
const deconv = (name: string, from: number, to: number) => [
  ...plainDeconv(`${name}.0`, from, to),
  slopes(name, to),
];
const twoConvs = (name: string, from: number, to: number) => [
  ...conv(`${name}.conv1`, from, to),
  ...conv(`${name}.conv2`, to, to),
];

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
 * Convolution, batch norm and PReLU. The norm has a name of its own (`norm`) between `0` and `1`, so that the other two load from
 * weights without it: in PyTorch, `Sequential(OrderedDict([('0', conv), ('norm', BatchNorm2d(out)), ('1', prelu)]))`.
 */
const normConv = (name: string, from: number, to: number) => [
  ...plainConv(`${name}.0`, from, to),
  vector(`${name}.norm.weight`, to, 1),
  vector(`${name}.norm.bias`, to, 0),
  slopes(name, to),
];

function block(name: string, from: number, width: number, norm: ModelOptions['norm']): TensorSpec[] {
  const layer = norm === 'batch' ? normConv : conv;
  return [
    ...blockConvs(name, from, width).flatMap(sizes => layer(...sizes)),
    ...plainDeconv(`${name}.lastconv`, width, 5),
  ];
}

/** Running statistics of a block's batch norms, as PyTorch starts them. */
const blockStatistics = (name: string, from: number, width: number): TensorSpec[] =>
  blockConvs(name, from, width).flatMap(([at, , to]) => [
    vector(`${at}.norm.running_mean`, to, 0),
    vector(`${at}.norm.running_var`, to, 1),
  ]);

function contextNet(): TensorSpec[] {
  return CONTEXT_CHANNELS.flatMap((to, i) =>
    twoConvs(`contextnet.conv${i + 1}`, CONTEXT_CHANNELS[i - 1] ?? 3, to),
  );
}

function unet(): TensorSpec[] {
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
  ];
}

/** Name, channels in and width of each block. */
function blocksOf({widths}: ModelOptions, {timestep}: NetworkKind): [string, number, number][] {
  const plane = timestep ? 1 : 0;
  return [
    ...widths.map(
      (width, i) =>
        [`block${i}`, (i === 0 ? FIRST_INPUT : UNET_INPUT) + plane, width] as [string, number, number],
    ),
    ['block_tea', TEACHER_INPUT + plane, widths.at(-1)!],
  ];
}

/** All parameters of a network, in file order. The options must have been checked. */
export function parameterSpecs(options: ModelOptions, kind: NetworkKind): TensorSpec[] {
  return [
    ...blocksOf(options, kind).flatMap(sizes => block(...sizes, options.norm)),
    ...contextNet(),
    ...unet(),
  ];
}

/** Its running statistics, behind the parameters in files. */
export function bufferSpecs(options: ModelOptions, kind: NetworkKind): TensorSpec[] {
  return options.norm === 'batch' ? blocksOf(options, kind).flatMap(sizes => blockStatistics(...sizes)) : [];
}
