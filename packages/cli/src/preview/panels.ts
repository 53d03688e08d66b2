import type {Picture} from './canvas.js';
import {flowToRgb, longestFlow} from './colourWheel.js';

/** A picture and its title. */
export interface Panel {
  label: string;
  picture: Picture;
}

/** One triplet with the outputs of the network; B = 1. */
export interface PreviewSample {
  height: number;
  width: number;
  /** [H,W,9] uint8, BGR: img0, img1, gt. */
  images: Uint8Array;
  /** [H,W,3] in 0..1, BGR. */
  refined: Float32Array;
  /** [H,W,4] in pixels: t->0 xy, t->1 xy. */
  flow: Float32Array;
}

/** Factor by which the error map is brightened. */
export const ERROR_GAIN = 4;

/** The panels of a preview: img0, merged, gt, error, and the flow to either image. */
export function previewPanels(sample: PreviewSample): Panel[] {
  const {height, width, images, refined, flow} = sample;
  const picture = (rgb: Uint8Array): Picture => ({width, height, rgb});
  const longest = Math.max(longestFlow(flow, 4, 0), longestFlow(flow, 4, 2));
  const pixels = longest < 9.95 ? longest.toFixed(1) : longest.toFixed(0);
  const merged = bgrToRgb(refined, 3, 0, 255);
  const gt = bgrToRgb(images, 9, 6, 1);
  return [
    {label: 'img0', picture: picture(bgrToRgb(images, 9, 0, 1))},
    {label: 'merged', picture: picture(merged)},
    {label: 'gt', picture: picture(gt)},
    {label: `error x${ERROR_GAIN}`, picture: picture(errorMap(merged, gt))},
    {label: 'flow t>0', picture: picture(flowToRgb(flow, 4, 0, longest))},
    {label: `t>1 ${pixels} px`, picture: picture(flowToRgb(flow, 4, 2, longest))},
  ];
}

/**
 * Picks three BGR channels of an image of many and turns them into RGB bytes; NaN becomes black.
 */
export function bgrToRgb(
  source: ArrayLike<number>,
  stride: number,
  offset: number,
  gain: number,
): Uint8Array {
  const rgb = new Uint8ClampedArray((source.length / stride) * 3);
  for (let i = 0, at = offset; i < rgb.length; i += 3, at += stride) {
    for (let c = 0; c < 3; c++) rgb[i + c] = source[at + 2 - c]! * gain;
  }
  return new Uint8Array(rgb.buffer);
}

/**
 * Mean absolute difference of the channels, brightened, from black over red and yellow to white.
 */
export function errorMap(a: Uint8Array, b: Uint8Array): Uint8Array {
  const rgb = new Uint8ClampedArray(a.length);
  for (let i = 0; i < a.length; i += 3) {
    const sum = Math.abs(a[i]! - b[i]!) + Math.abs(a[i + 1]! - b[i + 1]!) + Math.abs(a[i + 2]! - b[i + 2]!);
    const heat = sum * ERROR_GAIN; // 3 * 255 is white
    for (let c = 0; c < 3; c++) rgb[i + c] = heat - c * 255;
  }
  return new Uint8Array(rgb.buffer);
}
