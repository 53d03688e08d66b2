import type {Crop} from '../clip.js';
import {recoloured, type ColourMatrix} from './colour.js';
import {shrunk} from './shrink.js';

/**
 * RIFE's augmentation of one triplet, section 7 of its description: the same for the three frames.
 * `shrink` and `colour` are additions to RIFE's.
 */
export interface Augmentation {
  /** BGR to RGB. */
  reverseChannels: boolean;
  /** Upside down. */
  flipVertical: boolean;
  /** Mirrored. */
  flipHorizontal: boolean;
  /** img0 and img1 change places; timestep becomes 1 - timestep. */
  swap: boolean;
  /** Degrees clockwise. */
  rotation: 0 | 90 | 180 | 270;
  /** Factor by which the crop is reduced in both directions, before all other steps. @default 1 */
  shrink?: number;
  /** Colours, before channels are reversed. @default left alone */
  colour?: ColourMatrix;
}

export const NO_AUGMENTATION: Augmentation = {
  reverseChannels: false,
  flipVertical: false,
  flipHorizontal: false,
  swap: false,
  rotation: 0,
};

/**
 * Pixel (y, x) of a view is pixel `base + y * down + x * right` of the frame: flips and rotations
 * copy nothing.
 */
interface View {
  base: number;
  down: number;
  right: number;
  height: number;
  width: number;
}

const cropView = (crop: Crop, frameWidth: number): View => ({
  base: crop.top * frameWidth + crop.left,
  down: frameWidth,
  right: 1,
  height: crop.height,
  width: crop.width,
});

const flipVertical = (v: View): View => ({...v, base: v.base + (v.height - 1) * v.down, down: -v.down});
const flipHorizontal = (v: View): View => ({...v, base: v.base + (v.width - 1) * v.right, right: -v.right});

/** 90 degrees clockwise: out(y, x) = in(height - 1 - x, y). */
const rotateClockwise = (v: View): View => ({
  base: v.base + (v.height - 1) * v.down,
  down: v.right,
  right: -v.down,
  height: v.width,
  width: v.height,
});

/** Crop, flips and rotation in RIFE's order. */
function viewOf(crop: Crop, frameWidth: number, augmentation: Augmentation): View {
  let view = cropView(crop, frameWidth);
  if (augmentation.flipVertical) view = flipVertical(view);
  if (augmentation.flipHorizontal) view = flipHorizontal(view);
  for (let turned = 0; turned < augmentation.rotation; turned += 90) view = rotateClockwise(view);
  return view;
}

/** Frames of a triplet in order of time: RGB bytes [H,W,3]. */
export type Frames = readonly [img0: Uint8Array, gt: Uint8Array, img1: Uint8Array];

/**
 * Copies a view of three RGB frames into nine channels, as BGR unless reversed. In one pass,
 * written in order: three passes that each write every third triple take twice as long.
 */
function copyViews(
  [first, second, third]: Frames,
  {base, down, right, height, width}: View,
  reversed: boolean,
  target: Uint8Array,
): void {
  const [red, blue] = reversed ? [0, 2] : [2, 0];
  const step = right * 3;
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = (base + y * down) * 3;
    for (let x = 0; x < width; x++) {
      target[to] = first[from + red]!;
      target[to + 1] = first[from + 1]!;
      target[to + 2] = first[from + blue]!;
      target[to + 3] = second[from + red]!;
      target[to + 4] = second[from + 1]!;
      target[to + 5] = second[from + blue]!;
      target[to + 6] = third[from + red]!;
      target[to + 7] = third[from + 1]!;
      target[to + 8] = third[from + blue]!;
      from += step;
      to += 9;
    }
  }
}

/** The region, reduced and recoloured; the frames themselves where the augmentation has neither. */
function prepared(frames: Frames, frameWidth: number, crop: Crop, {shrink = 1, colour}: Augmentation) {
  if (shrink === 1 && !colour) return {frames, frameWidth, crop};
  const [height, width] = [crop.height / shrink, crop.width / shrink];
  const made = frames.map(frame => {
    const region = shrunk(frame, frameWidth, crop, shrink);
    return colour ? recoloured(region, colour) : region;
  });
  return {frames: made as unknown as Frames, frameWidth: width, crop: {top: 0, left: 0, height, width}};
}

/**
 * Writes one sample: crop, augmentation and the change from RGB to BGR in one pass.
 * @param frameWidth width of the frames, in pixels.
 * @param crop region of the frames; with `shrink` larger than what is written.
 * @param target receives [h,w,9] = img0, img1, gt in BGR.
 */
export function writeSample(
  frames: Frames,
  frameWidth: number,
  crop: Crop,
  augmentation: Augmentation,
  target: Uint8Array,
): void {
  const from = prepared(frames, frameWidth, crop, augmentation);
  const view = viewOf(from.crop, from.frameWidth, augmentation);
  const [img0, gt, img1] = from.frames;
  const [before, after] = augmentation.swap ? [img1, img0] : [img0, img1];
  copyViews([before, after, gt], view, augmentation.reverseChannels, target);
}
