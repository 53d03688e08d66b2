/** Missing frame numbers. */
export interface NumberGap {
  /** Index of the file before the gap. */
  after: number;
  /** First number that is missing. */
  number: number;
  /** How many are missing here. */
  count: number;
}

/** The last group of digits of a name without its ending, and what is around it. */
function numberOf(name: string): {number: number; rest: string} | undefined {
  const [, before, digits, after] = /^(.*?)(\d+)(\D*)$/.exec(name.replace(/\.[^.]+$/, '')) ?? [];
  return digits === undefined ? undefined : {number: Number(digits), rest: `${before}#${after}`};
}

/**
 * The most frequent step, if at least half of the neighbours have it; otherwise names are not a
 * numbering.
 */
function usualStep(steps: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1);
  const [step, count] = [...counts].sort(([a, x], [b, y]) => y - x || a - b)[0] ?? [0, 0];
  return step > 0 && count * 2 >= steps.length ? step : undefined;
}

/**
 * Missing numbers in a sequence of names such as 0001.png, 0002.png, 0004.png. None for names
 * without a number, with several prefixes, or without a usual step.
 * @param files in order
 */
export function missingNumbers(files: readonly string[]): NumberGap[] {
  const parts = files.map(numberOf);
  if (parts.length < 3 || parts.some(part => part === undefined || part.rest !== parts[0]!.rest)) return [];
  const steps = parts.slice(1).map((part, i) => part!.number - parts[i]!.number);
  const step = usualStep(steps);
  if (step === undefined) return [];
  return steps.flatMap((distance, after) =>
    distance > step && distance % step === 0
      ? [{after, number: parts[after]!.number + step, count: distance / step - 1}]
      : [],
  );
}
