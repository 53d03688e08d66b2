/**
 * How `npm run test:odd-machines` handles its options, and its report; the runs themselves take
 * many minutes.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {callScript, ROOT} from './callScript.js';

const runsOf = (only?: string) =>
  callScript('oddMachines.mjs', 'runsOf', ...(only === undefined ? [] : [only]));

test('without --only, every variation is in one of two runs', () => {
  const runs = runsOf() as string[][];
  expect(runs).toHaveLength(2);
  const source = readFileSync(join(ROOT, 'scripts/oddMachines/variations.mjs'), 'utf8');
  const table = source.slice(source.indexOf('VARIATIONS = {'));
  const names = [...table.matchAll(/^ {2}(\w+): \{/gm)].map(match => match[1]);
  expect(names.length).toBeGreaterThan(8);
  expect(runs.flat().sort()).toEqual(names.sort());
});

test('--only makes a run of each, and of what a plus adds, in the order in which they can be applied', () => {
  expect(runsOf('user+nice, load')).toEqual([['nice', 'user'], ['load']]);
  expect(runsOf('load,slow')).toEqual({thrown: expect.stringMatching(/^--only names "slow"\n.*load, nice/)});
});

test('the end reports what failed, what was noted and what was not possible', () => {
  const counts = {passed: 3, failed: 0, skipped: 1};
  const text = callScript(
    'oddMachines.mjs',
    'report',
    [
      {applied: ['load', 'randomize'], counts, minutes: 12.34, notes: ['--seed 7']},
      {applied: ['nice'], counts: {...counts, failed: 2}, minutes: 1, notes: []},
    ],
    [['coarse', 'only root may mount a disk']],
  );
  expect((text as string).split('\n')).toEqual([
    'ok: load + randomize: 3 passed, 0 failed, 1 skipped (12.3 min)',
    '    --seed 7',
    'FAILED: nice: 3 passed, 2 failed, 1 skipped (1.0 min)',
    'not possible here: coarse: only root may mount a disk',
  ]);
});
