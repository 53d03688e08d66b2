/** Channels of a triplet. */
const CHANNELS = 9;

/**
 * Copies rows of pixels with left and right exchanged.
 * @param source rows [n,width,9], of any number of images
 * @param target of the same size
 */
export function mirrorRows(source: Uint8Array, width: number, target: Uint8Array): void {
  const bytes = width * CHANNELS;
  let to = 0;
  for (let row = 0; row < source.length; row += bytes)
    for (let from = row + bytes - CHANNELS; from >= row; from -= CHANNELS)
      for (let c = 0; c < CHANNELS; c++) target[to++] = source[from + c]!;
}
