/**
 * The curriculum on a source that reads ahead: every interrupted run continues to the bit, and
 * draws by the shares that it reports.
 */
import {join} from 'node:path';
import {createEngine} from '@rife-train/engine';
import {curriculum, type CurriculumOptions} from '@rife-train/plugin-curriculum';
import type {Engine} from '@rife-train/core';
import {
  lastCheckpoint,
  MICRO_STEPS,
  PREFETCH,
  remove,
  runTiny,
  STEPS,
  writeClips,
  type RunRequest,
} from './curriculumSupport.js';

/** Every window counts as one without improvement, so decisions are made at known steps. */
const OPTIONS: CurriculumOptions = {
  lossDriven: {
    ranges: [
      [1, 2],
      [1, 4],
      [3, 8],
    ],
    window: 2,
    improvement: 0.99,
  },
  balance: 'triplets',
  rehearsal: {share: 0.3, gaps: [1, 2]},
  lossWeights: {mode: 'uncertainty', minSamples: 3, rate: 0.5},
  memory: 6,
};
const LEAD = Math.ceil(PREFETCH / MICRO_STEPS) + 1;

let root: string;
let engine: Engine;
let runs = 0;
beforeAll(async () => {
  root = await writeClips();
  engine = await createEngine();
});
afterAll(() => remove(root));

const folder = () => join(root, 'runs', String(runs++));
const train = (out: string, more: Partial<RunRequest> = {}) =>
  runTiny({engine, root, out, plugin: curriculum(OPTIONS), ...more});

/**
 * Stops a run after so many steps, resumes it, and compares the rest and the end with the whole
 * run.
 */
async function expectSame(
  whole: Awaited<ReturnType<typeof train>>,
  wholeOut: string,
  more: Partial<RunRequest>,
) {
  const out = folder();
  const first = await train(out, more);
  const {stopAfter: _done, ...rest} = more;
  const second = await train(out, {...rest, resume: true});
  expect(first.steps).toEqual(whole.steps.slice(0, first.steps.length));
  expect(second.steps.length).toBeGreaterThanOrEqual(whole.steps.length - first.steps.length);
  expect(second.steps).toEqual(whole.steps.slice(-second.steps.length));
  expect(lastCheckpoint(out)).toEqual(lastCheckpoint(wholeOut));
}

const maxGaps = ({steps}: Awaited<ReturnType<typeof train>>) => steps.map(({policy}) => policy.maxGap);
const repeat = (count: number, gap: number) => Array<number>(count).fill(gap);

/**
 * @param stops steps after which a run without a fault is stopped
 * @param behind steps after a rollback at which it is stopped
 */
export function goesOn(stops: readonly number[], behind: readonly number[]): void {
  describe('a run without a fault', () => {
    let whole: Awaited<ReturnType<typeof train>>;
    let out: string;
    beforeAll(async () => {
      out = folder();
      whole = await train(out);
    });

    test('widens after the batches drawn ahead, and draws by its shares', () => {
      // Two windows without improvement are full at step 5; the range of step 5 + LEAD can't have
      // been drawn.
      const [second, third] = [5 + LEAD, 5 + LEAD + 5 + LEAD];
      expect(maxGaps(whole)).toEqual([
        ...repeat(second, 2),
        ...repeat(third - second, 4),
        ...repeat(STEPS - third, 8),
      ]);
      for (const {policy, perSample} of whole.steps)
        for (const {gap} of perSample)
          expect(policy.gapShares![Math.ceil(gap) - policy.minGap]).toBeGreaterThan(0);
      expect(whole.lines.join('\n')).toContain('[rife:curriculum] gaps 1-8, balanced over triplets: ');
      const last = whole.steps.at(-1)!;
      // Rehearsed gaps 1 and 2 of the range 3-8.
      expect(last.policy.gapShares![0]! + last.policy.gapShares![1]!).toBeCloseTo(0.3, 12);
      expect(last.logs).toMatchObject({'curriculum/minGap': 3, 'curriculum/maxGap': 8});
    });

    test('weights by gap reach the loss in the graph: it is the weighted sum of the terms', () => {
      const weighted = whole.steps.filter(({logs}) =>
        Object.entries(logs).some(([key, value]) => key.startsWith('curriculum/weight/') && value !== 1),
      );
      expect(weighted.length).toBeGreaterThan(10);
      for (const {logs, perSample, terms} of weighted) {
        const raw = perSample.map(({gap, loss}) => loss / logs[`curriculum/weight/${Math.ceil(gap)}`]!);
        const mean = raw.reduce((a, b) => a + b, 0) / raw.length;
        expect(mean).toBeCloseTo(terms['reconstruction']! + 0.5 * terms['square']!, 5);
      }
    });

    test.each(stops)('is the same when it is stopped after step %i', async stopAfter => {
      await expectSame(whole, out, {stopAfter});
    });
  });

  // Step 12 of the data fails, between the decisions; step 6, when a decision waits for its step;
  // step 14, when the second waits.
  describe.each([12, 6, 14])('a run that is rolled back at step %i', step => {
    const bad = [step * MICRO_STEPS];
    let whole: Awaited<ReturnType<typeof train>>;
    let out: string;
    beforeAll(async () => {
      out = folder();
      whole = await train(out, {bad});
    });

    test('continues with the data as decided, and never narrows', () => {
      const skipped = whole.steps.findIndex(({updated}) => !updated);
      expect(skipped).toBe(step);
      expect(whole.steps[step + 1]!.progress.step).toBe(step - (step % 5));
      const gaps = maxGaps(whole);
      expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
      expect(gaps.at(-1)).toBe(8);
    });

    // Stopped before it, a run would leave another checkpoint to return to.
    test.each(behind)('is the same when it is stopped %i steps after it', async behind => {
      await expectSame(whole, out, {bad, stopAfter: step + 1 + behind});
    });
  });
}

export const capturedIsEager = () =>
  test('eager and captured steps are the same but for rounding', async () => {
    const eager = await createEngine({execution: 'eager'});
    const [a, b] = [await train(folder()), await train(folder(), {engine: eager})];
    expect(maxGaps(a)).toEqual(maxGaps(b));
    for (const [i, {loss}] of a.steps.entries()) expect(loss).toBeCloseTo(b.steps[i]!.loss, 4);
  });
