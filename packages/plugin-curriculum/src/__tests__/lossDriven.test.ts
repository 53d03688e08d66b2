import {NAME, type CurriculumOptions} from '../index.js';
import {Bench, flat, RANGES, type Sample} from './helpers/bench.js';

describe('loss-driven', () => {
  /** Range by step of the data in which `policies` were drawn. */
  const rangesOf = (bench: Bench) => bench.policies.map(({minGap, maxGap}) => `${minGap}-${maxGap}`);

  test('advances after the batches that are drawn already, once two windows brought no improvement', () => {
    const bench = new Bench(RANGES, {prefetch: 4});
    for (let i = 0; i < 20; i++) bench.step(flat(2));
    // Windows end at steps 2, 5 and 8; batches up to step 12 are drawn by then.
    expect(bench.save().decisions).toEqual([
      [0, [1, 2]],
      [13, [1, 4]],
    ]);
    expect(rangesOf(bench).indexOf('1-4')).toBe(13);
    expect(bench.lines).toContain(
      '2 windows of 3 updates without improvement: gaps 1-4 from step 13 of the data on',
    );
  });

  test('watches the gaps that the last move added, and widens monotonely to the last range', () => {
    const bench = new Bench(RANGES, {prefetch: 2});
    // After the first move gap 1 stays as it is, and gap 4 still improves.
    for (let i = 0; i < 40; i++)
      bench.step([
        {gap: 1, loss: 0.1},
        {gap: 4, loss: 0.95 ** i},
      ]);
    expect(bench.save().decisions).toEqual([[0, [1, 2]]]);
    for (let i = 0; i < 60; i++)
      bench.step([
        {gap: 1, loss: 0.1 * 0.9 ** i},
        {gap: 4, loss: 0.5},
      ]);
    const {decisions} = bench.save();
    expect(decisions.map(([, gaps]) => gaps)).toEqual([
      [1, 2],
      [1, 4],
      [3, 8],
    ]);
    expect(decisions.map(([from]) => from)).toEqual(
      [...decisions.map(([from]) => from)].sort((a, b) => a - b),
    );
  });

  test('stays while the loss falls, and for one noisy value', () => {
    for (const noisy of [0, 50]) {
      const bench = new Bench(RANGES);
      for (let i = 0; i < 60; i++) bench.step([{gap: 2, loss: i === 31 ? noisy : 0.97 ** i}]);
      expect(bench.save().decisions).toHaveLength(1);
    }
  });

  test('minSteps and maxSteps are those of a range', () => {
    const {ranges} = RANGES.lossDriven;
    const driven = (more: object) => ({lossDriven: {...RANGES.lossDriven, ranges: [...ranges], ...more}});
    const early = new Bench(driven({minSteps: 30}));
    for (let i = 0; i < 40; i++) early.step(flat(2));
    expect(early.save().decisions[1]![0]).toBe(30);
    const late = new Bench(driven({maxSteps: 25}));
    for (let i = 0; i < 60; i++)
      late.step([
        {gap: 2, loss: 0.9 ** i},
        {gap: 4, loss: 0.9 ** i},
        {gap: 8, loss: 0.9 ** i},
      ]);
    expect(late.save().decisions.map(([from]) => from)).toEqual([0, 25, 50]);
    expect(late.lines).toContain('maxSteps of 25 reached: gaps 1-4 from step 25 of the data on');
  });

  test('a source that reads further ahead than it may is refused, not followed', () => {
    const bench = new Bench(RANGES, {prefetch: 4});
    for (let i = 0; i < 8; i++) bench.step(flat(2));
    bench.ask(13);
    expect(() => bench.step(flat(2))).toThrow(expect.objectContaining({code: 'RIFE_ERR_PLUGIN_READ_AHEAD'}));
  });

  test('the longest read-ahead of a run stays: a resumed one with a shorter decides the same', () => {
    const bench = new Bench(RANGES, {prefetch: 4});
    for (let i = 0; i < 3; i++) bench.step(flat(2));
    const resumed = new Bench(RANGES, {prefetch: 1});
    resumed.load(bench.save(), 3);
    resumed.dataStep = 3;
    for (const run of [bench, resumed]) for (let i = 0; i < 6; i++) run.step(flat(2));
    expect(resumed.save()).toEqual(bench.save());
    expect(resumed.save().decisions).toHaveLength(2);
  });
});

describe('checkpoints', () => {
  const OPTIONS: CurriculumOptions = {...RANGES, lossWeights: {mode: 'uncertainty', minSamples: 2}};
  const samples = (i: number): Sample[] => [
    {gap: 1, loss: 0.3 + 0.1 * Math.sin(i), psnr: 30 + Math.cos(i)},
    {gap: 2 + (i % 3), loss: 0.5 + 0.01 * Math.sin(7 * i), psnr: 25},
  ];

  test.each([1, 2, 8, 9, 12, 13, 14, 20])('resumed after step %i, a run continues to the bit', stop => {
    const whole = new Bench(OPTIONS);
    const first = new Bench(OPTIONS);
    for (let i = 0; i < 40; i++) whole.step(samples(i));
    for (let i = 0; i < stop; i++) first.step(samples(i));
    const second = new Bench(OPTIONS);
    second.load(first.save(), stop);
    second.dataStep = stop;
    for (let i = stop; i < 40; i++) second.step(samples(i));
    expect(second.save()).toEqual(whole.save());
    expect(second.policies.slice(stop)).toEqual(whole.policies.slice(stop));
    expect(whole.save().decisions.length).toBeGreaterThan(1);
  });

  test('a rollback takes back what was measured, not what was decided about the data', () => {
    const bench = new Bench(RANGES);
    for (let i = 0; i < 5; i++) bench.step(flat(2));
    const checkpoint = bench.save();
    for (let i = 5; i < 10; i++) bench.step(flat(2));
    const {decisions, lead} = bench.save();
    expect(decisions).toHaveLength(2);
    bench.load(checkpoint, 5);
    expect(bench.save()).toEqual({...checkpoint, decisions, lead});
    // The optimizer is back at step 5, the data at 10: batches 10 to 14 are drawn, and what follows
    // is drawn as decided.
    for (let i = 0; i < 12; i++) bench.step(flat(2));
    expect(bench.policies.slice(0, 22).map(({maxGap}) => maxGap)).toEqual([
      ...Array<number>(13).fill(2),
      ...Array<number>(9).fill(4),
    ]);
  });

  test('a rollback that rewinds the data takes back what was decided about it, and decides anew', () => {
    const bench = new Bench(RANGES);
    for (let i = 0; i < 5; i++) bench.step(flat(2));
    const snapshot = bench.save();
    for (let i = 5; i < 16; i++) bench.step(flat(2));
    const policies = [...bench.policies];
    expect(bench.save().decisions).toHaveLength(2);
    bench.load(snapshot, 5, {rewindsData: true});
    expect(bench.save()).toEqual(snapshot);
    // The same steps again: the same decisions, as in a run that had never gone further.
    for (let i = 5; i < 16; i++) bench.step(flat(2));
    expect(bench.policies).toEqual(policies);
  });

  test('batches that are avoided put the data ahead of the optimizer, and of what was asked before', () => {
    const bench = new Bench(RANGES);
    for (let i = 0; i < 4; i++) bench.step(flat(2));
    bench.dataStep += 6;
    for (let i = 0; i < 12; i++) bench.step(flat(2));
    const [, [from, gaps]] = bench.save().decisions as [unknown, [number, unknown]];
    expect(gaps).toEqual([1, 4]);
    // Seen at steps of the data: none that was asked for before the decision has another range.
    expect(bench.policies[from - 1]!.maxGap).toBe(2);
    expect(bench.policies[from]!.maxGap).toBe(4);
  });

  test('without a state in the checkpoint it starts afresh, at that step', () => {
    const bench = new Bench(RANGES);
    bench.load(undefined, 500);
    expect(bench.save()).toMatchObject({decisions: [[500, [1, 2]]], loss: {}, watch: {from: 500}});
    expect(bench.ask(500).maxGap).toBe(2);
  });

  test.each<[string, unknown]>([
    ['version', {version: 2}],
    ['watch', {watch: undefined}],
    ['loss.1', {loss: {1: 3}}],
    ['logVariances.2', {logVariances: {2: 'x'}}],
  ])('refuses a state with a wrong %s', (entry, change) => {
    const saved = {...new Bench(OPTIONS).save(), ...(change as object)};
    expect(() => new Bench(OPTIONS).load(saved)).toThrow(
      expect.objectContaining({
        code: 'RIFE_ERR_PLUGIN_STATE',
        plugin: NAME,
        message: expect.stringContaining(`is wrong at "${entry}"`),
      }),
    );
  });

  test('what is saved does not move with the run', () => {
    const bench = new Bench(OPTIONS);
    const context = {step: 0, directory: '', plugins: {} as Record<string, unknown>};
    bench.fire('save', context);
    const before = JSON.stringify(context.plugins);
    for (let i = 0; i < 5; i++) bench.step(samples(i));
    expect(JSON.stringify(context.plugins)).toBe(before);
  });
});
