import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {eachLine, type Line} from '../lines.js';
import {readMetrics, type Metrics} from '../metrics.js';
import {surveyMetrics} from '../survey.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-compare-'))));
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const write = (text: string) => {
  const file = join(folder, 'metrics.jsonl');
  writeFileSync(file, text);
  return file;
};

const step = (number: number, loss: unknown = 1, more: object = {}) => ({
  step: number,
  learningRate: 0.001,
  loss,
  terms: {teacher: 2},
  gradNorm: 0.5,
  updated: true,
  stepMs: 100,
  perSample: [
    [1, 0.5, 1],
    [2, 0.5, 1],
  ],
  ...more,
});

const validate = (number: number, psnr: number, baseline = 30) => ({
  event: 'validate',
  step: number,
  scores: {psnr},
  baselines: {psnr: baseline},
});

async function read(...records: (object | string)[]): Promise<Metrics> {
  const lines = records.map(record => (typeof record === 'string' ? record : JSON.stringify(record)));
  const file = write(`${lines.join('\n')}\n`);
  return readMetrics(file, await surveyMetrics(file));
}

const lossAt = ({loss}: Metrics) => loss.map(({step: at, mean}) => [at, mean]);

describe('lines', () => {
  async function linesOf(text: string, most?: number) {
    const lines: (Omit<Line, 'bytes'> & {text: string | undefined})[] = [];
    const bytes = await eachLine(
      write(text),
      ({bytes: own, ...line}) => lines.push({...line, text: own?.toString()}),
      most,
    );
    return {lines, bytes};
  }

  test('a line may cross the ends of parts; one without an end is torn', async () => {
    const long = 'ü'.repeat(700_000);
    const {lines} = await linesOf(`a\n${long}\n\nlast`);
    expect(lines).toEqual([
      {number: 1, text: 'a', torn: false},
      {number: 2, text: long, torn: false},
      {number: 3, text: '', torn: false},
      {number: 4, text: 'last', torn: true},
    ]);
  });

  test('a line of more than 4 MiB is not kept, and those after it are', async () => {
    const {lines} = await linesOf(`${'x'.repeat(2 ** 22 + 1)}\nb\n`);
    expect(lines).toEqual([
      {number: 1, text: undefined, torn: false},
      {number: 2, text: 'b', torn: false},
    ]);
  });

  test('reading stops at the given length', async () =>
    expect(await linesOf('one\ntwo\nthree\n', 8)).toMatchObject({
      bytes: 8,
      lines: [{text: 'one'}, {text: 'two'}],
    }));
});

describe('metrics', () => {
  test('counts what was done', async () => {
    const metrics = await read(step(0, 3), step(1, 5), validate(2, 25), validate(4, 24));
    expect(metrics).toMatchObject({
      steps: 2,
      examples: 4,
      learningRate: 0.001,
      lastLoss: {mean: 4, count: 2},
      lowestLoss: undefined,
      notFinite: 0,
      refused: 0,
      notes: [],
    });
    expect(metrics.imagesPerSecond).toBe(20);
    expect(metrics.scores.get('psnr')).toMatchObject({
      last: 24,
      lastStep: 4,
      best: 25,
      bestStep: 2,
      baseline: 30,
    });
    expect(metrics.terms.get('teacher')).toMatchObject([{mean: 2}, {mean: 2}]);
  });

  test('after a rollback only the later steps count, and the validation of the step that it returns to', async () => {
    const metrics = await read(
      ...[0, 1, 2].map(n => step(n, 1)),
      validate(2, 20),
      ...[3, 4].map(n => step(n, 900)),
      validate(4, 99),
      step(5, 'NaN', {updated: false, gradNorm: 'Infinity'}),
      {event: 'flight record', step: 5, record: 'flight/1'},
      {event: 'rollback', step: 5, to: 2},
      step(2, 7),
      step(3, 8),
    );
    expect(lossAt(metrics)).toEqual([
      [0, 1],
      [1, 1],
      [2, 7],
      [3, 8],
    ]);
    expect(metrics.scores.get('psnr')).toMatchObject({last: 20, best: 20});
    expect([...metrics.events]).toEqual([
      ['flight record', 1],
      ['rollback', 1],
    ]);
    expect(metrics).toMatchObject({steps: 4, notFinite: 1});
    expect(metrics.marks.map(({event}) => event)).toEqual(['not finite', 'flight record', 'rollback']);
  });

  test('steps that a rollback has left do not count before they are repeated', async () => {
    const metrics = await read(step(0), step(1), step(2), {event: 'rollback', step: 3, to: 1});
    expect(metrics.steps).toBe(1);
  });

  test('a resumed run that repeats steps without a word, twice, has the last of them', async () => {
    const metrics = await read(step(0, 1), step(1, 2), step(2, 3), step(2, 4), step(3, 5), step(1, 6));
    expect(lossAt(metrics)).toEqual([
      [0, 1],
      [1, 6],
    ]);
  });

  test('damaged lines are named, and a torn last one is not: the run is writing it', async () => {
    const file = write(
      `${JSON.stringify(step(0))}\n{"step":1,"lo\n[]\n\n${JSON.stringify(step(2))}\n{"step":3,`,
    );
    const metrics = await readMetrics(file, await surveyMetrics(file));
    expect(metrics.notes).toEqual(['2 damaged lines of metrics.jsonl are left out, the first is line 2']);
    expect(metrics.steps).toBe(3);
  });

  test('a refused step is finite', async () => {
    expect(await read(step(0, 1, {updated: false}))).toMatchObject({refused: 1, notFinite: 0});
  });

  test('scores of other triplets than the last ones are left out', async () => {
    const metrics = await read(step(0), validate(1, 40, 30), validate(2, 25, 31));
    expect(metrics.scores.get('psnr')).toMatchObject({best: 25, baseline: 31, points: [{mean: 25}]});
    expect(metrics.notes).toEqual([
      'other triplets are validated from step 2 on: earlier scores are left out',
    ]);
  });

  test('a long run has a bounded number of points, which cover all steps', async () => {
    const metrics = await read(...Array.from({length: 5000}, (_, n) => step(n, n % 10)));
    expect(metrics.loss.length).toBeLessThanOrEqual(600);
    expect(metrics.loss.reduce((sum, {count}) => sum + count, 0)).toBe(5000);
    expect(metrics.loss[0]).toEqual({step: 4, mean: 4, min: 0, max: 8, count: 9});
    expect(metrics.lastLoss).toEqual({mean: 4.5, count: 100});
  });

  test('thousands of names and events are bounded, and said to be', async () => {
    const terms = Object.fromEntries(Array.from({length: 99}, (_, i) => [`t${i}`, 1]));
    const events = Array.from({length: 300}, (_, i) => ({event: `e${i}`, step: 1}));
    const metrics = await read(step(0, 1, {terms}), ...events);
    expect([metrics.terms.size, metrics.events.size, metrics.marks.length]).toEqual([40, 40, 200]);
    expect(metrics.notes).toEqual([
      'only the first 40 loss terms and scores are read',
      'only the first 200 events are drawn',
    ]);
  });
});
