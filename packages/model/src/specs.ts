/**
 * Layers as lists of tensors, by PyTorch's names. Axes: O channels out, I channels in, K kernel
 * side. Files hold [O,I,K,K] for convolutions, [I,O,K,K] for transposed ones and [O,1,K,K] for
 * depthwise ones. The program holds [K,K,I,O], [K,K,O,I] and [K,K,O,1].
 */
import type {ParameterSpec} from '@rife-train/core';

/** A tensor of the network, and its initial value unless that is random. */
export interface TensorSpec extends ParameterSpec {
  fill?: number;
  /** Factor of the pixel shuffle that follows the layer. @default no pixel shuffle */
  shuffle?: number;
}

/**
 * A kernel and its bias.
 * @param fileShape of the kernel
 * @param out channels out
 * @param unitAxis see `ParameterSpec`
 */
function weightAndBias(
  name: string,
  fileShape: [number, number, number, number],
  out: number,
  unitAxis: number,
): TensorSpec[] {
  const [a, b, kh, kw] = fileShape;
  return [
    {name: `${name}.weight`, shape: [kh, kw, b, a], fileShape, unitAxis},
    {name: `${name}.bias`, shape: [out], fileShape: [out]},
  ];
}

export const plainConv = (name: string, from: number, to: number, side = 3) =>
  weightAndBias(name, [to, from, side, side], to, 3);
export const plainDeconv = (name: string, from: number, to: number) =>
  weightAndBias(name, [from, to, 4, 4], to, 2);
export const vector = (name: string, size: number, fill: number): TensorSpec => ({
  name,
  shape: [size],
  fileShape: [size],
  fill,
});
export const slopes = (name: string, out: number) => vector(`${name}.1.weight`, out, 0.25);
/** Convolution and PReLU. */
export const conv = (name: string, from: number, to: number) => [
  ...plainConv(`${name}.0`, from, to),
  slopes(name, to),
];
export const deconv = (name: string, from: number, to: number) => [
  ...plainDeconv(`${name}.0`, from, to),
  slopes(name, to),
];
export const twoConvs = (name: string, from: number, to: number) => [
  ...conv(`${name}.conv1`, from, to),
  ...conv(`${name}.conv2`, to, to),
];

/** A depthwise convolution. */
export const depthwiseConv = (name: string, channels: number, side: number): TensorSpec[] => {
  const [weight, bias] = weightAndBias(name, [channels, 1, side, side], channels, 2) as [
    TensorSpec,
    TensorSpec,
  ];
  return [{...weight, shape: [side, side, channels, 1]}, bias];
};

/** The same tensors, starting from 0. */
export const fromZero = (specs: readonly TensorSpec[]): TensorSpec[] =>
  specs.map(spec => ({...spec, fill: 0}));
