import {ProgressMeter} from '../meter.js';
import {createReporter} from '../reporter.js';
import {plainLine, progressLines} from '../lines.js';
import {stepMetrics} from './stepMetrics.js';

/** The view at a step that is not the first one of its process. */
function viewAt(step: number) {
  const meter = new ProgressMeter();
  meter.add(stepMetrics(step - 1));
  return meter.add(stepMetrics(step));
}

/** An output that remembers, and a clock that is set by hand. */
function fakeOutput(isTTY: boolean, columns = 120) {
  const output = {isTTY, columns, text: '', write: (text: string) => (output.text += text)};
  const clock = {ms: 0};
  return {output, clock, reporter: createReporter(output, () => clock.ms)};
}

test('the plain line says everything', () => {
  expect(plainLine(viewAt(9))).toBe(
    'step  10/100  loss 0.100  reconstruction 0.0500  teacher 0.0400  distill 0.800  lr 3.0e-4  gap 1-4  8.00 images/s  ETA 45s',
  );
});

test('skipped steps show as soon as there are any', () => {
  const meter = new ProgressMeter();
  expect(plainLine(meter.add(stepMetrics(0, {updated: false})))).toMatch(/skipped 1$/);
});

test.each([30, 60, 79, 200])('terminal lines fit into %i columns', width => {
  const lines = progressLines(viewAt(9), width);
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  expect(lines[0]).toContain('10/100');
  expect(lines[1]).toContain('loss 0.100');
});

test('eighty columns hold all that matters', () => {
  const text = progressLines(viewAt(9), 79).join(' ');
  for (const part of ['10/100', '10%', '8.00 images/s', 'ETA 45s', 'reconstruction', 'distill', 'lr 3.0e-4'])
    expect(text).toContain(part);
});

test('eighty columns have room for a bar, a long run does without', () => {
  expect(progressLines(viewAt(9), 79)[0]).toMatch(/^\[###-+\] {2}step {2}10\/100/);
  expect(progressLines(viewAt(9), 120)[0]!.indexOf(']')).toBe(31);
  const long = {...viewAt(9), done: 123_456, steps: 300_000, etaMs: 3e8, skipped: 1234};
  expect(progressLines(long, 60)[0]).toMatch(/^step 123456\/300000 {2}41%/);
});

test('the newest and the best score have a line of their own, beside them that of the inputs', () => {
  const validated = {firstPsnr: 20, psnr: 32.57, best: {step: 300, psnr: 33.1}, inputsPsnr: 36.03};
  const view = {...viewAt(9), validated};
  const text = "PSNR 32.57 (inputs' mean 36.03, gain -3.46)  best 33.10 at step 300";
  expect(progressLines(view, 79)[2]).toBe(text);
  expect(plainLine(view)).toContain(text);
});

test('a file gets the first line, one every ten seconds, and the last', () => {
  const {output, clock, reporter} = fakeOutput(false);
  for (const [ms, step] of [
    [0, 0],
    [4000, 1],
    [9999, 2],
    [10_000, 3],
    [11_000, 99],
  ] as const) {
    clock.ms = ms;
    reporter.progress(viewAt(step));
  }
  reporter.close();
  expect(output.text.match(/\d+\/100/g)).toEqual(['1/100', '4/100', '100/100']);
  expect(output.text).not.toContain('\x1b');
});

test('closing shows the step that a file has not seen yet', () => {
  const {output, clock, reporter} = fakeOutput(false);
  reporter.progress(viewAt(0));
  clock.ms = 5;
  reporter.progress(viewAt(1));
  reporter.close();
  expect(output.text.trim().split('\n')).toHaveLength(2);
});

test('a terminal redraws in place, at most ten times a second', () => {
  const {output, clock, reporter} = fakeOutput(true);
  reporter.progress(viewAt(0));
  reporter.progress(viewAt(1));
  expect(output.text).not.toContain('2/100');
  clock.ms = 100;
  reporter.progress(viewAt(2));
  expect(output.text).toContain('\x1b[2A\r\x1b[J');
  expect(output.text).toContain('3/100');
});

test('a message on a terminal goes above the progress', () => {
  const {output, reporter} = fakeOutput(true);
  reporter.progress(viewAt(0));
  output.text = '';
  reporter.message('saved');
  expect(output.text.startsWith('\x1b[2A\r\x1b[Jsaved\n')).toBe(true);
  expect(output.text).toContain('1/100');
});

test('lines that wrapped in a terminal made narrower are erased too', () => {
  const {output, reporter} = fakeOutput(true, 120);
  reporter.progress(viewAt(0));
  output.columns = 40;
  output.text = '';
  reporter.message('x');
  expect(Number(/\x1b\[(\d+)A/.exec(output.text)?.[1])).toBeGreaterThan(2);
});

test('after closing, messages leave the last progress alone', () => {
  const {output, reporter} = fakeOutput(true);
  reporter.progress(viewAt(0));
  reporter.close();
  output.text = '';
  reporter.message('done');
  expect(output.text).toBe('done\n');
});

describe('the time of day jumps', () => {
  let [ms, time] = [0, 0];
  beforeEach(() => {
    [ms, time] = [1000, 1.7e12];
    jest.spyOn(performance, 'now').mockImplementation(() => ms);
    jest.spyOn(Date, 'now').mockImplementation(() => time);
  });
  afterEach(() => jest.restoreAllMocks());

  test('back: a terminal goes on being redrawn', () => {
    const {output} = fakeOutput(true);
    const reporter = createReporter(output);
    reporter.progress(viewAt(0));
    time -= 86_400_000;
    ms += 100;
    reporter.progress(viewAt(1));
    expect(output.text).toContain('2/100');
  });

  test('ahead: a file gets no line before its time', () => {
    const {output} = fakeOutput(false);
    const reporter = createReporter(output);
    reporter.progress(viewAt(0));
    time += 86_400_000;
    ms += 100;
    reporter.progress(viewAt(1));
    expect(output.text).not.toContain('2/100');
  });
});
