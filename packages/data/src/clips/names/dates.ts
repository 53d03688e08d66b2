/**
 * Dates and times of day in names: 2024-01-31_23-59-58.123, Screenshot 2024-01-31 at 9.59.58 AM,
 * 20240131_235958.
 */
import type {Tokens} from './tokens.js';

const inRange = (value: number, least: number, most: number) => value >= least && value <= most;
const isYear = (digits: string) => digits.length === 4 && inRange(Number(digits), 1970, 2199);
const isMonth = (digits: string) => digits.length <= 2 && inRange(Number(digits), 1, 12);
const isDay = (digits: string) => digits.length <= 2 && inRange(Number(digits), 1, 31);
const isHour = (digits: string) => digits.length <= 2 && inRange(Number(digits), 0, 23);
const isSixtieth = (digits: string) => digits.length <= 2 && inRange(Number(digits), 0, 59);

/** Splits 20240131, 31012024, 20240131235958 and the same with thousandths. */
function splitPacked(digits: string): string[] {
  const packed = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)(\d*))?$/.exec(digits);
  if (packed && isYear(packed[1]!) && isMonth(packed[2]!) && isDay(packed[3]!))
    return packed.slice(1).filter(Boolean);
  const yearLast = /^(\d\d)(\d\d)(\d{4})$/.exec(digits)?.slice(1);
  const [a, b, year] = yearLast ?? [];
  return yearLast && isYear(year!) && isDay(a!) && isDay(b!) ? yearLast : [digits];
}

const splitClock = (digits: string) =>
  digits.length === 6 || digits.length === 9
    ? [
        digits.slice(0, 2),
        digits.slice(2, 4),
        digits.slice(4, 6),
        ...(digits.length > 6 ? [digits.slice(6)] : []),
      ]
    : [digits];

/** Fraction of a second as a comparable number. */
const fraction = (digits: string) => Number(digits.padEnd(9, '0').slice(0, 9));

/** Index of the first group of the date, and whether the year comes last. */
function dateAt(groups: readonly string[]): {at: number; yearLast: boolean} | undefined {
  for (let at = 0; at + 2 < groups.length; at++) {
    const [a, b, c] = [groups[at]!, groups[at + 1]!, groups[at + 2]!];
    if (isYear(a) && isMonth(b) && isDay(c)) return {at, yearLast: false};
    if (isDay(a) && isDay(b) && isYear(c)) return {at, yearLast: true};
  }
  return undefined;
}

/** Groups of digits of one name; joined dates and times are split. */
function groupsOf({numbers}: Tokens): string[] {
  const groups = numbers.flatMap(({digits}) => splitPacked(digits));
  const date = dateAt(groups);
  if (!date || groups.length < date.at + 4) return groups;
  const clock = splitClock(groups[date.at + 3]!);
  return [...groups.slice(0, date.at + 3), ...clock, ...groups.slice(date.at + 4)];
}

/** `am` or `pm` after the time. */
function hourOf(hour: number, {stem}: Tokens): number {
  const half = /\d[\s._-]*([ap])\.?m\b/.exec(stem)?.[1];
  if (!half) return hour;
  return (hour % 12) + (half === 'p' ? 12 : 0);
}

/**
 * Day before month, or month before day: whichever the numbers allow; undefined if both fit and
 * give different orders.
 */
function dayFirst(dates: readonly (readonly [string, string])[]): boolean | undefined {
  const canDay = dates.every(([, b]) => isMonth(b));
  const canMonth = dates.every(([a]) => isMonth(a));
  const isOne = new Set(dates.map(String)).size === 1;
  if (canDay && canMonth && !isOne) return undefined;
  return canDay ? true : canMonth ? false : undefined;
}

/** Separators inside a date and a time; any other text is a name, perhaps of a camera. */
const BETWEEN = /^[\s._:,()+-]*(?:at|t|um|a|h|m|min|s|sec)?[\s._:,()+-]*$/;
/** What follows the time of day. */
const HALF = /[\s._-]*[ap]\.?m\b\.?/;

const isAlike = (names: readonly Tokens[]) =>
  new Set(names.map(({texts}) => texts.join('#').replace(HALF, ''))).size === 1 &&
  names[0]!.texts.slice(1, -1).every(text => BETWEEN.test(text.replace(HALF, '')));

/**
 * Year, month, day, hour, minute, second, its fraction, and a counter, of every name; undefined if
 * a name has no date, `unclear` if days could be months.
 */
export function timesOf(names: readonly Tokens[]): number[][] | 'unclear' | undefined {
  if (!isAlike(names)) return undefined;
  const all = names.map(groupsOf);
  const dates = all.map(dateAt);
  const [first] = dates;
  const same = dates.every(date => date && date.at === first?.at && date.yearLast === first.yearLast);
  if (!first || !same || all.some(groups => groups.length !== all[0]!.length)) return undefined;
  const {at, yearLast} = first;
  const isDayFirst = yearLast ? dayFirst(all.map(groups => [groups[at]!, groups[at + 1]!])) : false;
  if (isDayFirst === undefined) return 'unclear';
  const isClock = all.every(
    ([...groups]) =>
      groups.length < at + 5 || (isHour(groups[at + 3]!) && groups.slice(at + 4, at + 6).every(isSixtieth)),
  );
  if (!isClock) return undefined;
  return all.map((groups, i) => {
    const [a, b, c, hour = '0', minute = '0', second = '0', part = '0', ...more] = groups.slice(at);
    const day = yearLast ? [c!, isDayFirst ? b! : a!, isDayFirst ? a! : b!] : [a!, b!, c!];
    return [
      ...day.map(Number),
      ...[hourOf(Number(hour), names[i]!), Number(minute), Number(second)],
      ...[fraction(part), ...groups.slice(0, at).map(Number), ...more.map(Number)],
    ];
  });
}
