import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {lossesOf} from '../earlier.js';
import {ProgressMeter} from '../meter.js';
import {stepMetrics} from './stepMetrics.js';

let out: string;
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'rife-earlier-'))));
afterEach(() => rmSync(out, {recursive: true}));

const line = (step: number, loss: unknown, updated = true) =>
  JSON.stringify({step, updated, perSample: [[1, 0.5, loss]]});
const write = (lines: readonly string[]) =>
  writeFileSync(join(out, 'metrics.jsonl'), `${lines.join('\n')}\n`);

test('the first steps that were made, and the last; events, and what is not finite, in between', () => {
  write([
    line(0, 'NaN', false),
    line(1, 0.9),
    JSON.stringify({event: 'validate', step: 2, scores: {}}),
    line(2, 0.8),
    line(3, 0.2),
    line(4, 0.1),
  ]);
  expect(lossesOf(out, 2)).toEqual({
    first: [[{gap: 1, timestep: 0.5, loss: 0.9}], [{gap: 1, timestep: 0.5, loss: 0.8}]],
    last: [[{gap: 1, timestep: 0.5, loss: 0.2}], [{gap: 1, timestep: 0.5, loss: 0.1}]],
    steps: 5,
  });
});

test('of a file of any length both ends are found', () => {
  write(Array.from({length: 40_000}, (_, i) => line(i, i)));
  const {first, last, steps} = lossesOf(out, 20);
  expect([first[0]![0]!.loss, first.length, last.at(-1)![0]!.loss, last.length, steps]).toEqual([
    0, 20, 39_999, 20, 40_000,
  ]);
});

test('without a file there is nothing', () => {
  expect(lossesOf(out, 2)).toEqual({first: [], last: [], steps: 0});
});

test('the trend of a run that goes on is that of the whole run', () => {
  write(Array.from({length: 60}, (_, i) => line(i, i < 20 ? 0.4 : 0.1)));
  const meter = new ProgressMeter();
  meter.resume(lossesOf(out, meter.window));
  for (let step = 60; step < 65; step++) meter.add(stepMetrics(step, {loss: 0.2}));
  const trend = meter.trend()!;
  expect(trend).toMatchObject({count: 20, gaps: [1]});
  expect(trend.first).toBeCloseTo(0.4);
  expect(trend.last).toBeLessThan(0.2);
});
