/** What options add to the reference's network. Pure: no TensorFlow. */
import type {ModelOptions} from '@rife-train/core';

/** What widens the view of features; see `ModelOptions.receptiveField`. */
export type WideKind = 'none' | 'dilated' | 'large-kernel';

/** Additions to the network, all of which leave its output as it is until they are trained. */
export interface Extras {
  /** Branch behind the convolutions of each student block. */
  blocks: readonly WideKind[];
  /** Branch at the bottom of the U-net. */
  bottom: WideKind;
  /** Are the context net's levels fused? */
  fusion: boolean;
}

/** A block works on 1/(4 * scale) of the size, so from this scale on its features are as deep as the U-net's bottom, 1/16. */
const DEEP_SCALE = 4;

/** The additions of a network; the branches are where features are at 1/16 of the size or deeper. */
export function extrasOf({scales, receptiveField = 'none', fusion = false}: ModelOptions): Extras {
  return {
    blocks: scales.map(scale => (scale >= DEEP_SCALE ? receptiveField : 'none')),
    bottom: receptiveField,
    fusion,
  };
}

/** Side of the depthwise kernel: as far as the dilated branch looks, 6 pixels each way (2 + 4). */
export const LARGE_KERNEL = 13;
/** Pixels between the taps of the dilated branch's two convolutions. */
export const DILATIONS = [2, 4] as const;
/** Channels inside the dilated branch. */
export const dilatedWidth = (channels: number) => Math.ceil(channels / 4);
/** Channels in which the context levels are fused. */
export const FUSION_WIDTH = 32;
