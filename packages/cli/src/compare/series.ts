/** Values over steps, in bounded memory. */

/** Values of neighbouring steps. */
export interface Point {
  /** Mean of the steps. */
  step: number;
  mean: number;
  min: number;
  max: number;
  count: number;
}

/** Points of a series, at most. */
export const MOST_POINTS = 600;

/** Steps of a bin, for a run of `steps` steps. */
export const binWidth = (steps: number) => Math.max(1, Math.ceil(steps / MOST_POINTS));

/** Mean, minimum and maximum of each `width` steps. */
export class Bins {
  private readonly bins = new Map<number, Point>();

  constructor(private readonly width: number) {}

  /** Values that are not finite are left out. */
  add(step: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const key = Math.floor(step / this.width);
    const bin = this.bins.get(key);
    if (!bin) return void this.bins.set(key, {step, mean: value, min: value, max: value, count: 1});
    bin.count++;
    bin.step += (step - bin.step) / bin.count;
    bin.mean += (value - bin.mean) / bin.count;
    if (value < bin.min) bin.min = value;
    if (value > bin.max) bin.max = value;
  }

  /** Steps ascend. */
  points(): Point[] {
    return [...this.bins.values()].sort((a, b) => a.step - b.step);
  }
}

/** Mean of the last values, and the lowest such mean of as many. */
export class RollingMean {
  private readonly values: number[] = [];
  private next = 0;
  /** The lowest mean of a whole window, and the step at its end. */
  lowest: {mean: number; step: number} | undefined;

  constructor(readonly window: number) {}

  /** Values that are not finite are left out. */
  add(step: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.window;
    const {mean} = this;
    if (this.count === this.window && mean < (this.lowest?.mean ?? Infinity)) this.lowest = {mean, step};
  }

  /** Values in the window. */
  get count(): number {
    return this.values.length;
  }

  /** NaN without values. Added up anew each time: a running sum would lose what follows 1e20. */
  get mean(): number {
    let sum = 0;
    for (const value of this.values) sum += value;
    return sum / this.values.length;
  }
}

/** Relative width of a class of the median. */
const CLASS = Math.log(1.002);

/** Median of positive values, right to 0.2 %, without keeping them: the mean of those near it. */
export class RoughMedian {
  private readonly classes = new Map<number, {count: number; sum: number}>();
  private count = 0;

  add(value: number): void {
    if (!(value > 0) || value === Infinity) return;
    const key = Math.round(Math.log(value) / CLASS);
    const own = this.classes.get(key) ?? {count: 0, sum: 0};
    own.count++;
    own.sum += value;
    this.classes.set(key, own);
    this.count++;
  }

  /** NaN without values. */
  get median(): number {
    let before = 0;
    for (const [, {count, sum}] of [...this.classes].sort(([a], [b]) => a - b)) {
      before += count;
      if (2 * before >= this.count) return sum / count;
    }
    return NaN;
  }
}

/**
 * Means over neighbouring points, weighted by their counts: what is drawn. The window grows with
 * the square root of their number, so that short runs are smoothed too.
 */
export function smoothed(points: readonly Point[]): Point[] {
  const reach = Math.floor(Math.sqrt(points.length) / 2);
  return points.map((point, i) => {
    const near = points.slice(Math.max(0, i - reach), i + reach + 1);
    const count = near.reduce((sum, {count}) => sum + count, 0);
    return {...point, mean: near.reduce((sum, {mean, count}) => sum + mean * count, 0) / count};
  });
}
