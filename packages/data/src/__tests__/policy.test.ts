/**
 * Balance and rehearsal: probabilities against brute-force enumeration of triplets, and draws
 * against probabilities.
 */
import type {DataConfig, SamplingPolicy} from '@rife-train/core';
import {gapOf, type Clip} from '../clip';
import {gapShares, planSample, type PlanContext} from '../sampling/plan';
import {drawWeighted, gapsOf} from '../sampling/policy';
import {tripletsOf} from '../sampling/triplets';

const clip = (id: string, frames: number): Clip => ({
  id,
  kind: 'folder',
  path: `/clips/${id}`,
  frames,
  width: 64,
  height: 64,
  files: [],
});
const contextOf = (frames: readonly number[], timestep: DataConfig['timestep'] = 'middle'): PlanContext => ({
  root: '/clips',
  clips: frames.map((count, i) => clip(`c${i}`, count)),
  seed: 11,
  crop: [64, 64],
  augment: false,
  timestep,
  batchSize: 4,
  shard: {rank: 0, count: 1},
});

/** All triplets `clip before-gt-after` of gaps min..max, found by trying every three frames. */
function triplets({clips, timestep}: PlanContext, min: number, max: number): {name: string; gap: number}[] {
  const found: {name: string; gap: number}[] = [];
  for (const {id, frames} of clips)
    for (let before = 0; before < frames; before++)
      for (let after = before + 2; after < frames; after++)
        for (let gt = before + 1; gt < after; gt++) {
          const gap = Math.ceil((after - before) / 2);
          const isMiddle = gt - before === after - gt;
          if (gap < min || gap > max || frames < 2 * gap + 1) continue;
          if (timestep === 'any' || isMiddle) found.push({name: `${id} ${before}-${gt}-${after}`, gap});
        }
  return found;
}

const drawn = (context: PlanContext, policy: SamplingPolicy, count: number) =>
  Array.from({length: count}, (_, i) => {
    const sample = planSample(context, policy, i >> 2, i & 3);
    return {name: `${sample.clip.id} ${sample.numbers.join('-')}`, gap: Math.ceil(gapOf(sample.numbers))};
  });

/**
 * Pearson's statistic in standard deviations above its mean; kinds of probability 0 must not occur.
 */
function unevenness(values: readonly (string | number)[], shares: ReadonlyMap<string | number, number>) {
  const counts = new Map<string | number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const value of counts.keys()) if (!shares.get(value)) throw new Error(`${value} was drawn`);
  const kinds = [...shares].filter(([, share]) => share > 0);
  const chiSquare = kinds.reduce((sum, [kind, share]) => {
    const expected = share * values.length;
    return sum + ((counts.get(kind) ?? 0) - expected) ** 2 / expected;
  }, 0);
  return (chiSquare - (kinds.length - 1)) / Math.sqrt(2 * (kinds.length - 1));
}
const shareOf = (shares: readonly number[], from: number, to: number) =>
  shares.slice(from - 1, to).reduce((a, b) => a + b, 0);

describe('balance over triplets', () => {
  const policy: SamplingPolicy = {minGap: 1, maxGap: 32, balance: 'triplets'};

  test('65 frames, gaps 1 to 32: 43.8 % gaps 1-8, 6.3 % gaps 25-32, (65 - 2g) / 1024 each', () => {
    const shares = gapShares(contextOf([65, 65, 65]), policy, 0);
    expect(shares).toHaveLength(32);
    shares.forEach((share, i) => expect(share).toBeCloseTo((65 - 2 * (i + 1)) / 1024, 12));
    expect(shareOf(shares, 1, 8)).toBeCloseTo(0.4375, 12);
    expect(shareOf(shares, 9, 16)).toBeCloseTo(0.3125, 12);
    expect(shareOf(shares, 17, 24)).toBeCloseTo(0.1875, 12);
    expect(shareOf(shares, 25, 32)).toBeCloseTo(0.0625, 12);
  });

  test('balanced over gaps: a quarter each', () => {
    const shares = gapShares(contextOf([65]), {minGap: 1, maxGap: 32}, 0);
    for (const from of [1, 9, 17, 25]) expect(shareOf(shares, from, from + 7)).toBeCloseTo(0.25, 12);
  });

  test.each(['middle', 'any'] as const)('%s: counts are those of trying every three frames', timestep => {
    const context = contextOf([3, 6, 7, 9, 12], timestep);
    for (let gap = 1; gap <= 6; gap++)
      expect(tripletsOf(context.clips, gap, timestep)).toBe(triplets(context, gap, gap).length);
  });

  test.each(['middle', 'any'] as const)(
    '%s: every triplet of clips of any length is equally likely',
    timestep => {
      const context = contextOf([9, 7, 5, 9], timestep);
      const all = triplets(context, 1, 4);
      const even = new Map(all.map(({name}) => [name, 1 / all.length]));
      const names = drawn(context, {minGap: 1, maxGap: 4, balance: 'triplets'}, 20_000).map(({name}) => name);
      expect(Math.abs(unevenness(names, even))).toBeLessThan(3.5);
      // Power of the test: balanced over gaps, the same draws are far from even.
      const overGaps = drawn(context, {minGap: 1, maxGap: 4}, 20_000).map(({name}) => name);
      expect(unevenness(overGaps, even)).toBeGreaterThan(20);
    },
  );

  test('weights multiply the number of triplets', () => {
    const [a, b, c] = gapShares(
      contextOf([9, 5]),
      {minGap: 1, maxGap: 3, balance: 'triplets', gapWeights: [1, 0, 4]},
      0,
    );
    // 7 + 3 triplets of gap 1, 3 of gap 3.
    expect([a, b, c]).toEqual([10 / 22, 0, 12 / 22]);
  });

  test('leaves the draws of a policy without it alone', () => {
    const context = contextOf([9, 65]);
    expect(drawn(context, {minGap: 1, maxGap: 4, balance: 'gaps'}, 40)).toEqual(
      drawn(context, {minGap: 1, maxGap: 4}, 40),
    );
  });

  test('a redraw counts the clips that are left', () => {
    const context = contextOf([9, 5]);
    const redraw = {excluded: new Set(['c0']), reason: 'broken'};
    const gaps = Array.from(
      {length: 4000},
      (_, i) => planSample(context, {minGap: 1, maxGap: 4, balance: 'triplets'}, i, 0, redraw).numbers,
    ).map(gapOf);
    // 3 triplets of gap 1, 1 of gap 2.
    expect(
      unevenness(
        gaps,
        new Map([
          [1, 0.75],
          [2, 0.25],
        ]),
      ),
    ).toBeLessThan(3.5);
  });
});

describe('rehearsal', () => {
  const context = contextOf([65, 33]);
  const moved = {minGap: 1, maxGap: 12, gapWeights: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]};
  const rehearsal = {share: 0.1, gaps: [1, 4] as const};

  test('gives its gaps their share, evenly, and the rest what is left', () => {
    const shares = gapShares(context, {...moved, rehearsal}, 0);
    expect(shares).toHaveLength(12);
    shares.forEach((share, i) => expect(share).toBeCloseTo(i < 4 ? 0.025 : i < 8 ? 0 : 0.225, 12));
  });

  test('in triplets, its gaps are as likely as they have triplets', () => {
    const shares = gapShares(context, {...moved, balance: 'triplets', rehearsal}, 0);
    const counts = [1, 2, 3, 4].map(gap => 65 - 2 * gap + 33 - 2 * gap);
    expect(shareOf(shares, 1, 4)).toBeCloseTo(0.1, 12);
    counts.forEach((count, i) => expect(shares[i]! / shares[0]!).toBeCloseTo(count / counts[0]!, 12));
    expect(shares[8]! / shares[11]!).toBeCloseTo((98 - 36) / (98 - 48), 12);
  });

  test('adds nothing where its gaps have that share already', () => {
    expect(gapShares(context, {minGap: 1, maxGap: 12, rehearsal}, 0)).toEqual(
      gapShares(context, {minGap: 1, maxGap: 12}, 0),
    );
  });

  test('fills up what its gaps lack', () => {
    const shares = gapShares(context, {minGap: 1, maxGap: 12, rehearsal: {share: 0.5, gaps: [1, 2]}}, 0);
    expect(shareOf(shares, 1, 2)).toBeCloseTo(0.5, 12);
    expect(shareOf(shares, 3, 12)).toBeCloseTo(0.5, 12);
  });

  test.each(['gaps', 'triplets'] as const)('draws follow the shares, balanced over %s', balance => {
    const policy: SamplingPolicy = {...moved, balance, rehearsal};
    const shares = gapShares(context, policy, 0);
    const gaps = drawn(context, policy, 20_000).map(({gap}) => gap);
    expect(Math.abs(unevenness(gaps, new Map(shares.map((share, i) => [i + 1, share]))))).toBeLessThan(3.5);
  });

  test('is left when the clips of all other gaps have failed', () => {
    const redraw = {excluded: new Set(['c0']), reason: 'broken'};
    const policy: SamplingPolicy = {
      minGap: 1,
      maxGap: 20,
      rehearsal,
      gapWeights: Array.from({length: 20}, (_, i) => (i === 19 ? 1 : 0)),
    };
    const gaps = Array.from({length: 50}, (_, i) => gapOf(planSample(context, policy, i, 0, redraw).numbers));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4);
  });

  test('a gap that no clip can serve is an error though its weight is 0', () => {
    const policy: SamplingPolicy = {minGap: 1, maxGap: 40, gapWeights: [1, ...Array<number>(39).fill(0)]};
    expect(() => gapShares(context, policy, 0)).not.toThrow();
    expect(() => gapShares(context, {...policy, rehearsal: {share: 0.1, gaps: [1, 40]}}, 0)).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_DATA_GAP'}),
    );
  });
});

test.each<[string, Partial<SamplingPolicy>]>([
  ['balance to be "gaps" or "triplets"', {balance: 'clips' as 'gaps'}],
  ['a rehearsal share above 0, up to 1', {rehearsal: {share: 0, gaps: [1, 2]}}],
  ['a rehearsal share above 0, up to 1', {rehearsal: {share: NaN, gaps: [1, 2]}}],
  ['a rehearsal share above 0, up to 1', {rehearsal: {share: 1.1, gaps: [1, 2]}}],
  ['rehearsal gaps from minGap to maxGap', {rehearsal: {share: 0.1, gaps: [1, 9]}}],
  ['rehearsal gaps from minGap to maxGap', {rehearsal: {share: 0.1, gaps: [0, 2]}}],
  ['rehearsal gaps from minGap to maxGap', {rehearsal: {share: 0.1, gaps: [3, 2]}}],
  ['rehearsal gaps from minGap to maxGap', {rehearsal: {share: 0.1, gaps: [1, 1.5]}}],
])('expects %s: refuses %j', (expected, change) => {
  const refused = {code: 'RIFE_ERR_DATA_POLICY', message: expect.stringContaining(`Expected ${expected}`)};
  expect(() => gapsOf({minGap: 1, maxGap: 8, ...change}, 3)).toThrow(expect.objectContaining(refused));
});

test('rounding at the end of a draw never picks what has weight 0', () => {
  const things = [{weight: 0.1}, {weight: 0.2}, {weight: 0}];
  const random = {uniform: () => 1, below: () => 0};
  expect(drawWeighted(things, random)).toBe(things[1]);
});
