/**
 * Usual range of a number that varies over orders of magnitude: median and median deviation of its
 * logarithm over a window.
 */

const median = (sorted: readonly number[]): number => {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** Makes the median deviation of a normal distribution its standard deviation. */
const TO_SIGMA = 1.4826;
/**
 * Smaller deviations count as this: in a window of nearly equal losses not every other loss is an
 * outlier.
 */
const SMALLEST_SIGMA = 0.05;

export class Usual {
  private logs: number[] = [];

  constructor(
    private readonly window: number,
    private readonly warmup: number,
  ) {}

  /** Robust z-score of a value; undefined while there are too few values. NaN and 0 have none. */
  scoreOf(value: number): number | undefined {
    if (this.logs.length < Math.min(this.warmup, this.window) || !(value > 0)) return undefined;
    const centre = median(sorted(this.logs));
    const deviation = median(sorted(this.logs.map(log => Math.abs(log - centre))));
    return (Math.log(value) - centre) / Math.max(TO_SIGMA * deviation, SMALLEST_SIGMA);
  }

  /** Median of the window; undefined if it is empty. */
  typical(): number | undefined {
    return this.logs.length === 0 ? undefined : Math.exp(median(sorted(this.logs)));
  }

  /** Records a value. Only healthy values belong here. */
  add(value: number): void {
    if (value > 0 && Number.isFinite(value)) this.logs = [...this.logs, Math.log(value)].slice(-this.window);
  }

  save(): number[] {
    return [...this.logs];
  }

  load(logs: readonly number[]): void {
    this.logs = [...logs].slice(-this.window);
  }
}
