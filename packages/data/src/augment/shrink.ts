/** Reduces frames, so that the motion of high-resolution clips fits into the crop. */
import type {Crop} from '../clip.js';

/**
 * A region of an RGB frame, each `factor` x `factor` pixels averaged into one, halves rounded up
 * (cv2's INTER_AREA).
 * @param frameWidth width of the frame, in pixels
 * @param crop sides are multiples of `factor`
 * @returns [h/factor, w/factor, 3]
 */
export function shrunk(frame: Uint8Array, frameWidth: number, crop: Crop, factor: number): Uint8Array {
  const [height, width] = [crop.height / factor, crop.width / factor];
  const result = new Uint8Array(height * width * 3);
  const sums = new Uint32Array(width * 3);
  const area = factor * factor;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = 0; row < factor; row++) {
      let from = ((crop.top + y * factor + row) * frameWidth + crop.left) * 3;
      for (let x = 0; x < width * 3; x += 3)
        for (let column = 0; column < factor; column++, from += 3) {
          sums[x]! += frame[from]!;
          sums[x + 1]! += frame[from + 1]!;
          sums[x + 2]! += frame[from + 2]!;
        }
    }
    for (let x = 0; x < width * 3; x++) result[y * width * 3 + x] = Math.floor(sums[x]! / area + 0.5);
  }
  return result;
}
