/**
 * Backward warping with TensorFlow's own ops. Axes: B batch, H height, W width, C channels. Indices
 * are integers, since float32 can't count the pixels of 8K.
 */
import {DT} from '@rife-train/engine/graph';
import type {TfBuilder} from './builder.js';

/** A picture's size, and what depends on it alone. */
export interface PixelGrid {
  /** Position of each pixel by axis, float32: y [1,H,1,1] and x [1,1,W,1]. */
  places: readonly [y: string, x: string];
  /** height - 1 and width - 1, float32, [1] each. */
  last: readonly [y: string, x: string];
  /** int32, [1] each. */
  sides: readonly [height: string, width: string];
}

const FLOAT = {type: DT.float32};
const INT = {type: DT.int32};

/** @param size [height, width], int32 */
export function pixelGrid(b: TfBuilder, size: string): PixelGrid {
  const sides = [b.entries(size, 0, 1), b.entries(size, 1, 1)] as const;
  const range = (side: string, shape: number[]) => {
    const end = b.reshape(side, b.int32([]), INT);
    const all = b.node('Range', [b.int32(0), end, b.int32(1)], {Tidx: INT});
    return b.reshape(b.toFloat(all), b.int32(shape));
  };
  const last = (side: string) => b.node('Sub', [b.toFloat(side), b.floats([1], [1])]);
  return {
    places: [range(sides[0], [1, -1, 1, 1]), range(sides[1], [1, 1, -1, 1])],
    last: [last(sides[0]), last(sides[1])],
    sides,
  };
}

/**
 * Along one axis: the two neighbours of where each pixel comes from, and the share of the second.
 */
function neighbours(b: TfBuilder, offset: string, place: string, last: string) {
  const at = b.node('AddV2', [offset, place]);
  const inside = b.node('Maximum', [b.node('Minimum', [at, last]), b.number(0)]);
  const first = b.node('Floor', [inside]);
  const second = b.node('Minimum', [b.node('AddV2', [first, b.number(1)]), last]);
  return {pair: [b.toInt(first), b.toInt(second)] as const, share: b.node('Sub', [inside, first])};
}

/** Index of the first pixel of each picture of a batch, [B,1,1,1]. */
function firstOfBatch(b: TfBuilder, batch: number, [height, width]: PixelGrid['sides']): string {
  const pictures = b.reshape(b.int32([...Array(batch).keys()]), b.int32([-1, 1, 1, 1]), INT);
  return b.ints('Mul', [pictures, b.ints('Mul', [height, width])]);
}

/**
 * @param image [B,H,W,C]
 * @param flow [B,H,W,2] in pixels
 */
export function warp(b: TfBuilder, image: string, flow: string, batch: number, grid: PixelGrid): string {
  const component = (i: number) => b.slice(flow, b.int32([0, 0, 0, i]), b.int32([-1, -1, -1, 1]));
  const x = neighbours(b, component(0), grid.places[1], grid.last[1]);
  const y = neighbours(b, component(1), grid.places[0], grid.last[0]);
  const shape = b.shape(image);
  const table = b.reshape(image, b.concatInts([b.int32([-1]), b.entries(shape, 3, 1)]));
  const start = batch === 1 ? undefined : firstOfBatch(b, batch, grid.sides);
  const pixel = (row: string, column: string) => {
    const inPicture = b.ints('AddV2', [b.ints('Mul', [row, grid.sides[1]]), column]);
    const index = start === undefined ? inPicture : b.ints('AddV2', [inPicture, start]);
    const rows = b.node('GatherNd', [table, b.reshape(index, b.int32([-1, 1]), INT)], {
      Tparams: FLOAT,
      Tindices: INT,
    });
    return b.reshape(rows, shape);
  };
  const between = (a: string, c: string, share: string) =>
    b.node('AddV2', [a, b.node('Mul', [b.node('Sub', [c, a]), share])]);
  const row = (of: string) => between(pixel(of, x.pair[0]), pixel(of, x.pair[1]), x.share);
  return between(row(y.pair[0]), row(y.pair[1]), y.share);
}
