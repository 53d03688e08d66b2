/** Colour jitter of a triplet: the same for its three frames, so that it changes no motion. */

/**
 * Largest distance of each factor from 1: factors are drawn from 1 - x to 1 + x. 0 turns it off.
 */
export interface ColourJitter {
  brightness: number;
  contrast: number;
  saturation: number;
}

/** Three rows of four numbers: R, G and B of the result from R, G, B and 1, in 0..255. */
export type ColourMatrix = readonly number[];

/** Rec. 601, as in JPEG and cv2. */
const LUMA = [0.299, 0.587, 0.114] as const;
const MIDDLE_GREY = 128;

/**
 * Saturation (towards the pixel's luma), then contrast (around middle grey), then brightness, in
 * one matrix.
 * @param factors 1: no change
 */
export function colourMatrix({brightness, contrast, saturation}: ColourJitter): ColourMatrix {
  const gain = brightness * contrast;
  const offset = brightness * (1 - contrast) * MIDDLE_GREY;
  return [0, 1, 2].flatMap(row => [
    ...LUMA.map((luma, column) => gain * ((1 - saturation) * luma + (row === column ? saturation : 0))),
    offset,
  ]);
}

/**
 * Always draws three numbers of `random`, so that turning one factor off does not change the
 * others.
 */
export function drawColour(jitter: ColourJitter, random: {uniform(): number}): ColourMatrix {
  const factor = (spread: number) => 1 + spread * (2 * random.uniform() - 1);
  const brightness = factor(jitter.brightness);
  const contrast = factor(jitter.contrast);
  const saturation = factor(jitter.saturation);
  return colourMatrix({brightness, contrast, saturation});
}

/** Applies a matrix to RGB bytes; results are rounded and clamped to 0..255. */
export function recoloured(frame: Uint8Array, matrix: ColourMatrix): Uint8Array {
  const [a, b, c, d, e, f, g, h, i, j, k, l] = matrix as [
    ...[number, number, number, number, number, number],
    ...[number, number, number, number, number, number],
  ];
  const result = new Uint8ClampedArray(frame.length);
  for (let at = 0; at < frame.length; at += 3) {
    const [red, green, blue] = [frame[at]!, frame[at + 1]!, frame[at + 2]!];
    // A clamped array rounds halves to even, as numpy does.
    result[at] = a * red + b * green + c * blue + d;
    result[at + 1] = e * red + f * green + g * blue + h;
    result[at + 2] = i * red + j * green + k * blue + l;
  }
  return new Uint8Array(result.buffer);
}
