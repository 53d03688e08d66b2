/**
 * Filters of LDR-FLIP (NVlabs/flip:src/cpp/FLIP.h) for the viewing conditions that it assumes by
 * default: 0.7 m before a display of 3840 pixels and 0.7 m.
 */
import type {Picture} from '../picture/picture.js';
import {toPlanes} from './flipColour.js';
import {CHANNELS} from './rounded.js';
import {filterLine, readRow, type Tile} from './tiles.js';

const {abs, ceil, exp, max, PI, sqrt} = Math;

/** Pixels in a degree. */
const PER_DEGREE = (3840 * PI) / 180;

/** Values of a filter at -radius .. radius. */
const sampled = (radius: number, valueAt: (x: number) => number): Float64Array =>
  Float64Array.from({length: 2 * radius + 1}, (_, i) => valueAt(i - radius));

const sumOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** Radius of the eye's filters: three sigma of the widest. */
export const HALO = ceil(3 * sqrt(0.04 / (2 * PI * PI)) * PER_DEGREE);

/** exp(-pi^2 d^2 / b), d in degrees. */
const eyeFilter = (b: number): Float64Array =>
  sampled(HALO, x => exp((-PI * PI * (x / PER_DEGREE) ** 2) / b));

/** The filter with a sum of 1, without the ends that are below 1e-9 of it. */
function narrowed(filter: Float64Array): Float64Array {
  const sum = sumOf(filter);
  const first = filter.findIndex(value => value > 1e-9 * sum);
  return filter.slice(first, filter.length - first).map(value => value / sum);
}

/** Blue-yellow contrast has a filter of two terms, whose sums of squares add up to 1. */
function blueYellow(): readonly [Float64Array, Float64Array] {
  const term = (a: number, b: number) => eyeFilter(b).map(value => sqrt(a * sqrt(PI / b)) * value);
  const [wide, narrow] = [term(34.1, 0.04), term(13.5, 0.025)];
  const scale = 1 / sqrt(sumOf(wide) ** 2 + sumOf(narrow) ** 2);
  return [wide.map(value => scale * value), narrow.map(value => scale * value)];
}

/** Width of the edges and points that the eye sees, in pixels. */
const SIGMA = 0.5 * 0.082 * PER_DEGREE;
const FEATURE_RADIUS = ceil(3 * SIGMA);

/** A filter whose positive values add up to 1, and the negative ones, if any, to -1. */
function balanced(valueAt: (x: number) => number): Float64Array {
  const filter = sampled(FEATURE_RADIUS, valueAt);
  const up = sumOf(filter.map(value => max(0, value)));
  const down = sumOf(filter.map(value => max(0, -value)));
  return filter.map(value => value / (value > 0 ? up : down || 1));
}

const gauss = (x: number): number => exp(-(x * x) / (2 * SIGMA * SIGMA));
const SMOOTH = balanced(gauss);
const FIRST = balanced(x => -x * gauss(x));
const SECOND = balanced(x => ((x * x) / (SIGMA * SIGMA) - 1) * gauss(x));

const LUMA = narrowed(eyeFilter(0.0047));
const RED_GREEN = narrowed(eyeFilter(0.0053));
const [WIDE, NARROW] = blueYellow();

/** A plane (0 to 2), the filter along its columns, and those along the rows of what that gives. */
type Pass = readonly [plane: number, down: Float64Array, across: readonly Float64Array[]];

/**
 * Outputs, in order: luma, red-green, both terms of blue-yellow; then d/dx, d2/dx2, d/dy, d2/dy2.
 */
const PASSES: readonly Pass[] = [
  [0, LUMA, [LUMA]],
  [1, RED_GREEN, [RED_GREEN]],
  [2, WIDE, [WIDE]],
  [2, NARROW, [NARROW]],
  [0, SMOOTH, [FIRST, SECOND]],
  [0, FIRST, [SMOOTH]],
  [0, SECOND, [SMOOTH]],
];
const OUTPUTS = 8;

/** Tiles of one picture, filtered row by row. */
export class FlipPicture {
  private planes = [new Float64Array(0), new Float64Array(0), new Float64Array(0)] as const;
  private outputs: readonly Float64Array[] = [];
  private row = new Float64Array(0);
  private columns = 0;
  private width = 0;

  constructor(private readonly picture: Picture) {}

  /** Takes the pixels of a tile, and as many around it as the filters reach. */
  read({top, left, height, width}: Tile): void {
    const [rows, columns] = [height + 2 * HALO, width + 2 * HALO];
    this.reserve(rows * columns, columns);
    [this.columns, this.width] = [columns, width];
    for (let row = 0; row < rows; row++) {
      readRow(this.picture, top - HALO + row, left - HALO, columns, this.row);
      toPlanes(this.row, columns, this.planes, row * columns);
    }
  }

  private reserve(pixels: number, columns: number): void {
    const plane = () => new Float64Array(pixels);
    if (this.planes[0].length < pixels) this.planes = [plane(), plane(), plane()];
    if (this.row.length >= columns * CHANNELS) return;
    this.row = new Float64Array(columns * CHANNELS);
    this.outputs = Array.from({length: OUTPUTS}, () => new Float64Array(columns));
  }

  /** Row `y` of the tile through all filters; valid until the next. */
  filtered(y: number) {
    const {columns, row, width} = this;
    let output = 0;
    for (const [plane, down, across] of PASSES) {
      const at = (y + HALO - (down.length >> 1)) * columns;
      filterLine(down, {from: this.planes[plane]!, at, stride: columns, to: row, count: columns});
      for (const taps of across) {
        const to = this.outputs[output++]!;
        filterLine(taps, {from: row, at: HALO - (taps.length >> 1), stride: 1, to, count: width});
      }
    }
    const [luma, redGreen, blueYellow, narrow, dx, dxx, dy, dyy] = this.outputs;
    for (let x = 0; x < width; x++) blueYellow![x]! += narrow![x]!;
    return {
      colours: [luma!, redGreen!, blueYellow!] as const,
      edges: [dx!, dy!] as const,
      points: [dxx!, dyy!] as const,
    };
  }
}

type Gradient = readonly [across: Float64Array, down: Float64Array];

/** Difference of the lengths of two gradients at `i`. */
export function lengthDifference([ax, ay]: Gradient, [bx, by]: Gradient, i: number): number {
  const px = ax[i]!;
  const py = ay[i]!;
  const qx = bx[i]!;
  const qy = by[i]!;
  return abs(sqrt(px * px + py * py) - sqrt(qx * qx + qy * qy));
}
