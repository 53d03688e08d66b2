/** PSNR of a network's frames. */

/** The two inputs of a triplet [H,W,9], as [H,W,6]. */
export const pairOf = ({images, height, width}) =>
  Uint8Array.from({length: height * width * 6}, (_, i) => images[Math.floor(i / 6) * 9 + (i % 6)]);

/** PSNR in dB of a frame in 0..1 against the gt of a triplet's images [H,W,9]. */
export function psnrOf(frame, images) {
  let error = 0;
  for (let i = 0; i < frame.length; i++)
    error += (frame[i] - images[Math.floor(i / 3) * 9 + 6 + (i % 3)] / 255) ** 2;
  return -10 * Math.log10(error / frame.length);
}

/** The frame in the middle of a triplet, by the trainer's network; values in 0..1. */
export async function interpolate(trainer, {height, width, gap}, pair) {
  const {refined} = await trainer.predict({
    images: pair,
    shape: [1, height, width],
    gap: Float32Array.of(gap),
    timestep: Float32Array.of(0.5),
  });
  return refined.values;
}
