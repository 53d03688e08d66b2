/** Frame rates as exact fractions: 24000/1001 is not 23.976. */

/** Frames per second, reduced. */
export interface Rate {
  over: number;
  under: number;
}

export function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** The fraction in its lowest terms. */
export function rateOf(over: number, under: number): Rate {
  const divisor = gcd(over, under);
  return {over: over / divisor, under: under / divisor};
}

export const rateValue = ({over, under}: Rate) => over / under;
export const rateText = ({over, under}: Rate) => (under === 1 ? String(over) : `${over}/${under}`);

/** A rate's rounded decimals differ from it by less than this. */
const TOLERANCE = 1e-4;
const MOST_UNDER = 1001;

/**
 * The fraction that a rounded number stands for: a whole number, a whole number times 1000/1001, or
 * the fraction nearest to it with the smallest denominator up to 1001.
 */
export function nearestRate(value: number): Rate {
  const isNear = (over: number, under: number) => Math.abs(over / under / value - 1) < TOLERANCE;
  const whole = Math.round(value);
  if (whole > 0 && isNear(whole, 1)) return rateOf(whole, 1);
  const ntsc = Math.round((value * 1001) / 1000);
  if (ntsc > 0 && isNear(ntsc * 1000, 1001)) return rateOf(ntsc * 1000, 1001);
  for (let under = 2; under < MOST_UNDER; under++) {
    const over = Math.round(value * under);
    if (over > 0 && isNear(over, under)) return rateOf(over, under);
  }
  return rateOf(Math.max(1, Math.round(value * MOST_UNDER)), MOST_UNDER);
}

/** Parses `60`, `60000/1001`, `23.976`; undefined for anything else. */
export function parseRate(text: string): Rate | undefined {
  const [, over, under] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  if (over !== undefined) return Number(over) > 0 && Number(under) > 0 ? rateOf(+over, +under!) : undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  return value > 0 && Number.isFinite(value) ? nearestRate(value) : undefined;
}
