/** Colours of LDR-FLIP: from sRGB to the space in which pictures are filtered, and to Lab. */

const {cbrt, exp, floor, log, max, min, sqrt} = Math;

/** Cells of the table below; a multiple of 255, so that bytes are met exactly. */
const CELLS = 255 * 64;

/** Linear light of sRGB in 0..1; in between, straight lines are off by less than 3e-8. */
const LINEAR = Float64Array.from({length: CELLS + 2}, (_, i) => {
  const s = i / CELLS;
  return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
});

function linearOf(s: number): number {
  const place = CELLS * (s > 0 ? (s < 1 ? s : 1) : 0);
  const cell = floor(place);
  const value = LINEAR[cell]!;
  return value + (place - cell) * (LINEAR[cell + 1]! - value);
}

/** XYZ of D65 white. */
const WHITE = [0.950428545, 1, 1.088900371] as const;

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

const divided = (row: Triple, by: number): Triple => [row[0] / by, row[1] / by, row[2] / by];

/** Linear RGB to XYZ over that of white. */
const TO_XYZ: Matrix = [
  divided([10135552, 8788810, 4435075], 24577794 * WHITE[0]),
  divided([2613072, 8788810, 887015], 12288897 * WHITE[1]),
  divided([1425312, 8788810, 70074185], 73733382 * WHITE[2]),
];

const timesWhite = ([x, y, z]: Triple): Triple => [x * WHITE[0], y * WHITE[1], z * WHITE[2]];

/** XYZ over that of white to linear RGB. */
const TO_RGB: Matrix = [
  timesWhite([3.241003275, -1.537398934, -0.498615861]),
  timesWhite([-0.969224334, 1.875930071, 0.041554224]),
  timesWhite([0.055639423, -0.204011202, 1.057148933]),
];

/**
 * The planes y, x - y and y - z of BGR sRGB. They are YCxCz without its factors and offset (Y = 116
 * y - 16, Cx = 500 (x - y), Cz = 200 (y - z)), which filters of sum 1 leave as they are.
 *
 * @param bgr [count,3] in 0..1
 * @param out where the planes begin
 */
export function toPlanes(
  bgr: Float64Array,
  count: number,
  [ys, xys, yzs]: readonly [Float64Array, Float64Array, Float64Array],
  out: number,
): void {
  const [[xr, xg, xb], [yr, yg, yb], [zr, zg, zb]] = TO_XYZ;
  for (let i = 0, from = 0; i < count; i++, from += 3) {
    const b = linearOf(bgr[from]!);
    const g = linearOf(bgr[from + 1]!);
    const r = linearOf(bgr[from + 2]!);
    const y = yr * r + yg * g + yb * b;
    ys[out + i] = y;
    xys[out + i] = xr * r + xg * g + xb * b - y;
    yzs[out + i] = y - (zr * r + zg * g + zb * b);
  }
}

const DELTA = 6 / 29;
const DELTA_CUBED = DELTA ** 3;
const SLOPE = 1 / (3 * DELTA ** 2);
const cubeRoot = (t: number): number => (t > DELTA_CUBED ? cbrt(t) : SLOPE * t + 4 / 29);

/**
 * CIELab with a and b by Hunt (0.01 L times each), of filtered planes; linear RGB is clipped
 * before.
 * @param lab [count,3]
 */
export function toHuntLab(
  [ys, xys, yzs]: readonly [Float64Array, Float64Array, Float64Array],
  count: number,
  lab: Float64Array,
): void {
  const [[xr, xg, xb], [yr, yg, yb], [zr, zg, zb]] = TO_XYZ;
  const [[rx, ry, rz], [gx, gy, gz], [bx, by, bz]] = TO_RGB;
  for (let i = 0, out = 0; i < count; i++, out += 3) {
    const y = ys[i]!;
    const x = y + xys[i]!;
    const z = y - yzs[i]!;
    const r = max(0, min(1, rx * x + ry * y + rz * z));
    const g = max(0, min(1, gx * x + gy * y + gz * z));
    const b = max(0, min(1, bx * x + by * y + bz * z));
    const root = cubeRoot(yr * r + yg * g + yb * b);
    const lightness = 116 * root - 16;
    lab[out] = lightness;
    lab[out + 1] = 5 * lightness * (cubeRoot(xr * r + xg * g + xb * b) - root);
    lab[out + 2] = 2 * lightness * (root - cubeRoot(zr * r + zg * g + zb * b));
  }
}

/** HyAB distance of the colours at `i`, to the power of 0.7. */
export function colourDistance(a: Float64Array, b: Float64Array, i: number): number {
  const l = a[i]! - b[i]!;
  const da = a[i + 1]! - b[i + 1]!;
  const db = a[i + 2]! - b[i + 2]!;
  return exp(0.7 * log((l < 0 ? -l : l) + sqrt(da * da + db * db)));
}

/** The largest distance: of green and blue. */
export const LARGEST_DISTANCE = (() => {
  const labOf = (bgr: Triple) => {
    const planes = [new Float64Array(1), new Float64Array(1), new Float64Array(1)] as const;
    toPlanes(Float64Array.from(bgr), 1, planes, 0);
    const lab = new Float64Array(3);
    toHuntLab(planes, 1, lab);
    return lab;
  };
  return colourDistance(labOf([0, 1, 0]), labOf([1, 0, 0]), 0);
})();
