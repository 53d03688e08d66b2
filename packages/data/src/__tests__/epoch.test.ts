/** Epochs: which triplets come how often. */
import type {DataConfig, SamplingPolicy} from '@rife-train/core';
import {gapOf, type Clip} from '../clip';
import {planSample, type PlanContext} from '../sampling/plan';
import {tripletAt, tripletsOf, tripletsOfGaps, tripletsOfSpan} from '../sampling/triplets';

const clipsOf = (frames: readonly number[]): Clip[] =>
  frames.map((count, i) => ({
    ...{id: `c${i}`, kind: 'folder', path: `/clips/c${i}`, frames: count, width: 64, height: 64, files: []},
  }));
const contextOf = (
  clips: readonly Clip[],
  epoch: number,
  timestep: DataConfig['timestep'] = 'middle',
): PlanContext => ({
  ...{root: '/clips', clips, seed: 11, crop: [64, 64], augment: false, timestep},
  ...{batchSize: 4, shard: {rank: 0, count: 1}, epoch},
});

/** Samples from..to-1 of a run. */
function samples(context: PlanContext, policy: SamplingPolicy, from: number, to: number) {
  const {batchSize} = context;
  return Array.from({length: to - from}, (_, i) => {
    const n = from + i;
    const {clip, numbers} = planSample(context, policy, Math.floor(n / batchSize), n % batchSize);
    return {name: `${clip.id} ${numbers.join('-')}`, gap: Math.ceil(gapOf(numbers))};
  });
}
function countsOf<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

test('65 frames, gaps 1 to 32: 1,024 triplets a clip, 4,513,792 of 4,408 clips', () => {
  expect(tripletsOfGaps(clipsOf([65]), [1, 32], 'middle')).toBe(1024);
  expect(tripletsOfGaps(clipsOf(Array<number>(4408).fill(65)), [1, 32], 'middle')).toBe(4_513_792);
});

test.each(['middle', 'any'] as const)(
  '%s: the k-th triplet runs through all of them, each once',
  timestep => {
    const clips = clipsOf([9, 3, 7, 2, 12]);
    for (let gap = 1; gap <= 5; gap++) {
      const names = new Set<string>();
      for (const span of timestep === 'any' && gap > 1 ? [2 * gap - 1, 2 * gap] : [2 * gap])
        for (let k = 0; k < tripletsOfSpan(clips, gap, span, timestep); k++) {
          const {clip, numbers} = tripletAt(clips, gap, span, timestep, k);
          const [before, gt, after] = numbers;
          expect(after - before).toBe(span);
          expect(0 <= before && before < gt && gt < after && after < clip.frames).toBe(true);
          if (timestep === 'middle') expect(gt - before).toBe(after - gt);
          names.add(`${clip.id} ${numbers.join('-')}`);
        }
      expect(names.size).toBe(tripletsOf(clips, gap, timestep));
    }
  },
);

describe.each(['middle', 'any'] as const)('an epoch of all triplets, %s', timestep => {
  const clips = clipsOf([9, 7, 5, 9]);
  const policy: SamplingPolicy = {minGap: 1, maxGap: 4, balance: 'triplets'};
  const total = tripletsOfGaps(clips, [1, 4], timestep);
  const context = contextOf(clips, total, timestep);

  test('balanced over triplets, has every triplet of the formula exactly once; so has the next, in another order', () => {
    const [first, second] = [0, 1].map(e => samples(context, policy, e * total, (e + 1) * total));
    for (const epoch of [first!, second!]) {
      const counts = countsOf(epoch.map(({name}) => name));
      expect(counts.size).toBe(total);
      expect([...counts.values()].every(count => count === 1)).toBe(true);
    }
    expect(first).not.toEqual(second);
  });

  test('balanced over gaps, has each gap equally often, and in it each triplet equally often', () => {
    const drawn = samples(context, {minGap: 1, maxGap: 4}, 0, total);
    for (const [gap, count] of countsOf(drawn.map(sample => sample.gap))) {
      expect(Math.abs(count - total / 4)).toBeLessThanOrEqual(1);
      const counts = [...countsOf(drawn.filter(s => s.gap === gap).map(({name}) => name)).values()];
      if (timestep === 'middle') expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      // None comes twice before all of its span have come.
      if (count <= tripletsOf(clips, gap, timestep) / 2) expect(Math.max(...counts)).toBe(1);
    }
  });
});

test('an epoch that is smaller than the data has no triplet twice', () => {
  const clips = clipsOf(Array<number>(50).fill(65));
  const context = contextOf(clips, 4000);
  for (const epoch of [0, 1, 5]) {
    // Gap 31 has 150 triplets for its 129 samples.
    const drawn = samples(context, {minGap: 1, maxGap: 31}, epoch * 4000, (epoch + 1) * 4000);
    expect(new Set(drawn.map(({name}) => name)).size).toBe(4000);
    for (const count of countsOf(drawn.map(({gap}) => gap)).values())
      expect(Math.abs(count - 4000 / 31)).toBeLessThan(1);
  }
});

test('X-TRAIN, epochs of 48,768: each gap in its share, all clips, no triplet twice', () => {
  const clips = clipsOf(Array<number>(4408).fill(65));
  const epoch = 48_768;
  const policy: SamplingPolicy = {minGap: 1, maxGap: 32, balance: 'triplets'};
  const drawn = samples(contextOf(clips, epoch), policy, 0, epoch);
  expect(new Set(drawn.map(({name}) => name)).size).toBe(epoch);
  for (const [gap, count] of countsOf(drawn.map(sample => sample.gap)))
    expect(Math.abs(count - (epoch * (65 - 2 * gap)) / 1024)).toBeLessThanOrEqual(1);
  // 11 samples a clip: a clip is missed with probability e^-11, and counts spread as chance spreads
  // them.
  const counts = countsOf(drawn.map(({name}) => name.split(' ')[0]!));
  expect(counts.size).toBeGreaterThan(4400);
  const mean = epoch / 4408;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  expect(Math.abs(chiSquare - 4407) / Math.sqrt(2 * 4407)).toBeLessThan(5);
});

test('places in a clip are even: first inputs of one gap over many epochs', () => {
  const clips = clipsOf([21, 21]);
  const context = contextOf(clips, 8);
  const drawn = samples(context, {minGap: 5, maxGap: 5}, 0, 8000).map(({name}) => name);
  const counts = [...countsOf(drawn).values()];
  expect(counts).toHaveLength(22);
  const mean = 8000 / 22;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  expect((chiSquare - 21) / Math.sqrt(42)).toBeLessThan(4);
});

describe('replicas', () => {
  const clips = clipsOf([65, 65, 33]);
  const policy: SamplingPolicy = {minGap: 1, maxGap: 8};
  const context = {...contextOf(clips, 500), augment: {}};
  const planned = (plan: PlanContext, batch: number) =>
    Array.from({length: plan.batchSize}, (_, i) => planSample(plan, policy, batch, i));

  test('of four, each with batches of 4, share what one with batches of 16 draws: crops and augmentation, too', () => {
    const one = {...context, batchSize: 16};
    for (const batch of [0, 1, 77]) {
      const shared = [0, 1, 2, 3].flatMap(rank => planned({...context, shard: {rank, count: 4}}, batch));
      expect(shared).toEqual(planned(one, batch));
    }
  });

  test('of three leave nothing out of an epoch, and draw nothing twice', () => {
    const all = contextOf(clips, tripletsOfGaps(clips, [1, 8], 'middle'));
    const total = all.epoch!;
    const names: string[] = [];
    for (let batch = 0; batch * 12 < total; batch++)
      for (const rank of [0, 1, 2])
        for (let i = 0; i < 4; i++) {
          if ((batch * 3 + rank) * 4 + i >= total) continue; // of the next epoch
          const plan = {...all, shard: {rank, count: 3}};
          const {clip, numbers} = planSample(plan, {...policy, balance: 'triplets'}, batch, i);
          names.push(`${clip.id} ${numbers.join('-')}`);
        }
    expect(names).toHaveLength(total);
    expect(new Set(names).size).toBe(total);
  });
});

test('a policy that changes takes effect at once, and the rest of the epoch is dealt out by it', () => {
  const context = contextOf(clipsOf([65, 65]), 400);
  const before = samples(context, {minGap: 1, maxGap: 2}, 0, 200);
  const behind = samples(context, {minGap: 3, maxGap: 6}, 200, 400);
  expect(before.every(({gap}) => gap <= 2)).toBe(true);
  expect(countsOf(behind.map(({gap}) => gap)).size).toBe(4);
});

test('a redraw is drawn by itself, from the clips that are left', () => {
  const context = contextOf(clipsOf([65, 65, 65]), 400);
  const redraw = {excluded: new Set(['c0', 'c2']), reason: 'broken'};
  const sample = () => planSample(context, {minGap: 1, maxGap: 8}, 3, 1, redraw);
  expect(sample().clip.id).toBe('c1');
  expect(sample()).toEqual(sample());
});

test('never change: old checkpoints must find their triplets, crops and augmentations', () => {
  const clips = clipsOf([65, 17]).map(clip => ({...clip, width: 128, height: 96}));
  const context = {...contextOf(clips, 1000), augment: {}};
  const lines = [0, 1, 2, 3].map(i => {
    const {clip, numbers, crop, augmentation} = planSample(context, {minGap: 1, maxGap: 8}, 300, i);
    return `${clip.id} ${numbers.join('-')} at ${crop.top},${crop.left}: ${Object.values(augmentation).map(Number).join(' ')}`;
  });
  expect(lines).toMatchInlineSnapshot(`
   [
     "c0 24-31-38 at 21,33: 0 1 1 1 180",
     "c0 37-41-45 at 32,15: 0 1 1 0 90",
     "c0 21-26-31 at 31,43: 1 1 0 0 270",
     "c0 19-20-21 at 28,10: 0 1 0 1 180",
   ]
  `);
});
