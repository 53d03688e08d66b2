/** Tells a leak from noise. */

const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Tensor counts must be the same in all samples; memory is compared between the first and the last quarter of the
 * samples after `warmup` steps, as means, since a garbage collector makes single samples jump.
 * @returns problems (none means passed) and the growth in bytes
 */
export function judge(samples, warmup, maxGrowthBytes) {
  const problems = [];
  for (const kind of ['tensors', 'nativeTensors']) {
    const counts = [...new Set(samples.map(sample => sample[kind]))];
    if (counts.length > 1) problems.push(`${kind} is not constant: ${counts.slice(0, 8).join(', ')}`);
  }
  const settled = samples.filter(({step}) => step > warmup).map(sample => sample.rssBytes);
  const quarter = Math.max(1, settled.length >> 2);
  const growthBytes = mean(settled.slice(-quarter)) - mean(settled.slice(0, quarter));
  if (!(growthBytes <= maxGrowthBytes))
    problems.push(
      `memory grew by ${growthBytes} bytes after step ${warmup}, expected at most ${maxGrowthBytes}`,
    );
  return {problems, growthBytes};
}
