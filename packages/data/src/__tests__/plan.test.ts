import type {Clip} from '../clip';
import {planSample, sampleName, type PlanContext, type PlannedSample} from '../plan';
import {drawGap, gapsOf} from '../policy';
import {createRandom} from '../random';

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
  augment: true,
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
    for (const {clip, gap, gt, crop} of samples) {
      expect(gt - gap).toBeGreaterThanOrEqual(0);
      expect(gt + gap).toBeLessThan(clip.frames);
      expect([crop.top >= 0, crop.top <= 32, crop.left >= 0, crop.left <= 64]).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });

  test('reach every gap, both ends of a clip and all crop offsets', () => {
    expect(new Set(samples.map(({gap}) => gap)).size).toBe(32);
    expect(new Set(samples.map(({crop}) => crop.top)).size).toBe(33);
    expect(new Set(samples.map(({crop}) => crop.left)).size).toBe(65);
    expect(samples.some(({gt, gap}) => gt === gap)).toBe(true);
    expect(samples.some(({gt, gap, clip}) => gt + gap === clip.frames - 1)).toBe(true);
  });

  test('a gap is drawn from clips that are long enough, uniformly', () => {
    expect(samples.filter(({gap}) => gap > 8).every(({clip}) => clip.id === 'b')).toBe(true);
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
    expect(plain.map(({gt, crop}) => [gt, crop])).toEqual(
      samples.slice(0, 50).map(({gt, crop}) => [gt, crop]),
    );
    expect(share(plain, s => s.augmentation.rotation !== 0 || s.augmentation.swap)).toBe(0);
  });

  test('are named in the order in which the network gets the frames', () => {
    const sample = samples[0]!;
    const named = (swap: boolean) =>
      sampleName({...sample, gt: 16, gap: 4, augmentation: {...sample.augmentation, swap}});
    expect([named(false), named(true)]).toEqual([`${sample.clip.id} 12-16-20`, `${sample.clip.id} 20-16-12`]);
  });

  test('a gap that no clip can serve', () => {
    expect(code(() => draw(1, {gaps: {minGap: 1, maxGap: 33}}))).toBe('RIFE_ERR_DATA_GAP');
    expect(() => draw(1, {gaps: {minGap: 1, maxGap: 33}})).toThrow('to at most 32');
  });
});

describe('redraws', () => {
  const redraw = (...ids: string[]) =>
    planSample(context, policy, 3, 1, {excluded: new Set(ids), reason: 'broken'});

  test('avoid the clips that failed, and gaps that only those could serve', () => {
    expect(redraw('b').clip.id).not.toBe('b');
    expect(redraw('b').gap).toBeLessThanOrEqual(8);
    expect(redraw('b', 'c').clip.id).toBe('a');
    expect(redraw('b')).toEqual(redraw('b'));
  });

  test('end when no clip is left', () => {
    expect(code(() => redraw('a', 'b', 'c'))).toBe('RIFE_ERR_DATA_NONE_LEFT');
  });
});
