/**
 * The table of scripts/mutate.mjs fits the sources, and the script judges jest's reports correctly.
 */
import {callScript as call, ROOT} from './callScript.js';

test('every mutation finds its text exactly once, changes it, and names tests that exist', () => {
  expect(call('mutate.mjs', 'problems')).toEqual([]);
});

describe('the table', () => {
  const mutation = {id: 'a/b', file: 'package.json', tests: {files: ['package.json']}};
  const edit = (...edits: [string, string][]) => ({...mutation, edits});
  const once = ['"private": true', '"private": false'] as [string, string];

  test.each<[string, unknown[], string[]]>([
    ['a text that occurs once', [edit(once)], []],
    [
      'a text that is gone',
      [edit(['nowhere', ''])],
      ['mutation a/b: its text occurs 0 times in package.json'],
    ],
    ['a text that occurs twice', [edit(['"node ', ''])], ['mutation a/b: its text occurs']],
    ['the second of two edits', [edit(once, once)], ['mutation a/b: its text occurs 0 times']],
    ['an edit without effect', [edit([once[0], once[0]])], ['a/b: it changes nothing']],
    ['a missing file', [{...edit(once), file: 'gone.ts'}], ['a/b: gone.ts does not exist']],
    [
      'a missing test',
      [{...edit(once), tests: {files: ['gone.test.ts']}}],
      ['a/b: gone.test.ts does not exist'],
    ],
    ['a name twice', [edit(once), edit(once)], ['a/b: two mutations have this name']],
  ])('with %s', (_, mutations, expected) => {
    expect(call('mutate/edits.mjs', 'tableProblems', ROOT, mutations)).toEqual(
      expected.map(problem => expect.stringContaining(problem)),
    );
  });

  test('edits are done in turn, literally', () => {
    const edits = [
      ['a.c', '$&'],
      ['abc', 'x'],
    ];
    expect(call('mutate/edits.mjs', 'mutated', 'abc a.c', {...mutation, edits})).toBe('x $&');
  });

  test('--only goes by name and by file', () => {
    const list = [
      {id: 'warp/x', file: 'warp.ts'},
      {id: 'resize/x', file: 'resize.ts'},
    ];
    expect(call('mutate.mjs', 'selected', list, '^warp/')).toEqual([list[0]]);
    expect(call('mutate.mjs', 'selected', list, 'resize\\.ts')).toEqual([list[1]]);
    expect(call('mutate.mjs', 'selected', list, 'none')).toEqual({
      thrown: expect.stringContaining('no mutation matches none'),
    });
  });
});

describe('a report of jest', () => {
  const passed = {status: 'passed', fullName: 'fine', failureMessages: [], failureDetails: []};
  const failed = (details: object) => ({
    status: 'failed',
    fullName: 'bad',
    failureMessages: ['Error: first line\nsecond'],
    failureDetails: [details],
  });
  const suite = (...assertionResults: object[]) => ({
    numPassedTests: assertionResults.filter(result => result === passed).length,
    testResults: [
      {name: '/copy/a.test.ts', status: 'failed', message: 'Cannot find module x', assertionResults},
    ],
  });
  const verdict = (report: unknown) =>
    call('mutate.mjs', 'verdictOf', call('mutate/runTests.mjs', 'outcomeOf', report, '/copy'));

  test('a failed expectation is a mutation caught', () => {
    const report = suite(passed, failed({}), failed({matcherResult: {pass: false}}));
    expect(verdict(report)).toEqual({verdict: 'caught', by: {file: 'a.test.ts', test: 'bad'}});
  });

  test('a mutation that no test notices survives', () => {
    expect(verdict(suite(passed))).toEqual({verdict: 'survived'});
  });

  test.each([
    ['an exception in a test', suite(passed, failed({})), 'Error: first line\nsecond'],
    ['a suite that does not load', suite(), 'Cannot find module x'],
    ['no report', null, 'jest wrote no report (it crashed, or took too long)'],
    [
      'no test of that name',
      {numPassedTests: 0, testResults: [{name: '/copy/a', status: 'passed', assertionResults: []}]},
      'no test matches its pattern',
    ],
  ])('%s proves nothing', (_, report, why) => {
    expect(verdict(report)).toEqual({verdict: 'broken', why});
  });
});

test('a row of the table holds no line breaks, and no bars but its own', () => {
  const result = {id: 'a', what: '|x|', verdict: 'broken', why: 'one\n  two', seconds: 1};
  expect(call('mutate.mjs', 'row', result)).toBe('| a | \\|x\\| | **broken**: one two | 1 |');
});
