/**
 * Flow as colour, as in the Middlebury benchmark (S. Baker et al., colorcode.cpp): direction is the
 * hue, from a wheel of 55 colours whose arcs are as long as the eye can distinguish them; length is
 * saturation.
 */

/** Arcs of the wheel: from which channel pair to which, and how many steps each takes. */
const ARCS: readonly [steps: number, from: readonly number[], to: readonly number[]][] = [
  [15, [255, 0, 0], [255, 255, 0]],
  [6, [255, 255, 0], [0, 255, 0]],
  [4, [0, 255, 0], [0, 255, 255]],
  [11, [0, 255, 255], [0, 0, 255]],
  [13, [0, 0, 255], [255, 0, 255]],
  [6, [255, 0, 255], [255, 0, 0]],
];

/** The 55 RGB colours of the wheel, 0..255. */
export const WHEEL: readonly (readonly number[])[] = ARCS.flatMap(([steps, from, to]) =>
  Array.from({length: steps}, (_, i) => from.map((value, c) => mixFloor(value, to[c]!, i / steps))),
);

/** As in the original, the moving channel is rounded towards where it came from 0 or to 255. */
function mixFloor(from: number, to: number, fraction: number): number {
  const moved = Math.floor(255 * fraction);
  if (from === to) return from;
  return to > from ? moved : 255 - moved;
}

/** Longest vector of a flow [pixels * stride]; at least 1e-6, non-finite ones don't count. */
export function longestFlow(flow: Float32Array, stride: number, offset: number): number {
  let longest = 1e-6;
  for (let i = offset; i < flow.length; i += stride) {
    const length = Math.hypot(flow[i]!, flow[i + 1]!);
    if (Number.isFinite(length) && length > longest) longest = length;
  }
  return longest;
}

/**
 * Colour of one flow vector.
 *
 * @param x,y the vector, divided by the length that shall be fully saturated
 * @returns RGB in 0..255; longer vectors are darkened, non-finite ones are black
 */
export function flowColour(x: number, y: number): [number, number, number] {
  const radius = Math.hypot(x, y);
  if (!Number.isFinite(radius)) return [0, 0, 0];
  const position = ((Math.atan2(-y, -x) / Math.PI + 1) / 2) * (WHEEL.length - 1);
  const index = Math.floor(position);
  const [before, after] = [WHEEL[index]!, WHEEL[(index + 1) % WHEEL.length]!];
  const channel = (c: number) => {
    const hue = (before[c]! + (after[c]! - before[c]!) * (position - index)) / 255;
    return Math.floor(255 * (radius <= 1 ? 1 - radius * (1 - hue) : hue * 0.75));
  };
  return [channel(0), channel(1), channel(2)];
}

/**
 * RGB picture of two channels of a flow.
 *
 * @param flow row-major, `stride` channels a pixel
 * @param offset first of the two channels
 * @param longest length shown fully saturated, in pixels
 */
export function flowToRgb(flow: Float32Array, stride: number, offset: number, longest: number): Uint8Array {
  const pixels = flow.length / stride;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    rgb.set(
      flowColour(flow[i * stride + offset]! / longest, flow[i * stride + offset + 1]! / longest),
      i * 3,
    );
  }
  return rgb;
}
