import {drawable, GLYPH, glyphPixel} from './font.js';

/** RGB picture, 8 bits a channel, row-major. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

export type Rgb = readonly [number, number, number];

/** A picture of one colour. */
export function blank(width: number, height: number, [r, g, b]: Rgb): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < rgb.length; i += 3) rgb.set([r, g, b], i);
  return {width, height, rgb};
}

/**
 * Copies `source`, each of its pixels as a square of `scale`, with its upper left corner at (left,
 * top).
 */
export function draw(target: Picture, source: Picture, left: number, top: number, scale = 1): void {
  for (let y = 0; y < source.height * scale; y++) {
    for (let x = 0; x < source.width * scale; x++) {
      const from = (Math.floor(y / scale) * source.width + Math.floor(x / scale)) * 3;
      setPixel(target, left + x, top + y, source.rgb.subarray(from, from + 3));
    }
  }
}

/** Writes a line of text; parts outside of the picture are cut off. */
export function drawText(
  target: Picture,
  text: string,
  left: number,
  top: number,
  scale: number,
  ink: Rgb,
): void {
  [...drawable(text)].forEach((character, index) => {
    for (let column = 0; column < 5; column++) {
      for (let row = 0; row < 8; row++) {
        if (!glyphPixel(character, column, row)) continue;
        const x = left + (index * GLYPH.advance + column) * scale;
        fill(target, x, top + row * scale, scale, ink);
      }
    }
  });
}

function fill(target: Picture, left: number, top: number, side: number, ink: Rgb): void {
  for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) setPixel(target, x, y, ink);
}

function setPixel({width, height, rgb}: Picture, x: number, y: number, ink: ArrayLike<number>): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 3;
  for (let c = 0; c < 3; c++) rgb[at + c] = ink[c]!;
}
