/** What options add to the reference's network. Pure: no TensorFlow. */
import type {ModelOptions} from '@rife-train/core';

/** How the receptive field is widened; see `ModelOptions.receptiveField`. */
export type WideKind = 'none' | 'dilated' | 'large-kernel';

/** Additions to the network. All of them leave its output unchanged until they are trained. */
export interface Extras {
  /** Branch after the convolutions of each student block. */
  blocks: readonly WideKind[];
  /** Branch at the bottom of the U-net. */
  bottom: WideKind;
  /** Whether the context net's levels are fused. */
  fusion: boolean;
}

/**
 * A block works on 1/(4 * scale) of the size. From this scale on its features are at least as deep
 * as the U-net's bottom, 1/16.
 */
const DEEP_SCALE = 4;

/**
 * The additions of a network; branches are placed where features are at 1/16 of the size or deeper.
 */
export function extrasOf({scales, receptiveField = 'none', fusion = false}: ModelOptions): Extras {
  return {
    blocks: scales.map(scale => (scale >= DEEP_SCALE ? receptiveField : 'none')),
    bottom: receptiveField,
    fusion,
  };
}

/**
 * Side of the depthwise kernel: it reaches as far as the dilated branch, 6 pixels each way (2 + 4).
 */
export const LARGE_KERNEL = 13;
/** Pixels between the taps of the dilated branch's two convolutions. */
export const DILATIONS = [2, 4] as const;
/** Channels inside the dilated branch. */
export const dilatedWidth = (channels: number) => Math.ceil(channels / 4);
/** Channels to which the context levels are projected for fusion. */
export const FUSION_WIDTH = 32;
