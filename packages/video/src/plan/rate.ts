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
 * The fraction that a rounded number stands for: the nearer of a whole number and a whole number
 * times 1000/1001, else the fraction with the smallest denominator up to 1001.
 * @param tolerance relative error of the number
 */
export function nearestRate(value: number, tolerance = TOLERANCE): Rate {
  const errorOf = ({over, under}: Rate) => Math.abs(over / under / value - 1);
  const usual = [rateOf(Math.round(value), 1), rateOf(Math.round(value * 1.001) * 1000, 1001)];
  const [best] = usual.filter(({over}) => over > 0).sort((a, b) => errorOf(a) - errorOf(b));
  if (best && errorOf(best) < tolerance) return best;
  for (let under = 2; under < MOST_UNDER; under++) {
    const rate = rateOf(Math.round(value * under), under);
    if (rate.over > 0 && errorOf(rate) < tolerance) return rate;
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
