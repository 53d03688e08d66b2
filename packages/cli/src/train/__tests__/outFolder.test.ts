import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LOCK} from '../../owner/lock.js';
import {checkOut, prepareOut, undoPrepareOut, type OwnedOut, type Start} from '../outFolder.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-out-'))));
afterEach(() => rmSync(folder, {recursive: true}));

const owned: OwnedOut[] = [];
afterEach(() => owned.splice(0).forEach(({claim}) => claim.release()));
const prepare = (out: string, start: Start) => {
  const one = prepareOut(out, start, {command: 'rife-train train'});
  owned.push(one);
  return one;
};

/** A run that left one line of metrics. */
function earlierRun(name: string, line = 'old'): string {
  const out = join(folder, name);
  mkdirSync(out);
  writeFileSync(join(out, 'metrics.jsonl'), line);
  return out;
}

test('a new folder is made, with its parents', () => {
  const out = join(folder, 'a/b');
  checkOut(out, 'new', 'rife-train train');
  expect(prepare(out, 'new').moved).toBeUndefined();
  expect(existsSync(out)).toBe(true);
});

test('an earlier run is refused, with both commands to paste', () => {
  const out = earlierRun('run');
  expect(() => checkOut(out, 'new', 'rife-train train')).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_CLI_RUN_EXISTS',
      message: expect.stringContaining('"rife-train train --resume"') as string,
    }),
  );
  expect(() => checkOut(out, 'resume', '')).not.toThrow();
  expect(() => checkOut(out, 'fresh', '')).not.toThrow();
});

test('fresh moves earlier runs aside, each to a name of its own', () => {
  const out = earlierRun('run', 'first');
  const first = prepare(out, 'fresh');
  expect(first.moved).toBe(`${out}.1`);
  writeFileSync(join(out, 'metrics.jsonl'), 'second');
  first.claim.release();
  expect(prepare(out, 'fresh').moved).toBe(`${out}.2`);
  expect(readdirSync(out)).toEqual([LOCK]);
  expect(readdirSync(`${out}.1`)).toEqual(['metrics.jsonl']);
  expect(readFileSync(join(`${out}.1`, 'metrics.jsonl'), 'utf8')).toBe('first');
  expect(readFileSync(join(`${out}.2`, 'metrics.jsonl'), 'utf8')).toBe('second');
});

test('fresh leaves a folder alone that holds no run', () => {
  writeFileSync(join(folder, 'holiday.jpg'), '');
  const one = prepare(folder, 'fresh');
  expect(one.moved).toBeUndefined();
  one.claim.release();
  expect(readdirSync(folder)).toEqual(['holiday.jpg']);
});

test.each<Start>(['new', 'fresh', 'resume'])(
  'a run that is being written is in the way of "%s", and stays where it is',
  start => {
    const out = earlierRun('run');
    prepare(out, 'resume');
    expect(() => prepare(out, start)).toThrow(expect.objectContaining({code: 'RIFE_ERR_CLI_IN_USE'}));
    expect(readdirSync(folder)).toEqual(['run']);
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe('old');
  },
);

test('resume keeps what is there', () => {
  const out = earlierRun('run');
  expect(prepare(out, 'resume').moved).toBeUndefined();
  expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe('old');
});

test('a file in the way is an error that names it', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => prepare(join(folder, 'file/out'), 'new')).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_CLI_OUT_NOT_WRITABLE',
      message: expect.stringContaining('file/out') as string,
    }),
  );
});

test('a start that failed at once leaves things as they were', () => {
  const out = earlierRun('run');
  undoPrepareOut(out, prepare(out, 'fresh'));
  expect(readdirSync(folder)).toEqual(['run']);
  expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe('old');
  const other = join(folder, 'other');
  undoPrepareOut(other, prepare(other, 'new'));
  expect(existsSync(other)).toBe(false);
});

test('what a start wrote before it failed stays', () => {
  const out = earlierRun('run');
  const one = prepare(out, 'fresh');
  writeFileSync(join(out, 'metrics.jsonl'), 'new');
  undoPrepareOut(out, one);
  expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe('new');
});
