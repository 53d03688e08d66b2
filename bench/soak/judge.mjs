/** Distinguishes a leak from noise. */

const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A part of the samples at either end, at least one. */
const ends = (samples, part) => {
  const count = Math.max(1, Math.floor(samples.length * part));
  return [samples.slice(0, count), samples.slice(-count)];
};

/**
 * Factor by which steps may slow down from the first to the last tenth: the machine's own drift.
 */
const MOST_SLOWER = 1.1;

/**
 * Tensor counts must be equal in all samples. Memory is compared between the first and the last
 * quarter of the samples after `warmup` steps, as means, since a garbage collector makes single
 * samples jump. Speed is compared between the first and the last tenth, as means of medians.
 * @returns problems (none means passed), the growth in bytes, and how many times slower the end is
 */
export function judge(samples, warmup, maxGrowthBytes) {
  const problems = [];
  for (const kind of ['tensors', 'nativeTensors']) {
    const counts = [...new Set(samples.map(sample => sample[kind]))];
    if (counts.length > 1) problems.push(`${kind} is not constant: ${counts.slice(0, 8).join(', ')}`);
  }
  const settled = samples.filter(({step}) => step > warmup);
  const [first, last] = ends(settled, 0.25).map(part => mean(part.map(({rssBytes}) => rssBytes)));
  const growthBytes = last - first;
  if (!(growthBytes <= maxGrowthBytes))
    problems.push(
      `memory grew by ${growthBytes} bytes after step ${warmup}, expected at most ${maxGrowthBytes}`,
    );
  const [begin, end] = ends(settled, 0.1).map(part => mean(part.map(({medianMs}) => medianMs)));
  const slower = end / begin;
  if (!(slower <= MOST_SLOWER))
    problems.push(
      `steps took ${begin.toFixed(1)} ms at first and ${end.toFixed(1)} ms at last, expected at most ${MOST_SLOWER} times as long`,
    );
  return {problems, growthBytes, slower};
}
