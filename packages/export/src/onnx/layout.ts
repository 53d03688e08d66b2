/** Inputs and outputs of an ONNX file, by layout; images are padded inside where it says so. */
import type {OnnxBuilder} from './builder.js';

/**
 * - `two-inputs`: `img0`, `img1` [1,3,H,W] and `timestep` [1]; any size
 * - `v2`: `input` [1,7,H,W]: img0, img1, timestep in every pixel; any size. vs-mlrt's second layout
 * - `v1`: `input` [1,11,H,W]: the same with four planes of coordinates, which are not read. Sides
 *   must be multiples of the network's. vs-mlrt's first layout
 */
export type OnnxLayout = 'two-inputs' | 'v1' | 'v2';

export interface OnnxInput {
  name: string;
  /** Undefined: as high and wide as the images. */
  channels: number | undefined;
}

/** Planes of the one input of these layouts. */
export const PLANES = {v1: 11, v2: 7};

export const inputsOfLayout = (layout: OnnxLayout): OnnxInput[] =>
  layout === 'two-inputs'
    ? [
        {name: 'img0', channels: 3},
        {name: 'img1', channels: 3},
        {name: 'timestep', channels: undefined},
      ]
    : [{name: 'input', channels: PLANES[layout]}];

const [HEIGHT, WIDTH] = [2, 3];

/** Images as the network takes them. */
export interface OnnxImages {
  images: readonly [string, string];
  /** [1] */
  timestep: string;
  /** [height, width] of the images as they came, int64. */
  given: string;
  /** [height, width] of the padded ones. */
  padded: string;
}

const channels = (b: OnnxBuilder, x: string, from: number, to: number) =>
  b.node('Slice', [x, b.int64([from]), b.int64([to]), b.int64([1])]);

const sides = (b: OnnxBuilder, x: string) =>
  b.node('Slice', [b.node('Shape', [x]), b.int64([HEIGHT]), b.int64([WIDTH + 1]), b.int64([0])]);

/** With zeros to the right and below, up to a multiple. */
function padded(b: OnnxBuilder, x: string, given: string, multiple: number): string {
  const over = b.node('Mod', [given, b.int64([multiple])]);
  const missing = b.node('Mod', [b.node('Sub', [b.int64([multiple]), over]), b.int64([multiple])]);
  const pads = b.node('Concat', [b.int64([0, 0, 0, 0, 0, 0]), missing], {axis: 0});
  return b.node('Pad', [x, pads, b.numbers([0], [])]);
}

/** The first number of the plane with the timestep. */
function firstPixel(b: OnnxBuilder, plane: string): string {
  const pixel = b.node('Slice', [plane, b.int64([0, 0]), b.int64([1, 1]), b.int64([HEIGHT, WIDTH])]);
  return b.node('Reshape', [pixel, b.int64([1])]);
}

/** Reads the inputs of a layout. */
export function readImages(b: OnnxBuilder, layout: OnnxLayout, multiple: number): OnnxImages {
  const inputs = inputsOfLayout(layout).map(({name}) => b.toNetwork(name));
  const [first] = inputs as [string, ...string[]];
  const [img0, img1, timestep] =
    layout === 'two-inputs'
      ? (inputs as [string, string, string])
      : ([
          channels(b, first, 0, 3),
          channels(b, first, 3, 6),
          firstPixel(b, channels(b, first, 6, 7)),
        ] as const);
  const given = sides(b, img0);
  if (layout === 'v1') return {images: [img0, img1], timestep, given, padded: given};
  const images = [padded(b, img0, given, multiple), padded(b, img1, given, multiple)] as const;
  return {images, timestep, given, padded: sides(b, images[0])};
}

/** Without what was padded. */
export const cropped = (b: OnnxBuilder, x: string, given: string): string =>
  b.node('Slice', [x, b.int64([0, 0]), given, b.int64([HEIGHT, WIDTH])]);
