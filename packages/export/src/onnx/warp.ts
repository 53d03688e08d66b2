/** Backward warping in ONNX, in float32: a step of float16 near the right border is a pixel. */
import type {OnnxBuilder} from './builder.js';

/** `gridsample`: the op of opset 16; `gather`: with basic ops, for runtimes that lack it. */
export type OnnxWarp = 'gridsample' | 'gather';

/** A picture's size, and what depends on it alone. */
export interface PixelGrid {
  /** [H,W,2]: x and y of each pixel, float32. */
  pixels: string;
  /** [2]: width - 1, height - 1, float32. */
  last: string;
  /** int64 [1] each. */
  height: string;
  width: string;
}

const FLOAT = 1;
const INT64 = 7;

/** @param size [height, width], int64 */
export function pixelGrid(b: OnnxBuilder, size: string): PixelGrid {
  const side = (i: number) => b.node('Gather', [size, b.int64([i])], {axis: 0});
  const [height, width] = [side(0), side(1)];
  const places = (length: string) => {
    const scalar = b.node('Squeeze', [length, b.int64([0])]);
    return b.node('Cast', [b.node('Range', [b.int64(0), scalar, b.int64(1)])], {to: FLOAT});
  };
  const shape = b.node('Concat', [height, width, b.int64([1])], {axis: 0});
  const column = b.node('Expand', [b.node('Reshape', [places(width), b.int64([1, -1, 1])]), shape]);
  const row = b.node('Expand', [b.node('Reshape', [places(height), b.int64([-1, 1, 1])]), shape]);
  const sides = b.node('Cast', [b.node('Concat', [width, height], {axis: 0})], {to: FLOAT});
  return {
    pixels: b.node('Concat', [column, row], {axis: 2}),
    last: b.node('Sub', [sides, b.floats([1], [1])]),
    height,
    width,
  };
}

/** Position that each pixel comes from: [1,H,W,2] in pixels. */
const positions = (b: OnnxBuilder, flow: string, {pixels}: PixelGrid) =>
  b.node('Add', [b.node('Transpose', [flow], {perm: [0, 2, 3, 1]}), pixels]);

function byGridSample(b: OnnxBuilder, image: string, flow: string, grid: PixelGrid): string {
  const perPixel = b.node('Div', [b.floats([2], [1]), grid.last]);
  const scaled = b.node('Mul', [positions(b, flow, grid), perPixel]);
  const at = b.node('Sub', [scaled, b.floats([1], [1])]);
  return b.node('GridSample', [image, at], {mode: 'bilinear', padding_mode: 'border', align_corners: 1});
}

/** The four neighbours by index, and their mean weighted by distance. */
function byGather(b: OnnxBuilder, image: string, flow: string, grid: PixelGrid): string {
  const at = b.node('Max', [b.node('Min', [positions(b, flow, grid), grid.last]), b.floats([0], [1])]);
  const first = b.node('Floor', [at]);
  const next = b.node('Min', [b.node('Add', [first, b.floats([1], [1])]), grid.last]);
  const part = (xy: string, i: number) =>
    b.node('Reshape', [b.node('Gather', [xy, b.int64(i)], {axis: 3}), b.int64([0, 1, -1])]);
  const shape = b.node('Shape', [image]);
  const rows = b.node('Reshape', [image, b.int64([0, 0, -1])]);
  const rowShape = b.node('Shape', [rows]);
  const corner = (x: string, y: string) => {
    const [column, line] = [part(x, 0), part(y, 1)].map(each => b.node('Cast', [each], {to: INT64}));
    const index = b.node('Add', [b.node('Mul', [line!, grid.width]), column!]);
    return b.node('GatherElements', [rows, b.node('Expand', [index, rowShape])], {axis: 2});
  };
  const rest = b.node('Sub', [at, first]);
  const [right, down] = [part(rest, 0), part(rest, 1)];
  const between = (a: string, c: string, share: string) =>
    b.node('Add', [a, b.node('Mul', [b.node('Sub', [c, a]), share])]);
  const above = between(corner(first, first), corner(next, first), right);
  const below = between(corner(first, next), corner(next, next), right);
  return b.node('Reshape', [between(above, below, down), shape]);
}

/**
 * @param image [1,C,H,W] in the network's precision
 * @param flow [1,2,H,W]
 */
export function warp(b: OnnxBuilder, how: OnnxWarp, image: string, flow: string, grid: PixelGrid): string {
  const by = how === 'gather' ? byGather : byGridSample;
  return b.toNetwork(by(b, b.toFloat(image), b.toFloat(flow), grid));
}
