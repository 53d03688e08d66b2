/** Axes of charts: ranges, and the values that are written beside them. */

/** Values from `low` to `high` along `length` pixels. */
export interface Axis {
  low: number;
  high: number;
  isLog: boolean;
}

/** Values that span more than this are drawn on a logarithmic axis. */
const LOG_SPAN = 20;

/** An axis for all values, with some room; of one value, or none, it has a width too. */
export function axisFor(values: readonly number[], mayBeLog: boolean): Axis {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) return {low: 0, high: 1, isLog: false};
  if (mayBeLog && low > 0 && high / low > LOG_SPAN) return {low: low / 1.1, high: high * 1.1, isLog: true};
  const room = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  return {low: low - room, high: high + room, isLog: false};
}

/** Share of the axis, 0 at `low`, 1 at `high`. */
export function shareOf(value: number, {low, high, isLog}: Axis): number {
  if (!isLog) return (value - low) / (high - low);
  return value > 0 ? Math.log(value / low) / Math.log(high / low) : 0;
}

/** 1, 2 or 5 times a power of ten: the smallest of these that is not below. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find(factor => factor * power >= least * (1 - 1e-9))!;
}

/** At most about `count` round values on the axis, ascending. */
export function ticks({low, high, isLog}: Axis, count: number): number[] {
  if (isLog) {
    const powers = Array.from(
      {length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1},
      (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
    );
    const factors = powers.length <= count / 2 ? [1, 2, 5] : [1];
    const every = Math.ceil(powers.length / count);
    return powers
      .filter((_, i) => i % every === 0)
      .flatMap(power => factors.map(factor => factor * power))
      .filter(value => value >= low && value <= high);
  }
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step);
  const length = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  return Array.from({length}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** `20k`, `1.5M`, `300`: a number of steps. */
export function stepText(step: number): string {
  if (step >= 1e6) return `${Number((step / 1e6).toPrecision(4))}M`;
  return step >= 1e4 ? `${Number((step / 1e3).toPrecision(4))}k` : String(Number(step.toPrecision(5)));
}
