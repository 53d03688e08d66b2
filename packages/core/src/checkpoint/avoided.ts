/** Batches that a run is never fed: ranges [from, to) in order, apart from each other. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** With one more range; those that touch become one. */
export function withRange(ranges: Ranges, [from, to]: readonly [from: number, to: number]): Ranges {
  if (from >= to) return ranges;
  const apart = ranges.filter(([a, b]) => b < from || a > to);
  const touching = ranges.filter(range => !apart.includes(range));
  const joined = [
    Math.min(from, ...touching.map(([a]) => a)),
    Math.max(to, ...touching.map(([, b]) => b)),
  ] as const;
  return [...apart, joined].sort(([a], [b]) => a - b);
}

/** The first number from `index` on that is in no range. */
export function firstOutside(ranges: Ranges, index: number): number {
  const hit = ranges.find(([from, to]) => from <= index && index < to);
  return hit ? hit[1] : index;
}
