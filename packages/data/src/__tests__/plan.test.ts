import {gapOf, type Clip} from '../clip';
import {planSample, sampleName, timestepOf, type PlanContext, type PlannedSample} from '../sampling/plan';
import {drawGap, gapsOf} from '../sampling/policy';
import {createRandom} from '../sampling/random';

const clip = (id: string, frames: number, height = 96, width = 128): Clip => ({
  id,
  kind: 'folder',
  path: `/clips/${id}`,
  frames,
  width,
  height,
  files: [],
});

const context: PlanContext = {
  root: '/clips',
  clips: [clip('a', 9), clip('b', 65), clip('c', 17)],
  seed: 7,
  crop: [64, 64],
  augment: {},
  timestep: 'middle',
  batchSize: 4,
  shard: {rank: 0, count: 1},
};
const policy = {minGap: 1, maxGap: 32};
const draw = (count: number, {plan = context, gaps = policy} = {}): PlannedSample[] =>
  Array.from({length: count}, (_, i) => planSample(plan, gaps, i >> 2, i & 3));
const share = (samples: PlannedSample[], is: (sample: PlannedSample) => boolean) =>
  samples.filter(is).length / samples.length;

const code = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as {code: string}).code;
  }
  return undefined;
};

describe('random', () => {
  test('depends on each of its four words', () => {
    const first = (...words: [number, number, number, number]) => createRandom(...words).uniform();
    const values = [
      first(1, 2, 3, 4),
      first(0, 2, 3, 4),
      first(1, 0, 3, 4),
      first(1, 2, 0, 4),
      first(1, 2, 3, 0),
    ];
    expect(new Set(values).size).toBe(5);
    expect(first(1, 2, 3, 4)).toBe(values[0]);
  });

  test('its stream never changes: old checkpoints must find their batches', () => {
    const random = createRandom(1234, 5, 1, 0);
    expect([random.below(1000), random.below(1000), random.below(1000)]).toMatchInlineSnapshot(`
     [
       364,
       203,
       759,
     ]
    `);
  });

  test('first draws of neighbouring samples are uniform and uncorrelated', () => {
    const values = Array.from({length: 16000}, (_, i) => createRandom(1, i >> 4, i & 15, 0).uniform() - 0.5);
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    const neighbours = values.slice(1).reduce((sum, v, i) => sum + v * values[i]!, 0) / values.length;
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(Math.abs(neighbours / variance)).toBeLessThan(0.03); // 3.8 standard errors
  });
});

describe('gaps', () => {
  test('uniform without weights', () => {
    expect(gapsOf({minGap: 2, maxGap: 4}, 0).map(({gap}) => gap)).toEqual([2, 3, 4]);
  });

  test('follow the weights', () => {
    const gaps = gapsOf({minGap: 3, maxGap: 5, gapWeights: [1, 0, 3]}, 0);
    const drawn = Array.from({length: 8000}, (_, i) => drawGap(gaps, createRandom(1, i, 0, 0)));
    expect(drawn.filter(gap => gap === 3).length / 8000).toBeCloseTo(0.25, 1);
    expect(new Set(drawn)).toEqual(new Set([3, 5]));
  });

  test.each([
    [{minGap: 0, maxGap: 2}],
    [{minGap: 1.5, maxGap: 2}],
    [{minGap: 3, maxGap: 2}],
    [{minGap: 1, maxGap: 2, gapWeights: [1]}],
    [{minGap: 1, maxGap: 2, gapWeights: [1, -1]}],
    [{minGap: 1, maxGap: 2, gapWeights: [NaN, 1]}],
    [{minGap: 1, maxGap: 2, gapWeights: [0, 0]}],
  ])('%j is refused', bad => {
    expect(code(() => gapsOf(bad, 3))).toBe('RIFE_ERR_DATA_POLICY');
  });
});

describe('samples', () => {
  const samples = draw(4000);

  test('stay inside their clip and frame', () => {
    const isInside = ({clip, numbers: [before, gt, after], crop}: PlannedSample) =>
      before >= 0 &&
      after < clip.frames &&
      gt - before === after - gt &&
      crop.top >= 0 &&
      crop.top <= 32 &&
      crop.left >= 0 &&
      crop.left <= 64;
    // One comparison for all: thousands of `expect` take seconds.
    expect(samples.filter(sample => !isInside(sample))).toEqual([]);
  });

  test('reach every gap, both ends of a clip and all crop offsets', () => {
    expect(new Set(samples.map(({numbers}) => gapOf(numbers))).size).toBe(32);
    expect(new Set(samples.map(({crop}) => crop.top)).size).toBe(33);
    expect(new Set(samples.map(({crop}) => crop.left)).size).toBe(65);
    expect(samples.some(({numbers}) => numbers[0] === 0)).toBe(true);
    expect(samples.some(({numbers, clip}) => numbers[2] === clip.frames - 1)).toBe(true);
  });

  test('a gap is drawn from clips that are long enough, uniformly', () => {
    expect(samples.filter(({numbers}) => gapOf(numbers) > 8).every(({clip}) => clip.id === 'b')).toBe(true);
    const short = draw(3000, {gaps: {minGap: 4, maxGap: 4}});
    for (const id of ['a', 'b', 'c']) expect(share(short, s => s.clip.id === id)).toBeCloseTo(1 / 3, 1);
  });

  test('each augmentation has its probability', () => {
    for (const key of ['reverseChannels', 'flipVertical', 'flipHorizontal', 'swap'] as const) {
      expect(share(samples, s => s.augmentation[key])).toBeCloseTo(0.5, 1);
    }
    for (const angle of [0, 90, 180, 270])
      expect(share(samples, s => s.augmentation.rotation === angle)).toBeCloseTo(0.25, 1);
  });

  test('only half turns where the crop is no square', () => {
    const oblong = draw(1000, {plan: {...context, crop: [64, 96]}});
    expect(share(oblong, s => s.augmentation.rotation === 180)).toBeCloseTo(0.5, 1);
    expect(share(oblong, s => s.augmentation.rotation % 180 !== 0)).toBe(0);
  });

  test('without augmentation the same triplets and crops are drawn', () => {
    const plain = draw(50, {plan: {...context, augment: false}});
    expect(plain.map(({numbers, crop}) => [numbers, crop])).toEqual(
      samples.slice(0, 50).map(({numbers, crop}) => [numbers, crop]),
    );
    expect(share(plain, s => s.augmentation.rotation !== 0 || s.augmentation.swap)).toBe(0);
  });

  test('never change: old checkpoints must find their triplets, crops and augmentations', () => {
    const lines = samples.slice(0, 6).map(sample => {
      const {crop, augmentation} = sample;
      const flags = Object.values(augmentation).map(Number).join(' ');
      return `${sampleName(sample)} at ${crop.top},${crop.left}: ${flags}`;
    });
    expect(lines).toMatchInlineSnapshot(`
     [
       "b 33-44-55 at 10,54: 0 0 1 0 0",
       "b 27-38-49 at 13,6: 1 0 0 0 90",
       "b 11-27-43 at 8,29: 1 1 0 0 270",
       "b 61-36-11 at 14,13: 1 1 1 1 270",
       "b 52-29-6 at 6,1: 0 0 0 1 180",
       "b 62-42-22 at 14,33: 0 0 0 1 270",
     ]
    `);
  });

  test('are named in the order in which the network gets the frames', () => {
    const sample = samples[0]!;
    const named = (swap: boolean) =>
      sampleName({...sample, numbers: [12, 16, 20], augmentation: {...sample.augmentation, swap}});
    expect([named(false), named(true)]).toEqual([`${sample.clip.id} 12-16-20`, `${sample.clip.id} 20-16-12`]);
  });

  test('a gap that no clip can serve', () => {
    expect(code(() => draw(1, {gaps: {minGap: 1, maxGap: 33}}))).toBe('RIFE_ERR_DATA_GAP');
    expect(() => draw(1, {gaps: {minGap: 1, maxGap: 33}})).toThrow('to at most 32');
  });
});

/**
 * Pearson's statistic of counts that should be equal, in standard deviations of it under that
 * hypothesis.
 */
function unevenness(values: readonly number[], kinds: readonly number[]): number {
  const expected = values.length / kinds.length;
  const counts = kinds.map(kind => values.filter(value => value === kind).length);
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquare - (kinds.length - 1)) / Math.sqrt(2 * (kinds.length - 1));
}
const range = (from: number, to: number) => Array.from({length: to - from + 1}, (_, i) => from + i);

describe('samples at any timestep', () => {
  const any: PlanContext = {...context, timestep: 'any', augment: false};
  const spanOf = ({numbers}: PlannedSample) => numbers[2] - numbers[0];
  const gtOf = ({numbers}: PlannedSample) => numbers[1] - numbers[0];
  const samples = draw(12_000, {plan: any});

  test('lie inside their clip, gt strictly between the inputs', () => {
    const isInside = ({clip, numbers: [before, gt, after]}: PlannedSample) =>
      0 <= before && before < gt && gt < after && after < clip.frames;
    expect(samples.filter(sample => !isInside(sample))).toEqual([]);
  });

  test('gaps 1 to 32 give spans of 2 to 64, those of gap 1 always 2, the others evenly', () => {
    const spans = samples.map(spanOf);
    expect(new Set(spans)).toEqual(new Set(range(2, 64)));
    expect(share(samples, sample => spanOf(sample) === 2)).toBeCloseTo(1 / 32, 2);
    expect(
      unevenness(
        spans.filter(span => span > 2),
        range(3, 64),
      ),
    ).toBeLessThan(4);
  });

  test.each([3, 8, 31, 64])('a span of %i: gt and start are uniform', span => {
    const gap = Math.ceil(span / 2);
    const plan = {...any, clips: [clip('long', 70)]};
    const drawn = draw(12_000, {plan, gaps: {minGap: gap, maxGap: gap}}).filter(s => spanOf(s) === span);
    expect(drawn.length / 12_000).toBeCloseTo(0.5, 1);
    expect(unevenness(drawn.map(gtOf), range(1, span - 1))).toBeLessThan(4);
    const starts = drawn.map(({numbers}) => numbers[0]);
    expect(unevenness(starts, range(0, 69 - span))).toBeLessThan(4);
  });

  test('every frame of every span of a short clip occurs: 7 frames, as a septuplet', () => {
    const plan = {...any, clips: [clip('seven', 7)]};
    const drawn = draw(6000, {plan, gaps: {minGap: 1, maxGap: 3}});
    const seen = new Set(drawn.map(({numbers}) => numbers.join('-')));
    expect(seen.size).toBe(35); // 7 over 3: all ascending triplets
  });

  test('clips of 3 frames have one triplet, in either mode', () => {
    for (const timestep of ['any', 'middle'] as const) {
      const plan = {...any, timestep, clips: [clip('three', 3)]};
      const drawn = draw(50, {plan, gaps: {minGap: 1, maxGap: 1}});
      expect(new Set(drawn.map(({numbers}) => numbers.join('-')))).toEqual(new Set(['0-1-2']));
    }
  });

  test('the timestep is that of the frames as the network gets them', () => {
    const sample = (swap: boolean): PlannedSample => ({
      ...samples[0]!,
      numbers: [10, 12, 17],
      augmentation: {...samples[0]!.augmentation, swap},
    });
    expect([timestepOf(sample(false)), timestepOf(sample(true))]).toEqual([2 / 7, 5 / 7]);
    expect(sampleName(sample(true))).toMatch(/ 17-12-10$/);
    expect(gapOf(sample(true).numbers)).toBe(3.5);
  });

  test('depend on seed, batch and sample alone', () => {
    expect(draw(40, {plan: any})).toEqual(samples.slice(0, 40));
    expect(draw(40, {plan: {...any, seed: 8}})).not.toEqual(samples.slice(0, 40));
  });

  test('augmentation changes no frame numbers', () => {
    const augmented = draw(40, {plan: {...any, augment: {}}});
    expect(augmented.map(({numbers}) => numbers)).toEqual(samples.slice(0, 40).map(({numbers}) => numbers));
  });
});

describe('redraws', () => {
  const redraw = (...ids: string[]) =>
    planSample(context, policy, 3, 1, {excluded: new Set(ids), reason: 'broken'});

  test('avoid the clips that failed, and gaps that only those could serve', () => {
    expect(redraw('b').clip.id).not.toBe('b');
    expect(gapOf(redraw('b').numbers)).toBeLessThanOrEqual(8);
    expect(redraw('b', 'c').clip.id).toBe('a');
    expect(redraw('b')).toEqual(redraw('b'));
  });

  test('end when no clip is left', () => {
    expect(code(() => redraw('a', 'b', 'c'))).toBe('RIFE_ERR_DATA_NONE_LEFT');
  });
});
