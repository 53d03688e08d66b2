import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Health, meanGapOf, type Reading} from '../health.js';
import {checkOptions} from '../options.js';
import {Usual} from '../usual.js';

const OPTIONS = checkOptions({});
const SIDE = 100;
const well: Reading = {loss: 0.1, gradNorm: 1, maxFlow: 5, side: SIDE, meanGap: 4, isFinite: true};

/** A number in (0,1) for each n, the same each time. */
const noise = (n: number) => ((Math.sin(n * 12.9898) * 43758.5453) % 1) ** 2;
/** Losses as gaps from 1 to 32 give them: spread over a factor of 20. */
const usualStep = (n: number): Reading => ({
  ...well,
  loss: 0.02 * Math.exp(3 * noise(n)),
  gradNorm: 0.2 * Math.exp(2 * noise(n + 0.5)),
});

/** Findings of readings after `before` ordinary steps. */
function findings(readings: readonly Partial<Reading>[], before = 100): string[] {
  const health = new Health(OPTIONS);
  for (let n = 0; n < before; n++) expect(health.judge(usualStep(n)).finding).toBe('well');
  return readings.map((reading, i) => health.judge({...usualStep(before + i), ...reading}).finding);
}

test('losses spread over gaps are well, for long', () => {
  expect(findings(Array.from({length: 900}, () => ({}))).every(finding => finding === 'well')).toBe(true);
});

test('a single outlier is suspicious, and does not change what is usual', () => {
  expect(findings([{loss: 1e4}, {}, {loss: 1e4}, {}])).toEqual(['suspicious', 'well', 'suspicious', 'well']);
});

test('three outliers in a row are a surge', () => {
  expect(findings([{loss: 1e4}, {gradNorm: 1e6}, {loss: 1e5}])).toEqual([
    'suspicious',
    'suspicious',
    'surge',
  ]);
});

test('a slow rise is followed, a steep one is not', () => {
  const rise = (factor: number) =>
    findings(Array.from({length: 150}, (_, i) => ({loss: usualStep(100 + i).loss * factor ** i})));
  expect(rise(1.01)).not.toContain('surge');
  expect(rise(1.5)).toContain('surge');
});

describe('gaps that widen', () => {
  /** Losses a million times the usual ones. */
  const hard = (i: number, meanGap: number): Partial<Reading> => ({
    loss: 1e6 * usualStep(100 + i).loss,
    meanGap,
  });
  const readings = (meanGap: number) => Array.from({length: 60}, (_, i) => hard(i, meanGap));

  test('are no surge: what is usual is learned anew', () => {
    expect(findings(readings(5.01))).toEqual(Array(60).fill('well'));
    expect(findings(readings(3.19))).toEqual(Array(60).fill('well'));
  });

  test('by no more than a quarter are the same problem, and the losses a surge', () => {
    expect(findings(readings(5)).slice(0, 3)).toEqual(['suspicious', 'suspicious', 'surge']);
  });

  test('are noticed however slowly they widen', () => {
    const slow = Array.from({length: 300}, (_, i) => {
      const meanGap = 4 * 1.01 ** i;
      return {meanGap, loss: usualStep(100 + i).loss * (meanGap / 4) ** 2};
    });
    expect(findings(slow)).not.toContain('surge');
  });

  test('are those of the policy: shares first, then weights', () => {
    expect(meanGapOf({minGap: 1, maxGap: 3})).toBe(2);
    expect(meanGapOf({minGap: 1, maxGap: 3, gapWeights: [0, 0, 2]})).toBe(3);
    expect(meanGapOf({minGap: 1, maxGap: 3, gapWeights: [0, 0, 2], gapShares: [0.5, 0.5, 0]})).toBe(1.5);
  });

  test('go through a checkpoint: a resumed run compares with the same', () => {
    const [a, b] = [new Health(OPTIONS), new Health(OPTIONS)];
    for (let n = 0; n < 100; n++) a.judge(usualStep(n));
    b.load(JSON.parse(JSON.stringify(a.save())));
    const next = {...usualStep(100), ...hard(0, 6)};
    expect(b.judge(next)).toEqual(a.judge(next));
    expect(b.save()).toEqual(a.save());
    expect(b.save()).toMatchObject({meanGap: 6, losses: [expect.any(Number)]});
  });
});

test('nothing is judged in the warm-up but what is ruin at any time', () => {
  expect(findings([{loss: 1e4}, {loss: 1e4}, {loss: 1e4}], 10)).toEqual(['well', 'well', 'well']);
  expect(findings([{maxFlow: 3 * SIDE}], 0)).toEqual(['run-away flow']);
  expect(findings([{loss: NaN, isFinite: false}], 0)).toEqual(['not finite']);
});

test.each([
  [2 * SIDE, 'well'],
  [2 * SIDE + 1, 'run-away flow'],
  [Infinity, 'run-away flow'],
  [NaN, 'run-away flow'],
])('a largest flow of %s px is %s', (maxFlow, finding) => {
  expect(findings([{maxFlow}])).toEqual([finding]);
});

test('a network without gradient for five steps is dead', () => {
  const still = {gradNorm: 0};
  expect(findings([still, still, still, still, still])).toEqual([...Array(4).fill('well'), 'dead network']);
  expect(findings([still, still, {}, still, still, still, still])).not.toContain('dead network');
});

test('a network that was dead from the first step has nothing to compare with, and a norm of 0 is enough', () => {
  expect(findings(Array(5).fill({gradNorm: 0}), 0).at(-1)).toBe('dead network');
});

test('weights that are broken are gone back for at once', () => {
  expect(findings([{loss: NaN, isFinite: false, weightsBroken: true}], 3)).toEqual(['broken weights']);
});

test('each can be turned off', () => {
  const health = new Health(checkOptions({surge: false, runaway: false, dead: false}));
  for (let n = 0; n < 300; n++) health.judge(usualStep(n));
  for (const reading of [{loss: 1e9}, {loss: 1e9}, {loss: 1e9}, {maxFlow: 1e9}, {gradNorm: 0}, {gradNorm: 0}])
    expect(health.judge({...well, ...reading}).finding).toBe('well');
});

test('a memory that was saved judges alike', () => {
  const [a, b] = [new Health(OPTIONS), new Health(OPTIONS)];
  for (let n = 0; n < 80; n++) a.judge(usualStep(n));
  a.judge({...well, loss: 1e4});
  b.load(JSON.parse(JSON.stringify(a.save())));
  for (const reading of [{...well, loss: 1e4}, {...well, loss: 1e4}, usualStep(5)])
    expect(b.judge(reading)).toEqual(a.judge(reading));
});

describe('real curves', () => {
  interface Run {
    variant: string;
    curve: {loss: number; gradNorm: number; maxFlow: number}[];
  }
  const file = join(process.cwd(), 'bench/results/plugins.json');
  const {runs} = JSON.parse(readFileSync(file, 'utf8')) as {runs: Run[]};

  test.each(runs.map(run => [run.variant, run] as const))(
    'no false alarm in 500 ordinary steps: %s',
    (_, {curve}) => {
      const health = new Health(OPTIONS);
      const found = curve.map(step => health.judge({...step, side: 128, meanGap: 4, isFinite: true}).finding);
      expect(found.filter(finding => finding !== 'well')).toEqual([]);
    },
  );
});

describe('Usual', () => {
  test('scores against median and median deviation of the logarithms', () => {
    const usual = new Usual(100, 3);
    for (const value of [1, Math.E, Math.E ** 2]) usual.add(value);
    // Median of logs 1, median deviation 1.
    expect(usual.scoreOf(Math.E ** 4)).toBeCloseTo(3 / 1.4826, 6);
    expect(usual.typical()).toBeCloseTo(Math.E, 6);
  });

  test('equal values do not make the next one an outlier', () => {
    const usual = new Usual(100, 3);
    for (let i = 0; i < 50; i++) usual.add(0.1);
    expect(usual.scoreOf(0.11)).toBeLessThan(3);
  });

  test('what has no logarithm stays out', () => {
    const usual = new Usual(100, 1);
    for (const value of [NaN, 0, -1, Infinity]) usual.add(value);
    expect(usual.typical()).toBeUndefined();
    expect(usual.scoreOf(1)).toBeUndefined();
  });

  test('the window forgets', () => {
    const usual = new Usual(3, 1);
    for (const value of [1e6, 1, 1, 1]) usual.add(value);
    expect(usual.typical()).toBeCloseTo(1, 6);
  });
});

test.each([
  ['negative', -3],
  ['exactly 0', 0],
  ['constant', 0.1],
])('a loss that is %s for ever is judged by its gradient', (_, loss) => {
  const steady = Array.from({length: 400}, () => ({loss}));
  expect(findings(steady).every(finding => finding === 'well')).toBe(true);
  const outlier = findings([...steady.slice(0, 50), {loss, gradNorm: 1e6}]);
  expect(outlier.at(-1)).toBe('suspicious');
  // No gradient at all, from the first step on: nothing is usual yet.
  const still = Array.from({length: 5}, () => ({loss, gradNorm: 0}));
  expect(findings(still, 0).at(-1)).toBe('dead network');
});
