import {Bench, flat, RANGES} from './helpers/bench.js';

describe('the policy', () => {
  test('a schedule depends on the arguments of the tap alone, and leaves its policy as it was', () => {
    const bench = new Bench({
      stages: [
        {until: 0.5, gaps: [1, 8]},
        {until: 1, gaps: [4, 32]},
      ],
    });
    const policy = Object.freeze({minGap: 1, maxGap: 1});
    expect([300, 900, 300].map(step => bench.ask(step, policy).maxGap)).toEqual([8, 32, 8]);
  });

  test('without a way of choosing the range it stays', () => {
    const policy = {minGap: 2, maxGap: 5, gapWeights: [1, 2, 3, 4]};
    expect(new Bench({}).ask(7, policy)).toBe(policy);
  });

  test('balance and rehearsal apply on top of the range', () => {
    const bench = new Bench({
      from: [3, 4],
      to: [3, 4],
      balance: 'triplets',
      rehearsal: {share: 0.2, gaps: [1, 2]},
    });
    expect(bench.ask(0)).toEqual({
      minGap: 1,
      maxGap: 4,
      gapWeights: [0, 0, 1, 1],
      balance: 'triplets',
      rehearsal: {share: 0.2, gaps: [1, 2]},
    });
  });

  test('is reported with its shares when it changes', () => {
    const bench = new Bench({
      stages: [
        {until: 0.002, gaps: [1, 2]},
        {until: 1, gaps: [1, 4]},
      ],
    });
    for (let i = 0; i < 4; i++) bench.step(flat(1));
    expect(bench.lines).toEqual(['gaps 1-2, balanced over gaps', 'gaps 1-4, balanced over gaps']);
  });
});

describe('metrics by gap', () => {
  test('running loss, PSNR and count of the gaps of the step; the range', () => {
    const bench = new Bench({});
    expect(
      bench.step([
        {gap: 1, loss: 0.2, psnr: 30},
        {gap: 3, loss: 0.4, psnr: 20},
        {gap: 1, loss: 0.4, psnr: 34},
      ]),
    ).toEqual({
      'curriculum/minGap': 1,
      'curriculum/maxGap': 4,
      'curriculum/loss/1': expect.closeTo(0.3, 12),
      'curriculum/psnr/1': 32,
      'curriculum/count/1': 2,
      'curriculum/loss/3': 0.4,
      'curriculum/psnr/3': 20,
      'curriculum/count/3': 1,
    });
    expect(bench.step([{gap: 1, loss: 0.6}])).toEqual({
      'curriculum/minGap': 1,
      'curriculum/maxGap': 4,
      'curriculum/loss/1': expect.closeTo(0.4, 12),
      'curriculum/psnr/1': 32,
      'curriculum/count/1': 3,
    });
  });

  test('gaps that end in .5 belong to the next whole one', () => {
    expect(
      new Bench({}).step([
        {gap: 2.5, loss: 1},
        {gap: 3, loss: 3},
      ]),
    ).toMatchObject({
      'curriculum/loss/3': 2,
      'curriculum/count/3': 2,
    });
  });

  test('a rehearsed policy logs the range without what is rehearsed', () => {
    const bench = new Bench({from: [3, 4], to: [3, 4], rehearsal: {}});
    expect(bench.step(flat(1))).toMatchObject({'curriculum/minGap': 3, 'curriculum/maxGap': 4});
    expect(bench.policies[0]!.minGap).toBe(1);
  });

  test('what was not applied, or is not finite, enters nothing', () => {
    const bench = new Bench({...RANGES, lossWeights: {mode: 'uncertainty', minSamples: 1}});
    bench.step(flat(2));
    const before = bench.save();
    const logs = bench.step(
      [
        {gap: 2, loss: NaN, psnr: NaN},
        {gap: 1, loss: 0.1, psnr: 40},
      ],
      {updated: false},
    );
    expect(bench.save()).toEqual(before);
    expect(Object.keys(logs)).toEqual(['curriculum/minGap', 'curriculum/maxGap', 'curriculum/plateaus']);
    bench.step([
      {gap: 2, loss: NaN, psnr: 10},
      {gap: 2, loss: 0.5, psnr: -Infinity},
      {gap: 1, loss: Infinity},
    ]);
    expect(bench.save()).toMatchObject({loss: {2: [0.5, 2]}, psnr: {2: [30, 1]}});
    expect(Object.keys(bench.save().loss)).toEqual(['2']);
  });
});

describe('loss weights', () => {
  const OPTIONS = {lossWeights: {minSamples: 2, bounds: [0.1, 10]}, memory: 10} as const;

  test('are 1 until a gap is known, then by its running loss; the running loss is that before the weight', () => {
    const bench = new Bench(OPTIONS);
    const weights = () =>
      bench.step([
        {gap: 1, loss: 1},
        {gap: 2, loss: 3},
      ]);
    expect(weights()).toMatchObject({'curriculum/weight/1': 1, 'curriculum/weight/2': 1});
    expect(weights()).toMatchObject({'curriculum/weight/1': 1, 'curriculum/weight/2': 1});
    // c (1 + 1/3) / 2 = 1: weights 3/2 and 1/2. What comes in is weighted, so the means stay 1 and
    // 3.
    const logs = bench.step([
      {gap: 1, loss: 1.5},
      {gap: 2, loss: 1.5},
    ]);
    expect(logs).toMatchObject({
      'curriculum/weight/1': expect.closeTo(1.5, 6),
      'curriculum/weight/2': expect.closeTo(0.5, 6),
      'curriculum/loss/1': expect.closeTo(1, 6),
      'curriculum/loss/2': expect.closeTo(3, 6),
    });
  });

  test('only with the option is the loss tapped', () => {
    expect([...new Bench({}).taps.keys()]).toEqual(['sampling', 'beforeStep', 'afterStep', 'save', 'load']);
    expect(new Bench(OPTIONS).taps.has('afterLoss')).toBe(true);
  });
});
