/**
 * The parameters by PyTorch's names, in the order of the reference's state_dict.
 * Axes: O channels out, I channels in, K kernel side. Files hold [O,I,K,K] and, of transposed convolutions, [I,O,K,K];
 * the program holds [K,K,I,O] and [K,K,O,I].
 */
import type {ModelOptions, ParameterSpec} from '@rife-train/core';
import type {NetworkKind} from './options.js';

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
): ParameterSpec[] {
  const [a, b, kh, kw] = fileShape;
  return [
    {name: `${name}.weight`, shape: [kh, kw, b, a], fileShape},
    {name: `${name}.bias`, shape: [out], fileShape: [out]},
  ];
}

const plainConv = (name: string, from: number, to: number) => weightAndBias(name, [to, from, 3, 3], to);
const plainDeconv = (name: string, from: number, to: number) => weightAndBias(name, [from, to, 4, 4], to);
const slopes = (name: string, out: number): ParameterSpec => ({
  name: `${name}.1.weight`,
  shape: [out],
  fileShape: [out],
});
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

function block(name: string, from: number, width: number): ParameterSpec[] {
  return [
    ...conv(`${name}.conv0.0`, from, width / 2),
    ...conv(`${name}.conv0.1`, width / 2, width),
    ...Array.from({length: CONVS_PER_BLOCK}, (_, i) => conv(`${name}.convblock.${i}`, width, width)).flat(),
    ...plainDeconv(`${name}.lastconv`, width, 5),
  ];
}

function contextNet(): ParameterSpec[] {
  return CONTEXT_CHANNELS.flatMap((to, i) =>
    twoConvs(`contextnet.conv${i + 1}`, CONTEXT_CHANNELS[i - 1] ?? 3, to),
  );
}

function unet(): ParameterSpec[] {
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

/** All parameters of a network, in file order. The options must have been checked. */
export function parameterSpecs({widths}: ModelOptions, {timestep}: NetworkKind): ParameterSpec[] {
  const plane = timestep ? 1 : 0;
  return [
    ...widths.flatMap((width, i) => block(`block${i}`, (i === 0 ? FIRST_INPUT : UNET_INPUT) + plane, width)),
    ...block('block_tea', TEACHER_INPUT + plane, widths.at(-1)!),
    ...contextNet(),
    ...unet(),
  ];
}
