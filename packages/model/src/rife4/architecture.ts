/**
 * Architectures of the versions of RIFE 4.x: one skeleton, and one line for each released network.
 * Sources: HolyWu/vs-rife (vsrife/IFNet_HDv3_v4_*.py) and hzwer/Practical-RIFE.
 */

/** The head that extracts features of an image, which the blocks see beside it. */
export interface EncodeHead {
  /** Channels of its convolutions. */
  hidden: number;
  /** Channels of its output. */
  out: number;
  /**
   * Convolutions of stride 1 between the first one and the transposed one, with LeakyReLU in
   * between.
   */
  middle: 0 | 2;
  /** Layer names: `encode.0` and on, or `encode.cnn0` and on. */
  names: 'sequential' | 'cnn';
}

/** Name of the family in configurations and checkpoints. */
export const RIFE4 = 'RIFE4';

/** A network of the 4.x family. */
export interface Rife4Architecture {
  /** Channels of each block, coarse to fine. */
  widths: readonly number[];
  /** Scale of each block. */
  scales: readonly number[];
  /** PReLU with a slope per channel, or LeakyReLU 0.2. */
  activation: 'prelu' | 'leaky';
  /** `residual`: LeakyReLU(conv(x) * beta + x) in place of an activated convolution. */
  convs: 'plain' | 'residual';
  /** Whether the input of a block's eight convolutions is added to their output. */
  skip: boolean;
  /** Groups of those convolutions. */
  groups: 1 | 2;
  encode: EncodeHead | undefined;
  /**
   * Channels of features that each block passes to the next; with them, a block's mask replaces the
   * previous one.
   */
  features: 0 | 8;
  /** Whether a block's mask is added to the previous one or replaces it. */
  mask: 'add' | 'replace';
  /**
   * Channels of the last layer before a pixel shuffle by 2 divides them by 4. 0: no pixel shuffle,
   * 5 channels.
   */
  shuffled: 0 | 20 | 24 | 52;
  /** Whether it can predict the mean of both directions of time. */
  ensemble: boolean;
  /** Whether upstream doubles its scales where motion is large. */
  doubling: boolean;
}

const FOUR_SCALES = [8, 4, 2, 1];
const FIVE_SCALES = [16, 8, 4, 2, 1];

const V40: Rife4Architecture = {
  widths: [192, 128, 96, 64],
  scales: FOUR_SCALES,
  activation: 'prelu',
  convs: 'plain',
  skip: true,
  groups: 1,
  encode: undefined,
  features: 0,
  mask: 'add',
  shuffled: 0,
  ensemble: true,
  doubling: true,
};
const V42: Rife4Architecture = {...V40, activation: 'leaky', skip: false, doubling: false};
const V45: Rife4Architecture = {...V42, convs: 'residual', shuffled: 20};
const V46: Rife4Architecture = {...V45, shuffled: 24};
const V47: Rife4Architecture = {
  ...V46,
  mask: 'replace',
  encode: {hidden: 16, out: 4, middle: 0, names: 'sequential'},
};
const V410: Rife4Architecture = {...V47, encode: {hidden: 32, out: 8, middle: 2, names: 'sequential'}};
const V413: Rife4Architecture = {...V47, encode: {hidden: 32, out: 8, middle: 2, names: 'cnn'}};
const LITE_WIDTHS = [128, 96, 64, 48];
const SMALL_HEAD: EncodeHead = {hidden: 16, out: 4, middle: 2, names: 'cnn'};
const LITE_415: Rife4Architecture = {...V413, widths: LITE_WIDTHS, encode: SMALL_HEAD};
const V421: Rife4Architecture = {
  ...V413,
  widths: [256, 192, 96, 48],
  features: 8,
  shuffled: 52,
  ensemble: false,
};
const V425: Rife4Architecture = {
  ...V421,
  widths: [192, 128, 96, 64, 32],
  scales: FIVE_SCALES,
  encode: SMALL_HEAD,
};

/** Every version, by the name that its files are published under. */
export const RIFE4_VERSIONS: Readonly<Record<string, Rife4Architecture>> = {
  '4.0': V40,
  '4.1': V40,
  '4.2': V42,
  '4.3': V42,
  '4.4': V42,
  '4.5': V45,
  '4.6': V46,
  '4.7': V47,
  '4.8': V47,
  '4.9': V47,
  '4.10': V410,
  '4.11': V410,
  '4.12': V410,
  '4.12.lite': {
    ...V410,
    widths: LITE_WIDTHS,
    encode: {hidden: 32, out: 4, middle: 2, names: 'sequential'},
  },
  '4.13': V413,
  '4.13.lite': {...V413, widths: LITE_WIDTHS, encode: {hidden: 32, out: 4, middle: 2, names: 'cnn'}},
  '4.14': V413,
  '4.14.lite': {...V413, groups: 2},
  '4.15': V413,
  '4.15.lite': LITE_415,
  '4.16.lite': LITE_415,
  '4.17': V413,
  '4.17.lite': LITE_415,
  '4.18': V413,
  '4.19': V413,
  '4.20': {...V413, widths: [384, 192, 96, 48]},
  '4.21': V421,
  '4.22': V421,
  '4.22.lite': {...V421, widths: [192, 128, 64, 32], encode: SMALL_HEAD},
  '4.23': V421,
  '4.24': V413,
  '4.25': V425,
  '4.25.lite': {...V425, widths: [192, 128, 96, 64, 24], scales: [32, 16, 8, 4, 1]},
  '4.25.heavy': {...V425, widths: [384, 256, 192, 128, 64]},
  '4.26': V425,
  '4.26.heavy': {...V425, encode: {hidden: 16, out: 16, middle: 2, names: 'cnn'}},
};

const IMAGES = 3 * 2;
const TIME = 1;
const MASK = 1;
export const FLOW = 4;

/** Channels that a block sees, flow included. */
export function blockInputs({encode, features}: Rife4Architecture, stage: number): number {
  const seen = IMAGES + 2 * (encode?.out ?? 0) + TIME;
  return stage === 0 ? seen : seen + MASK + features + FLOW;
}
