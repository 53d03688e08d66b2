/** Scores of a frame between two, and of what needs no network: the mean of the two. */

/** A triplet's pixels: [H,W,9] uint8, BGR: img0, img1, gt. */
interface Images {
  images: Uint8Array;
}

/**
 * Equal pictures would be infinitely good, and a mean with one of them too. Rounding to 8 bits
 * alone costs more than this.
 */
const MOST = 100;

const decibels = (sum: number, count: number) => Math.min(MOST, -10 * Math.log10(sum / count));

/** Peak signal-to-noise ratio in dB of an image [H,W,3] against gt, both in 0..1; 100 at most. */
export function psnr({refined, images}: Images & {refined: Float32Array}): number {
  let sum = 0;
  for (let i = 0; i < refined.length; i++) {
    const gt = images[Math.floor(i / 3) * 9 + 6 + (i % 3)]! / 255;
    sum += (refined[i]! - gt) ** 2;
  }
  return decibels(sum, refined.length);
}

/** PSNR in dB of the mean of img0 and img1 against gt: what a network must beat to be of use. */
export function inputsPsnr({images}: Images): number {
  let sum = 0;
  for (let i = 0; i < images.length; i += 9) {
    for (let c = i; c < i + 3; c++) sum += ((images[c]! + images[c + 3]!) / 510 - images[c + 6]! / 255) ** 2;
  }
  return decibels(sum, images.length / 3);
}
