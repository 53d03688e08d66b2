import type {RunSnapshot, Verdict} from '@rife-train/core';
import {Escalation} from '../escalation.js';
import type {Finding} from '../health.js';
import {checkOptions} from '../options.js';
import {Softening} from '../softening.js';

const OPTIONS = checkOptions({
  every: 10,
  keep: 3,
  probation: 4,
  skips: 2,
  margin: 1,
  maxRollbacks: 3,
  per: 100,
});
const snapshot = (step: number): RunSnapshot => ({step, dataIndex: step, bytes: 8, isFinite: true});
const at = (step: number) => ({step, batches: [step, step + 1] as const});

/** With snapshots of steps 0, 10, 20 and 30, of which three are kept. */
function escalation() {
  const made = new Escalation(OPTIONS);
  for (const step of [0, 10, 20, 30]) made.keep(snapshot(step));
  return made;
}
const stepOf = (verdict: Verdict | undefined) =>
  typeof verdict === 'object' && 'rollback' in verdict ? verdict.rollback.step : verdict;

const isStop = (verdict: Verdict | undefined) => typeof verdict === 'object' && 'stop' in verdict;

test('well is no verdict', () => {
  expect(escalation().decide('well', at(31))).toBeUndefined();
});

test('what is not finite is skipped twice, then gone back for', () => {
  const made = escalation();
  expect([31, 32].map(step => made.decide('not finite', at(step)))).toEqual(['skip', 'skip']);
  expect(made.decide('not finite', at(33))).toEqual({
    // Only one healthy step followed snapshot 30.
    rollback: snapshot(20),
    avoid: [30, 34],
    reason: 'not finite',
  });
});

test('a healthy step ends an episode', () => {
  const made = escalation();
  for (const step of [31, 32]) made.decide('not finite', at(step));
  made.decide('well', at(33));
  expect(made.decide('not finite', at(34))).toBe('skip');
});

test('suspicious steps are skipped; the surge they become reaches back to the first', () => {
  const made = escalation();
  expect([36, 37].map(step => made.decide('suspicious', at(step)))).toEqual(['skip', 'skip']);
  expect(made.decide('surge', at(38))).toMatchObject({rollback: snapshot(30), avoid: [35, 39]});
});

test.each<Finding>(['run-away flow', 'dead network'])('a %s is gone back for at once', finding => {
  expect(stepOf(escalation().decide(finding, at(40)))).toBe(30);
});

test('a series goes further back, avoids more, and ends', () => {
  const made = escalation();
  const verdicts = [40, 41, 42, 43].map(step => made.decide('run-away flow', at(step)));
  expect(verdicts.map(stepOf)).toEqual([
    30,
    20,
    10,
    {stop: expect.stringContaining('rolled back 3 times within 100 steps')},
  ]);
  expect(verdicts.slice(0, 3).map(verdict => (verdict as {avoid?: unknown} | undefined)?.avoid)).toEqual([
    [39, 41],
    [39, 42],
    [38, 43],
  ]);
});

test('with nothing older left it goes back to the oldest again', () => {
  const made = new Escalation(OPTIONS);
  made.keep(snapshot(0));
  expect([5, 6].map(step => stepOf(made.decide('run-away flow', at(step))))).toEqual([0, 0]);
});

test('without a snapshot the newest checkpoint has to do', () => {
  expect(new Escalation(OPTIONS).decide('dead network', at(3))).toBe('rollback');
});

test('rollbacks of long ago do not count', () => {
  const made = escalation();
  for (const step of [40, 41, 42]) made.decide('run-away flow', at(step));
  expect([made.countAt(142), made.countAt(141), made.countAt(43)]).toEqual([0, 1, 3]);
});

test('well beyond the last trouble another series begins', () => {
  const made = escalation();
  made.decide('run-away flow', at(40));
  made.decide('well', at(51));
  made.keep(snapshot(60));
  expect(made.decide('run-away flow', at(70))).toMatchObject({rollback: snapshot(60), avoid: [69, 71]});
});

test('snapshots are due every so many steps, not in trouble, and bounded', () => {
  const made = new Escalation(OPTIONS);
  expect(made.isDue(0)).toBe(true);
  made.keep(snapshot(0));
  expect([made.isDue(9), made.isDue(10)]).toEqual([false, true]);
  made.decide('suspicious', at(12));
  expect(made.isDue(30)).toBe(false);
  for (let step = 10; step < 200; step += 10) made.keep(snapshot(step));
  expect(made.snapshotBytes).toBe(24);
});

test('a batch before the snapshot is not on the list: it is not met again', () => {
  const made = new Escalation({...OPTIONS, margin: 50});
  made.keep(snapshot(30));
  expect(made.decide('run-away flow', at(40))).toMatchObject({avoid: [30, 41]});
});

test('what was tried goes through checkpoints', () => {
  const [a, b] = [escalation(), escalation()];
  a.decide('run-away flow', at(40));
  b.load(JSON.parse(JSON.stringify(a.save())));
  expect(b.countAt(41)).toBe(1);
});

test('snapshots come back with a checkpoint, and those ahead go when somebody else went back', () => {
  const [a, b] = [escalation(), new Escalation(OPTIONS)];
  b.load(JSON.parse(JSON.stringify(a.save())), a.kept());
  expect(stepOf(b.decide('run-away flow', at(40)))).toBe(30);
  a.decide('suspicious', at(36));
  a.forgetBeyond(20);
  expect(a.kept().map(({step}) => step)).toEqual([10, 20]);
  // The trouble of before is over.
  expect(a.isDue(30)).toBe(true);
});

test('whatever comes, it ends: every sequence of troubles stops within a bound of steps', () => {
  const kinds: Finding[] = ['suspicious', 'not finite', 'surge', 'run-away flow', 'dead network'];
  for (let seed = 1; seed <= 200; seed++) {
    const made = new Escalation(OPTIONS);
    let [state, step, steps] = [seed, 0, 0];
    for (;;) {
      if (made.isDue(step)) made.keep(snapshot(step));
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const verdict = made.decide(kinds[state % kinds.length]!, at(step));
      steps += 1;
      if (typeof verdict === 'object' && 'stop' in verdict) break;
      step = typeof verdict === 'object' && 'rollback' in verdict ? verdict.rollback.step : step + 1;
      if (steps > 500) throw new Error(`seed ${seed} never ends`);
    }
  }
});

describe('softening', () => {
  const options = {learningRate: 0.5, distill: 0.1, steps: 100};

  test('factors go back to 1 on a line', () => {
    const softening = new Softening(options);
    expect(softening.factorsAt(0)).toEqual({learningRate: 1, distill: 1});
    softening.begin(1000);
    expect(softening.factorsAt(1000)).toEqual({learningRate: 0.5, distill: 0.1});
    expect(softening.factorsAt(1050)).toEqual({learningRate: 0.75, distill: expect.closeTo(0.55)});
    expect(softening.factorsAt(1100)).toEqual({learningRate: 1, distill: 1});
  });

  test('a series is softer, and longer', () => {
    const softening = new Softening(options);
    softening.begin(1000);
    softening.begin(1010);
    expect(softening.factorsAt(1010).learningRate).toBe(0.25);
    expect(softening.factorsAt(1209).learningRate).toBeLessThan(1);
    expect(softening.factorsAt(1210).learningRate).toBe(1);
    softening.begin(1300);
    expect(softening.factorsAt(1300).learningRate).toBe(0.5);
  });

  test('off means 1, and the state goes through checkpoints', () => {
    const off = new Softening(false);
    off.begin(5);
    expect(off.factorsAt(5)).toEqual({learningRate: 1, distill: 1});
    const [a, b] = [new Softening(options), new Softening(options)];
    a.begin(7);
    b.load(JSON.parse(JSON.stringify(a.save())));
    expect(b.factorsAt(9)).toEqual(a.factorsAt(9));
  });
});

test.each<[string, (step: number) => Finding]>([
  ['every step', () => 'not finite'],
  ['every step from one on', step => (step < 130 ? 'well' : 'not finite')],
  ['every other step, as a surge', step => (step % 2 === 0 ? 'well' : 'surge')],
])('trouble at %s ends with a stop, in bounded time', (_, findingAt) => {
  const options = checkOptions({});
  const made = new Escalation(options);
  let step = 0;
  let verdict: Verdict | undefined;
  for (let n = 0; n < 5000 && !isStop(verdict); n++) {
    if (made.isDue(step)) made.keep(snapshot(step));
    verdict = made.decide(findingAt(step), at(step));
    if (typeof verdict === 'object' && 'rollback' in verdict) step = verdict.rollback.step;
    else if (verdict === 'rollback') step = 0;
    else step += 1;
  }
  expect(verdict).toEqual({stop: expect.stringContaining('maxRollbacks') as string});
  expect(made.countAt(step)).toBe(options.maxRollbacks);
});
