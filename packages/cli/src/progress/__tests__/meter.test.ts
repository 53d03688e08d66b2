import {ProgressMeter} from '../meter.js';
import {stepMetrics} from './stepMetrics.js';

test('counts steps as done, images a second and the time left', () => {
  const meter = new ProgressMeter();
  meter.add(stepMetrics(8));
  const view = meter.add(stepMetrics(9));
  expect(view).toMatchObject({done: 10, steps: 100, imagesPerSecond: 8, etaMs: 45_000, skipped: 0});
  expect(view).toMatchObject({minGap: 1, maxGap: 4});
});

test('the first step says nothing about speed', () => {
  const meter = new ProgressMeter();
  expect(meter.add(stepMetrics(0, {stepMs: 60_000}))).toMatchObject({imagesPerSecond: NaN, etaMs: NaN});
  expect(meter.add(stepMetrics(1)).imagesPerSecond).toBe(8);
});

test('speed follows the last twenty steps', () => {
  const meter = new ProgressMeter();
  for (let step = 0; step < 40; step++) meter.add(stepMetrics(step, {stepMs: 10_000}));
  for (let step = 40; step < 59; step++) meter.add(stepMetrics(step));
  expect(meter.add(stepMetrics(59)).imagesPerSecond).toBeCloseTo(8);
});

test('the share of the time that steps waited for data leaves the first one out', () => {
  const meter = new ProgressMeter();
  meter.add(stepMetrics(0, {stepMs: 10_000, dataMs: 10_000}));
  expect(meter.waitShare).toBeUndefined();
  meter.add(stepMetrics(1, {stepMs: 1000, dataMs: 100}));
  meter.add(stepMetrics(2, {stepMs: 3000, dataMs: 0}));
  expect(meter.waitShare).toBeCloseTo(0.025);
});

test('skipped steps are counted', () => {
  const meter = new ProgressMeter();
  meter.add(stepMetrics(0, {updated: false, loss: NaN}));
  expect(meter.add(stepMetrics(1)).skipped).toBe(1);
});

test('trend compares first and last steps once they no longer overlap', () => {
  const meter = new ProgressMeter();
  for (let step = 0; step < 39; step++) meter.add(stepMetrics(step, {loss: step < 20 ? 4 : 1}));
  expect(meter.trend()).toBeUndefined();
  meter.add(stepMetrics(39, {loss: 1}));
  expect(meter.trend()).toEqual({count: 20, first: 4, last: 1, gaps: [1]});
});

test('no trend without steps', () => expect(new ProgressMeter().trend()).toBeUndefined());

test('loss and terms are means of the last twenty steps, of those that are finite', () => {
  const meter = new ProgressMeter();
  for (let step = 0; step < 10; step++) meter.add(stepMetrics(step, {loss: 100, terms: {distill: 9}}));
  for (let step = 10; step < 28; step++)
    meter.add(stepMetrics(step, {loss: step % 2, terms: {distill: step % 2}}));
  meter.add(stepMetrics(28, {loss: NaN, terms: {distill: NaN}, updated: false}));
  const {loss, terms} = meter.add(stepMetrics(29, {loss: 0.5, terms: {distill: 0.5}}));
  expect(loss).toBeCloseTo(0.5);
  expect(terms['distill']).toBeCloseTo(0.5);
});

test('a score shows from the step after its validation on', () => {
  const meter = new ProgressMeter();
  expect(meter.add(stepMetrics(0))).not.toHaveProperty('validated');
  const validated = {firstPsnr: 20, psnr: 24, best: {step: 1, psnr: 25}, inputsPsnr: 26};
  meter.score(validated);
  meter.score(undefined);
  expect(meter.add(stepMetrics(1)).validated).toEqual(validated);
});
