/** When the watch warns, and when it keeps quiet. */
import {seededRandom} from '@rife-train/testing';
import {RunawayWatch, WATCH_DEFAULTS, type WatchOptions} from '../index.js';

const SIDE = 96;

/** Steps (from 0) at which a watch warns, and what it says. */
function warnings(
  flows: readonly number[],
  options: WatchOptions = {},
  absorbed: (step: number) => Record<string, number> = () => ({}),
) {
  const watch = new RunawayWatch({...WATCH_DEFAULTS, ...options});
  return flows.flatMap((maxFlow, step) => {
    const {warning} = watch.observe({step, maxFlow, side: SIDE, absorbed: absorbed(step)});
    return warning === undefined ? [] : [{step, warning}];
  });
}
const stepsOf = (found: ReturnType<typeof warnings>) => found.map(({step}) => step);

/**
 * The recorded run-away: largest |flow| at some steps of a crop of 96; between them, even growth.
 */
const RECORDED = [
  [0, 5],
  [140, 7],
  [160, 18],
  [180, 1543],
  [190, 2e18],
] as const;
function recordedFlow(step: number): number {
  const next = RECORDED.findIndex(([at]) => at > step);
  if (next < 0) return RECORDED.at(-1)![1];
  const [[from, low], [to, high]] = [RECORDED[next - 1]!, RECORDED[next]!];
  return low * (high / low) ** ((step - from) / (to - from));
}
const recorded = (steps: number) => Array.from({length: steps}, (_, step) => recordedFlow(step));

describe('the recorded run-away (7, 18, 1543, 2e18 px at steps 140, 160, 180, 190)', () => {
  test('is reported once, between 18 and 100 px, some 20 steps before the NaN', () => {
    const [first, ...others] = warnings(recorded(200));
    expect(others).toEqual([]);
    expect(first!.step).toBeGreaterThan(160);
    expect(recordedFlow(first!.step)).toBeLessThan(100);
    expect(first!.warning).toMatch(
      /^step 16\d: the flow runs away: the largest \|flow\| is \d\S* px, .* times the crop's 96 px/,
    );
  });

  test('is reported at the latest when the flow is larger than the crop: at 1543 px, if there is no more', () => {
    expect(stepsOf(warnings([7, 18, 1543, 2e18, Infinity]))).toEqual([2]);
    const {warning} = warnings([7, 18, 1543])[0]!;
    expect(warning).toContain('1543 px, 16.07 times');
    expect(warning).toContain('too few steps');
  });

  test('not at all while it is ordinary', () => {
    expect(warnings(recorded(161))).toEqual([]);
  });
});

describe('ordinary runs', () => {
  // Anew for each test, or the noise would hang on their order.
  let random: () => number;
  beforeEach(() => void (random = seededRandom(1)));
  const noise = () => 0.5 + random();

  test('a flow that grows from nothing to motion as it is, with noise', () => {
    const flows = Array.from({length: 400}, (_, step) => noise() * Math.min(20, 0.01 * 1.05 ** step));
    expect(warnings(flows)).toEqual([]);
  });

  test('two outliers in a row, below the size of the crop', () => {
    const flows = Array.from({length: 100}, (_, step) => (step === 60 || step === 61 ? 90 : 10 * noise()));
    expect(warnings(flows)).toEqual([]);
    // Three of five are no outliers any more.
    const three = flows.map((flow, step) => (step === 62 ? 90 : flow));
    expect(stepsOf(warnings(three))).toEqual([62]);
  });

  test('large motion that was always there', () => {
    expect(warnings(Array.from({length: 100}, () => 55 * noise()))).toEqual([]);
  });

  test("steps that were skipped as not finite are the trainer's to report", () => {
    expect(warnings(Array.from({length: 60}, (_, step) => (step % 7 === 3 ? NaN : 10)))).toEqual([]);
  });
});

describe('an episode', () => {
  const high = (from: number, to: number) => (step: number) => (step >= from && step < to ? 200 : 10);
  const steps = (length: number, of: (step: number) => number) => Array.from({length}, (_, i) => of(i));

  test('is reported once, however long it lasts', () => {
    expect(stepsOf(warnings(steps(500, high(40, 500))))).toEqual([40]);
  });

  test('ends after a window of calm, and not by swinging around the limit', () => {
    const swinging = (step: number) => (step < 40 ? 10 : step % 2 ? 97 : 90);
    expect(stepsOf(warnings(steps(300, swinging)))).toEqual([41]);
    const twice = (gap: number) => (step: number) =>
      Math.max(high(40, 41)(step), high(41 + gap, 42 + gap)(step));
    const short = {window: 20, growth: 1e9};
    expect(stepsOf(warnings(steps(100, twice(19)), short))).toEqual([40]);
    expect(stepsOf(warnings(steps(100, twice(20)), short))).toEqual([40, 61]);
    // 49 px is above half of the limit of 96, which is not calm; 48 is.
    const between = (rest: number) => (step: number) => (step === 10 || step === 80 ? 200 : rest);
    expect(stepsOf(warnings(steps(100, between(49)), short))).toEqual([10]);
    expect(stepsOf(warnings(steps(100, between(48)), short))).toEqual([10, 80]);
  });
});

test('growth is that of medians of five, over the window', () => {
  const watch = new RunawayWatch({...WATCH_DEFAULTS, window: 10});
  const growth = Array.from({length: 20}, (_, step) => {
    const {state} = watch.observe({step, maxFlow: 1.1 ** step, side: SIDE, absorbed: {}});
    return state.growth;
  });
  expect(growth.findIndex(value => value !== undefined)).toBe(14);
  expect(growth[14]).toBeCloseTo(1.1 ** 10, 10);
  expect(growth[19]).toBeCloseTo(1.1 ** 10, 10);
});

test('growth out of nothing is finite', () => {
  const watch = new RunawayWatch({...WATCH_DEFAULTS, window: 1});
  const states = [0, 0, 0, 0, 0, 0, 1, 1, 1].map(
    (maxFlow, step) => watch.observe({step, maxFlow, side: SIDE, absorbed: {}}).state,
  );
  expect(states.at(-1)!.growth).toBe(1000);
});

test('lost corrections are reported, with the block', () => {
  const found = warnings(
    Array.from({length: 30}, () => 10),
    {},
    step => ({
      block1: 0,
      block_tea: step < 12 ? 0.01 : 0.25,
    }),
  );
  expect(stepsOf(found)).toEqual([12]);
  expect(found[0]!.warning).toContain('lost in float32 at 25 % of the pixels of block_tea (limit 1 %)');
});

test('a limit is exceeded, not reached', () => {
  expect(warnings([96, 96])).toEqual([]);
  expect(stepsOf(warnings([48, 49], {share: 0.5}))).toEqual([1]);
});

test('continues from its saved state without a difference', () => {
  const flows = recorded(200);
  for (const at of [30, 163, 170, 195]) {
    const [whole, first, second] = Array.from({length: 3}, () => new RunawayWatch(WATCH_DEFAULTS)) as [
      RunawayWatch,
      RunawayWatch,
      RunawayWatch,
    ];
    const run = (watch: RunawayWatch, from: number, to: number) =>
      flows
        .slice(from, to)
        .map((maxFlow, i) => watch.observe({step: from + i, maxFlow, side: SIDE, absorbed: {}}));
    const expected = run(whole, 0, 200);
    run(first, 0, at);
    second.load(JSON.parse(JSON.stringify(first.save())) as ReturnType<RunawayWatch['save']>);
    expect(run(second, at, 200)).toEqual(expected.slice(at));
  }
});
