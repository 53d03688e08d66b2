import type {Scores} from '../../metrics/metric';
import type {EvalResult, FrameResult} from '../../report/result';
import {sampleResult} from '../../report/__tests__/sampleResult';
import {bootstrapInterval, pairedDifference} from '../differences';
import {extremeFrames} from '../extremes';
import {meanScore} from '../means';
import {byGroup, byMotion, byPart, byTime} from '../slices';
import {summarize} from '../summary';

const frame = (target: string, group: string, scores: FrameResult['scores'], motion = 1): FrameResult => ({
  ...{pair: group, target, group, part: '', t: 0.5, gap: 1, motion, scores},
});
const psnr = (value: number): Scores => ({psnr: value});
const names = (frames: readonly FrameResult[]) => frames.map(({target}) => target);

/** Three frames of clip a and one of clip b. */
const CLIPS = [
  frame('a1', 'a', {network: psnr(30), mean: psnr(29)}),
  frame('a2', 'a', {network: psnr(31), mean: psnr(31)}),
  frame('a3', 'a', {network: psnr(32), mean: psnr(33)}),
  frame('b1', 'b', {network: psnr(41), mean: psnr(37)}),
];

describe('means', () => {
  it('takes all frames alike, or first the mean of each group', () => {
    expect(meanScore(CLIPS, 'network', 'psnr', 'frames')).toEqual({value: 33.5, frames: 4});
    expect(meanScore(CLIPS, 'network', 'psnr', 'groups')).toEqual({value: 36, frames: 4});
    expect(meanScore(CLIPS, 'nearest', 'psnr', 'frames')).toBeUndefined();
  });

  it('is infinite with one infinite frame, and names it', () => {
    const frames = [...CLIPS, frame('b2', 'b', {network: psnr(Infinity)})];
    expect(meanScore(frames, 'network', 'psnr', 'frames')).toEqual({
      value: Infinity,
      frames: 5,
      notFinite: {targets: ['b2'], others: 33.5},
    });
  });

  it('is NaN with one NaN', () => {
    const frames = [frame('a1', 'a', {network: psnr(NaN)})];
    expect(meanScore(frames, 'network', 'psnr', 'groups')).toEqual({
      value: NaN,
      frames: 1,
      notFinite: {targets: ['a1'], others: undefined},
    });
  });
});

describe('slices', () => {
  const {frames} = sampleResult();

  it('finds groups, parts and times', () => {
    expect(byGroup(frames)).toHaveLength(15);
    expect(byPart(frames).map(({name, frames: own}) => [name, own.length])).toEqual([
      ['Type1', 35],
      ['Type2', 35],
      ['Type3', 35],
    ]);
    expect(byTime(frames).map(({name}) => name)).toEqual([
      '0.125',
      '0.25',
      '0.375',
      '0.5',
      '0.625',
      '0.75',
      '0.875',
    ]);
    expect(byPart(CLIPS)).toEqual([]);
  });

  it('puts as many frames into each bin of motion, in order of motion', () => {
    const own = [8, 1, 7, 2, 6, 3, 5, 4].map(motion => frame(`m${motion}`, 'a', {}, motion));
    expect(byMotion(own, 4).map(bin => [bin.name, names(bin.frames)])).toEqual([
      ['1.0 - 2.0 px', ['m1', 'm2']],
      ['3.0 - 4.0 px', ['m3', 'm4']],
      ['5.0 - 6.0 px', ['m5', 'm6']],
      ['7.0 - 8.0 px', ['m7', 'm8']],
    ]);
  });

  it('keeps equal motions together, and leaves out frames without a motion', () => {
    const own = [2, 2, 2, 9, NaN].map((motion, i) => frame(`m${i}`, 'a', {}, motion));
    expect(byMotion(own, 4).map(bin => [bin.name, names(bin.frames)])).toEqual([
      ['2.0 px', ['m0', 'm1', 'm2']],
      ['9.0 px', ['m3']],
    ]);
    expect(byMotion([], 4)).toEqual([]);
  });
});

describe('paired differences', () => {
  it('compares frame by frame', () => {
    const difference = pairedDifference(CLIPS, 'mean', 'psnr', 'frames')!;
    expect(difference).toMatchObject({mean: 1, frames: 4, better: 2, infinite: []});
    expect(pairedDifference(CLIPS, 'mean', 'psnr', 'groups')!.mean).toBe(2);
    expect(pairedDifference(CLIPS, 'against', 'psnr', 'frames')).toBeUndefined();
  });

  it('counts a lower error as better', () => {
    const own = [frame('a1', 'a', {network: {ie: 2}, mean: {ie: 3}})];
    expect(pairedDifference(own, 'mean', 'ie', 'frames')).toMatchObject({mean: -1, better: 1});
  });

  it('leaves out frames with an infinite score, and names them', () => {
    const frames = [
      ...CLIPS,
      frame('b2', 'b', {network: psnr(Infinity), mean: psnr(Infinity)}),
      frame('b3', 'b', {network: psnr(20), mean: psnr(Infinity)}),
    ];
    const difference = pairedDifference(frames, 'mean', 'psnr', 'frames')!;
    expect(difference).toMatchObject({mean: 1, frames: 4, infinite: ['b2', 'b3']});
    expect(difference.interval!.every(Number.isFinite)).toBe(true);
  });

  it('has no interval of one group, or of NaN', () => {
    expect(pairedDifference(CLIPS.slice(0, 3), 'mean', 'psnr', 'frames')!.interval).toBeUndefined();
    const frames = [...CLIPS, frame('c1', 'c', {network: psnr(NaN), mean: psnr(30)})];
    const difference = pairedDifference(frames, 'mean', 'psnr', 'frames')!;
    expect(difference.mean).toBeNaN();
    expect(difference.interval).toBeUndefined();
  });

  // The same generator and resamples in Python; numpy.percentile(means, [2.5, 97.5]).
  it('has the interval that NumPy finds', () => {
    const [sums, counts] = [
      [1.5, -0.25, 2, 0.75, -1],
      [3, 1, 4, 2, 1],
    ];
    const [low, high] = bootstrapInterval(sums!, counts!);
    expect(low).toBeCloseTo(-7 / 24, 12);
    expect(high).toBeCloseTo(31 / 64, 12);
    const means = sums!.map((sum, i) => sum / counts![i]!);
    const [lowest, highest] = bootstrapInterval(means, [1, 1, 1, 1, 1]);
    expect(lowest).toBeCloseTo(-0.55, 12);
    expect(highest).toBeCloseTo(0.475, 12);
  });

  it('is narrow where all groups agree, and draws whole groups', () => {
    expect(bootstrapInterval([2, 4, 6], [1, 2, 3])).toEqual([2, 2]);
    // 40 frames of two clips are no more than two observations.
    const frames = ['a', 'b'].flatMap((group, i) =>
      Array.from({length: 20}, (_, k) =>
        frame(`${group}${k}`, group, {network: psnr(30 + i), mean: psnr(30)}),
      ),
    );
    expect(pairedDifference(frames, 'mean', 'psnr', 'frames')!.interval).toEqual([0, 1]);
  });
});

describe('the best and worst frames', () => {
  const result = (frames: readonly FrameResult[], metric: 'psnr' | 'ie' = 'psnr'): EvalResult => {
    const sample = sampleResult();
    return {...sample, frames, protocol: {...sample.protocol, metrics: [metric]}};
  };

  it('ranks by the first metric of the protocol', () => {
    const {worst, best} = extremeFrames(result(CLIPS), 1);
    expect([names(worst), names(best)]).toEqual([['a1'], ['b1']]);
    const errors = [1, 3, 2].map(ie => frame(`e${ie}`, 'a', {network: {ie}}));
    expect(names(extremeFrames(result(errors, 'ie'), 1).worst)).toEqual(['e3']);
  });

  it('takes NaN for the worst and identical pictures for the best, and no frame twice', () => {
    const frames = [Infinity, 30, NaN].map((value, i) => frame(`f${i}`, 'a', {network: psnr(value)}));
    const {worst, best} = extremeFrames(result(frames), 2);
    expect([names(worst), names(best)]).toEqual([['f2', 'f1'], ['f0']]);
  });
});

describe('the summary', () => {
  it('has the metrics of the protocol first, and everybody who has scores', () => {
    const summary = summarize(sampleResult());
    expect(summary.metrics).toEqual(['psnr-rounded', 'ssim-rounded', 'flip']);
    expect(summary.subjects).toEqual(['network', 'against', 'mean', 'nearest']);
    expect(summary.whole).toMatchObject({frames: 105, groups: 15});
    expect(summary.whole.differences).toHaveLength(6);
    expect(
      [summary.parts, summary.quartiles, summary.times, summary.groups].map(({length}) => length),
    ).toEqual([3, 4, 7, 15]);
  });

  it('has gaps where the set has no parts', () => {
    const result = sampleResult(2);
    expect(summarize(result).gaps).toEqual([]);
    const frames = result.frames.map((own, i) => ({...own, part: '', gap: i % 2 === 0 ? 8 : 1}));
    expect(summarize({...result, frames}).gaps.map(({name, frames: own}) => [name, own])).toEqual([
      ['1', 7],
      ['8', 7],
    ]);
  });

  it('is the same each time', () => {
    const result = sampleResult(3);
    expect(summarize(result)).toEqual(summarize(result));
  });

  it('takes a result without frames', () => {
    const summary = summarize({...sampleResult(), frames: []});
    expect(summary).toMatchObject({subjects: [], parts: [], quartiles: [], whole: {frames: 0, means: {}}});
  });
});
