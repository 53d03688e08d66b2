/**
 * Counts of |motion| in bins that grow by 2^(1/8), from 0.25 to 2048 pixels; smaller ones share the
 * first bin.
 */
const LEAST = 0.25;
const PER_OCTAVE = 8;
const BINS = 1 + 13 * PER_OCTAVE;

/**
 * Counts, one for each bin. Plain numbers, which can be sent between threads and written as JSON.
 */
export type Histogram = number[];

export const emptyHistogram = (): Histogram => new Array<number>(BINS).fill(0);

/** Lower end of a bin, pixels. */
const lowerEnd = (bin: number) => (bin === 0 ? 0 : LEAST * 2 ** ((bin - 1) / PER_OCTAVE));

/** Counts lengths in pixels. */
export function count(histogram: Histogram, lengths: readonly number[]): void {
  for (const length of lengths) {
    const bin = length < LEAST ? 0 : 1 + Math.floor(PER_OCTAVE * Math.log2(length / LEAST));
    histogram[Math.min(BINS - 1, bin)]!++;
  }
}

/** Adds `more` to `histogram`. */
export function addTo(histogram: Histogram, more: Histogram): void {
  for (const [bin, number] of more.entries()) histogram[bin]! += number;
}

export const totalOf = (histogram: Histogram) => histogram.reduce((sum, number) => sum + number, 0);

/** The length that a share (0..1) of the counts is below, pixels, within 5 %; 0 of none. */
export function quantileOf(histogram: Histogram, share: number): number {
  let rest = share * totalOf(histogram);
  for (const [bin, number] of histogram.entries()) {
    if (number > 0 && rest <= number)
      return lowerEnd(bin) + (rest / number) * (lowerEnd(bin + 1) - lowerEnd(bin));
    rest -= number;
  }
  return 0;
}

/** Upper ends of the coarse bins of {@link coarse}, pixels; the last one has no end. */
export const COARSE_ENDS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Shares (0..1) of lengths below 1, 2, 4 ... 256 pixels, each without those before, and of longer
 * ones.
 */
export function coarse(histogram: Histogram): number[] {
  const shares = new Array<number>(COARSE_ENDS.length + 1).fill(0);
  const total = Math.max(1, totalOf(histogram));
  for (const [bin, number] of histogram.entries()) {
    const end = COARSE_ENDS.findIndex(limit => lowerEnd(bin) < limit * 0.999);
    shares[end < 0 ? COARSE_ENDS.length : end]! += number / total;
  }
  return shares;
}
