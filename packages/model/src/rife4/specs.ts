/** The parameters of a RIFE 4.x network by PyTorch's names. */
import {FLOW, blockInputs, type EncodeHead, type Rife4Architecture} from './architecture.js';
import {conv, plainConv, plainDeconv, vector, type TensorSpec} from '../specs.js';

export const CONVS_PER_BLOCK = 8;
/** Sides of a pixel shuffle's blocks. */
export const SHUFFLE = 2;
const MASK = 1;

/** `from` is the number of one group's input channels, `to` that of all outputs. */
function residualConv(name: string, width: number, groups: number): TensorSpec[] {
  const beta = {...vector(`${name}.beta`, width, 1), fileShape: [1, width, 1, 1]};
  return [beta, ...plainConv(`${name}.conv`, width / groups, width)];
}

/**
 * The layer before a pixel shuffle: in PyTorch the channel index varies slowest, in TensorFlow
 * fastest.
 */
const beforeShuffle = (specs: readonly TensorSpec[]): TensorSpec[] =>
  specs.map(spec => ({...spec, shuffle: SHUFFLE}));

export function blockSpecs(
  name: string,
  inputs: number,
  width: number,
  arch: Rife4Architecture,
): TensorSpec[] {
  const {activation, convs, groups, shuffled} = arch;
  const activated = (at: string, from: number, to: number) =>
    activation === 'prelu' ? conv(at, from, to) : plainConv(`${at}.0`, from, to);
  const middle = Array.from({length: CONVS_PER_BLOCK}, (_, i) => `${name}.convblock.${i}`);
  return [
    ...activated(`${name}.conv0.0`, inputs, width / 2),
    ...activated(`${name}.conv0.1`, width / 2, width),
    ...middle.flatMap(at =>
      convs === 'residual' ? residualConv(at, width, groups) : activated(at, width, width),
    ),
    ...(shuffled === 0
      ? plainDeconv(`${name}.lastconv`, width, FLOW + MASK)
      : beforeShuffle(plainDeconv(`${name}.lastconv.0`, width, shuffled))),
  ];
}

/** Names of the head, and of the target of its loss. */
export const ENCODER = 'encode';
export const ENCODE_TARGET = 'encode_target';

/** Names of the head's layers in order; in a `Sequential` activations count. */
export function headLayers({middle, names}: EncodeHead, name = ENCODER): {convs: string[]; last: string} {
  const step = middle === 0 ? 1 : 2;
  const at = (i: number) => (names === 'cnn' ? `${name}.cnn${i}` : `${name}.${i * step}`);
  return {convs: Array.from({length: middle + 1}, (_, i) => at(i)), last: at(middle + 1)};
}

export function headSpecs(head: EncodeHead, name = ENCODER): TensorSpec[] {
  const {convs, last} = headLayers(head, name);
  return [
    ...convs.flatMap((layer, i) => plainConv(layer, i === 0 ? 3 : head.hidden, head.hidden)),
    ...plainDeconv(last, head.hidden, head.out),
  ];
}

/** Tensors of the target of the encoder's loss: buffers, which no gradient changes. */
export const targetSpecs = (head: EncodeHead): TensorSpec[] => headSpecs(head, ENCODE_TARGET);

/** Name of the network for time calibration. */
export const CALTIME = 'caltime';
/** Channels of its layers. */
const CALTIME_WIDTHS = [32, 64, 64, 64, 1];
/** Its first layers have stride 2. */
const CALTIME_HALVINGS = 2;

/** Its convolutions in order; in their `Sequential` activations count. */
export const calibrationLayers = CALTIME_WIDTHS.map((width, i) => ({
  name: `${CALTIME}.${2 * i}`,
  width,
  stride: i < CALTIME_HALVINGS ? (2 as const) : (1 as const),
  /** How often the image has been halved at its output. */
  halvings: Math.min(i + 1, CALTIME_HALVINGS),
}));

/** Tensors of the network that predicts the time from images, gt and features. */
export function calibrationSpecs({encode}: Rife4Architecture): TensorSpec[] {
  const inputs = 3 * 3 + 2 * (encode?.out ?? 0);
  return calibrationLayers.flatMap(({name, width}, i) =>
    plainConv(name, calibrationLayers[i - 1]?.width ?? inputs, width),
  );
}

/** All parameters that prediction needs, in the order of a state_dict of upstream's class. */
export function rife4Specs(arch: Rife4Architecture): TensorSpec[] {
  return [
    ...arch.widths.flatMap((width, stage) =>
      blockSpecs(`block${stage}`, blockInputs(arch, stage), width, arch),
    ),
    ...(arch.encode ? headSpecs(arch.encode) : []),
  ];
}
