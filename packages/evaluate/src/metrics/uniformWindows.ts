/**
 * SSIM with a uniform window of 7 x 7 wholly inside the picture, by running sums: each row of
 * values is added to sums of columns, and the row seven before is taken away from them.
 */

export const WINDOW = 7;
const AREA = WINDOW * WINDOW;

/** Writes row `y` of [height, width, channels]. */
export type ReadRow = (y: number, to: Float64Array) => void;

/** Four sums: of a, b, a a + b b, a b. */
type Sums = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

interface Scale {
  range: number;
  offset: number;
}

/** Running sums over pictures of one width; whole numbers stay exact. */
export class UniformWindows {
  private readonly columns: Sums;
  private readonly rows: readonly Float64Array[];

  constructor(
    private readonly width: number,
    private readonly channels: number,
  ) {
    const row = () => new Float64Array(width * channels);
    this.columns = [row(), row(), row(), row()];
    this.rows = Array.from({length: 2 * WINDOW}, row);
  }

  /**
   * Mean of the map over all windows and channels. `range` is scikit-image's data_range; `offset`
   * is what all values lack, which counts in the means only.
   */
  meanSsim(height: number, [readA, readB]: readonly [ReadRow, ReadRow], scale: Scale): number {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      const slot = 2 * (y % WINDOW);
      const [a, b] = [this.rows[slot]!, this.rows[slot + 1]!];
      if (y >= WINDOW) this.add(a, b, -1);
      readA(y, a);
      readB(y, b);
      this.add(a, b, 1);
      if (y >= WINDOW - 1) sum += this.rowSum(scale);
    }
    return sum / ((height - WINDOW + 1) * (this.width - WINDOW + 1) * this.channels);
  }

  private add(a: Float64Array, b: Float64Array, sign: 1 | -1): void {
    const [as, bs, squares, products] = this.columns;
    for (let i = 0; i < a.length; i++) {
      const x = a[i]!;
      const y = b[i]!;
      as[i]! += sign * x;
      bs[i]! += sign * y;
      squares[i]! += sign * (x * x + y * y);
      products[i]! += sign * (x * y);
    }
  }

  /** Sum of the map over the windows that end at the newest row. */
  private rowSum({range, offset}: Scale): number {
    // Everything is multiplied by 49, so that means are whole numbers where values are.
    const c1 = (0.01 * range * AREA) ** 2;
    const c2 = (0.03 * range) ** 2 * AREA * (AREA - 1);
    const shift = AREA * offset;
    const [as, bs, squares, products] = this.columns;
    const step = this.channels;
    let sum = 0;
    for (let c = 0; c < step; c++) {
      let a = 0;
      let b = 0;
      let square = 0;
      let product = 0;
      for (let i = c, gone = c - WINDOW * step; i < as.length; i += step, gone += step) {
        a += as[i]!;
        b += bs[i]!;
        square += squares[i]!;
        product += products[i]!;
        if (gone >= 0) {
          a -= as[gone]!;
          b -= bs[gone]!;
          square -= squares[gone]!;
          product -= products[gone]!;
        } else if (gone < c - step) continue;
        const structure = (2 * (AREA * product - a * b) + c2) / (AREA * square - a * a - b * b + c2);
        const am = a + shift;
        const bm = b + shift;
        sum += (structure * (2 * am * bm + c1)) / (am * am + bm * bm + c1);
      }
    }
    return sum;
  }
}
