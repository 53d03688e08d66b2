/** How sharp a picture is, and its smaller version. */
import type {Luma, LumaSize} from './luma.js';

/**
 * Variance of the Laplacian (four neighbours), levels squared: high for sharp edges, low for
 * blurred or flat pictures.
 */
export function sharpnessOf(luma: Luma, {width, height}: LumaSize): number {
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      const value = luma[at - 1]! + luma[at + 1]! + luma[at - width]! + luma[at + width]! - 4 * luma[at]!;
      sum += value;
      squares += value * value;
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  return squares / count - (sum / count) ** 2;
}

/**
 * Sides divided by a whole number, each pixel the mean of its square.
 * @param size sides of the result; those of `luma` are `factor` times as long
 */
export function shrink(luma: Luma, {width, height}: LumaSize, factor: number): Luma {
  if (factor === 1) return luma;
  const sums = new Uint32Array(width * height);
  for (let y = 0, at = 0; y < height * factor; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0; i < factor; i++) sum += luma[at++]!;
      sums[row + x]! += sum;
    }
  }
  const area = factor * factor;
  return Uint8Array.from(sums, sum => (sum + (area >> 1)) / area);
}

/** Mean absolute deviation from the mean, levels: near 0 for an empty picture. */
export function contrastOf(luma: Luma): number {
  let sum = 0;
  for (let i = 0; i < luma.length; i++) sum += luma[i]!;
  const mean = sum / luma.length;
  let deviation = 0;
  for (let i = 0; i < luma.length; i++) deviation += Math.abs(luma[i]! - mean);
  return deviation / luma.length;
}
